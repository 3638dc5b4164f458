import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { confPath, type Listener, renderConf } from "../../../components/datadog-agent/conf";
import { shellQuote } from "../../../host/shell";

const script = (file: string) => readFileSync(join(__dirname, "../../../components/datadog-agent", file), "utf8");
const [conf, restart] = [script("conf.sh"), script("restart.sh")];
const prelude = readFileSync(join(__dirname, "../../../host/prelude.sh"), "utf8");
const qnap: Listener = {
  name: "qnap",
  type: "udp",
  port: 15141,
  service: "qnap-nas",
  source: "qnap",
  tags: ["cloud_provider:vsphere", "availability_zone:sgp1", "env:prod", "vendor:qnap"],
};

test("the NAS's listener", () => {
  expect(confPath(qnap)).toBe("qnap.d/conf.yaml");
  expect(renderConf(qnap)).toMatchInlineSnapshot(`
"# Written by kube-control.
logs:
  - type: udp
    port: 15141
    service: qnap-nas
    source: qnap
    tags:
      - cloud_provider:vsphere
      - availability_zone:sgp1
      - env:prod
      - vendor:qnap
"
`);
});

test("a single allowed sender is listed with Docker's address, which the host fills in", () => {
  expect(parse(renderConf({ ...qnap, from: "192.168.2.20" }))).toEqual({
    logs: [expect.objectContaining({ allowed_ips: ["192.168.2.20", "@DOCKER_ADDRESS@"] })],
  });
});

test("without tags there is no key tags", () => {
  expect(renderConf({ ...qnap, tags: [] })).not.toContain("tags");
});

test("a YAML parser reads the same values for any text", () => {
  const listener = fc.record({
    name: fc.constant("qnap"),
    type: fc.constantFrom("udp" as const, "tcp" as const),
    port: fc.integer({ min: 1, max: 65535 }),
    service: fc.string(),
    source: fc.string(),
    tags: fc.array(fc.string(), { minLength: 1 }),
  });
  fc.assert(
    fc.property(listener, (given) => {
      const { name: _name, ...entry } = given;
      expect(parse(renderConf(given))).toEqual({ logs: [entry] });
    }),
  );
});

describe("the step that writes the files", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "kube-control-test-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the step with a fake `docker`, whose container started at that time or does not exist. Returns whether it was restarted. */
  function write(listeners: readonly Listener[], startedAt: Date | undefined) {
    const restarts = join(folder, "restarts");
    const inspect = startedAt === undefined ? "exit 1" : `echo ${startedAt.toISOString()}`;
    writeFileSync(
      join(folder, "docker"),
      `#!/bin/bash\ncase $1 in inspect) ${inspect};; restart) echo $2 >>${restarts};; esac\n`,
    );
    chmodSync(join(folder, "docker"), 0o755);
    rmSync(restarts, { force: true });
    const files = listeners.map(
      (each) => `  write_file ${folder}/conf.d/${each.name}.d/conf.yaml 0644 ${shellQuote(renderConf(each))}\n`,
    );
    const { status, stdout, stderr } = spawnSync("bash", ["-s", "--", "create"], {
      input: [
        "KC_HOST=monitor KC_STEP=conf KC_TIMEOUT=20 KC_LOCK=0 KC_SECRETS=",
        `CONF_D=${folder}/conf.d CONTAINER=dd-agent NAMES='${listeners.map(({ name }) => name).join(" ")}'`,
        prelude,
        `write_conf_files() {\n${files.join("")}}`,
        restart,
        conf,
        'run_phase "$1"\n',
      ].join("\n"),
      env: { ...process.env, PATH: `${folder}:${process.env["PATH"]}` },
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([0, ""]);
    return { restarted: existsSync(restarts) ? readFileSync(restarts, "utf8").trim() : "", stdout };
  }

  const anHourAgo = () => new Date(Date.now() - 3_600_000);
  const inAMinute = () => new Date(Date.now() + 60_000);

  test("an agent that started before the last change is restarted, a later one is not", () => {
    expect(write([qnap], anHourAgo()).restarted).toBe("dd-agent");
    expect(write([qnap], inAMinute()).restarted).toBe("");
    expect(write([{ ...qnap, tags: ["env:dev"] }], anHourAgo()).restarted).toBe("dd-agent");
  });

  test("an unchanged configuration restarts nothing", () => {
    write([qnap], undefined);
    const path = join(folder, "conf.d/qnap.d/conf.yaml");
    const before = readFileSync(path, "utf8");
    expect(write([qnap], inAMinute())).toEqual({ restarted: "", stdout: "" });
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  test("the folder of a removed listener is removed, and the agent is restarted", () => {
    write([qnap, { ...qnap, name: "old", port: 1514 }], undefined);
    mkdirSync(join(folder, "conf.d/strange.d"));
    const { restarted, stdout } = write([qnap], anHourAgo());
    expect(restarted).toBe("dd-agent");
    expect(stdout).toContain(`removed ${folder}/conf.d/old.d`);
    expect(existsSync(join(folder, "conf.d/old.d"))).toBe(false);
  });

  test("the authority that the checks trust is kept", () => {
    write([qnap], undefined);
    const file = join(folder, "conf.d/kubernetes-ca.crt");
    writeFileSync(file, "PEM");
    write([{ ...qnap, tags: ["env:dev"] }], undefined);
    expect(readFileSync(file, "utf8")).toBe("PEM");
  });

  test("without a container nothing is restarted", () => {
    expect(write([qnap], undefined).restarted).toBe("");
  });
});
