import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderCheck } from "../../../host/host-state";

const component = join(__dirname, "../../../components/datadog-agent");
const listening = readFileSync(join(component, "listening.sh"), "utf8");
const prelude = readFileSync(join(__dirname, "../../../host/prelude.sh"), "utf8");

/** The output of current versions. */
const modern = (status: string) => `==========
Logs Agent
==========
    Reliable: Sending compressed logs in HTTPS to agent-http-intake.logs.datadoghq.com on port 443 (API Key: ***89abc)
    BytesSent: 26753

  ============
  Integrations
  ============

  other
  -----
    - Type: udp
      Port: 15141
      Status: Pending

  qnap
  ----
    - Type: tcp
      Port: 15141
      Status: Pending
    - Type: udp
      Port: 15141
      Status: ${status}
`;

/** The output of version 7.18. */
const old = `==========
Logs Agent
==========
Sending uncompressed logs in HTTPS to agent-http-intake.logs.datadoghq.com on port 0
BytesSent: 26753
...
qnap
----
Type: udp
Port: 15141
Status: OK
`;

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "kube-control-test-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the step with a fake `docker` that gives these answers. */
function run(status: string, options: { exit?: number; log?: string; health?: string; seconds?: number } = {}) {
  writeFileSync(join(folder, "status"), status);
  writeFileSync(join(folder, "log"), options.log ?? "");
  const fake = `#!/bin/bash\ncase "$*" in *health) echo "${options.health ?? "Agent health: PASS"}"; [[ "${options.health ?? ""}" == "" ]];; exec*) cat ${folder}/status; exit ${options.exit ?? 0};; logs*) cat ${folder}/log;; esac\n`;
  writeFileSync(join(folder, "docker"), fake);
  chmodSync(join(folder, "docker"), 0o755);
  const head = [
    "KC_HOST=monitor KC_STEP=listen KC_TIMEOUT=20 KC_LOCK=0 KC_SECRETS=DD_API_KEY",
    `CONTAINER=dd-agent SECONDS_TO_WAIT=${options.seconds ?? 0} SITE=datadoghq.eu DD_API_KEY=topsecretkey`,
    "LISTENERS='qnap udp 15141'",
  ].join("\n");
  const {
    status: code,
    stdout,
    stderr,
  } = spawnSync("bash", ["-s", "--", "create"], {
    input: `${head}\n${prelude}\n${listening}\nrun_phase "$1"\n`,
    env: { ...process.env, PATH: `${folder}:${process.env["PATH"]}` },
    encoding: "utf8",
  });
  return { code, stdout, stderr };
}

test.each([
  ["today's", modern("OK"), "compressed logs in HTTPS to agent-http-intake.logs.datadoghq.com on port 443"],
  ["version 7.18's", old, "uncompressed logs in HTTPS to agent-http-intake.logs.datadoghq.com on port 0"],
])("reads %s status, and prints no part of the key", (_form, status, sending) => {
  const { code, stdout } = run(status);
  expect(code).toBe(0);
  expect(stdout).toBe(`Sending ${sending}\nqnap: udp, port 15141, Status: OK\n`);
});

test("fails with the listener's status and the agent's warnings", () => {
  const { code, stderr } = run(modern("Error: listen udp 0.0.0.0:15141: bind: address already in use"), {
    log: "INFO | fine\nWARN | Invalid configuration: could not decode YAML logs config\n",
  });
  expect(code).not.toBe(0);
  expect(stderr).toContain("qnap, udp port 15141: Error: listen udp 0.0.0.0:15141: bind: address already in use");
  expect(stderr).toContain("could not decode YAML logs config");
  expect(stderr).not.toContain("fine");
});

test("fails at once if the key is refused, and names the site", () => {
  const status = `API key ending with 89abc: API Key invalid\n${modern("Pending")}`;
  // the agent checks the key again only after an hour
  const { code, stderr } = run(status, { seconds: 600 });
  expect(code).not.toBe(0);
  expect(stderr).toMatch(
    /monitor: listen: failed[^]*Datadog refuses the API key \(API Key invalid\): .* datadoghq\.eu/,
  );
});

test("fails if the agent is unhealthy although it listens", () => {
  const { code, stderr } = run(modern("OK"), {
    health: "Agent health: FAIL\n=== 1 unhealthy components ===\nlogs-agent",
  });
  expect(code).not.toBe(0);
  expect(stderr).toContain("Agent health: FAIL");
});

test("fails if the listener is missing or the agent does not run", () => {
  expect(run("Logs Agent is not running\n").stderr).toContain("not in the agent's status");
  const down = run("Error: No such container: dd-agent\n", { exit: 1, log: "started with topsecretkey\n" });
  expect(down.stderr).toContain("No such container");
  expect(down.stderr).toContain("started with [secret]");
});

describe("the check of a running agent", () => {
  const environment = ["DD_API_KEY=topsecretkey", "DD_SITE=datadoghq.eu", "NAME=a  b "];

  /** Runs check() with a fake `docker`. Prints what differs, and each command with its arguments. */
  async function check(found: readonly string[]) {
    writeFileSync(join(folder, "environment"), [...found, "PATH=/bin", ""].join("\n"));
    writeFileSync(join(folder, "status"), modern("OK"));
    const fake = `#!/bin/bash\ncase "$*" in *State*) echo running;; *Env*) cat ${folder}/environment;; *) cat ${folder}/status;; esac\n`;
    writeFileSync(join(folder, "docker"), fake, { mode: 0o755 });
    const trace = join(folder, "trace");
    const rendered = renderCheck("monitor", {
      what: "agent",
      script: `exec 7>${trace}\nBASH_XTRACEFD=7\nset -x\n${listening}`,
      variables: { CONTAINER: "dd-agent", LISTENERS: "qnap udp 15141" },
      secrets: { ENVIRONMENT: environment.join("\n") },
    });
    const { status, stdout } = spawnSync("bash", ["-s", "--", "check"], {
      input: await new Promise<string>((resolve) => rendered.apply(resolve)),
      env: { ...process.env, PATH: `${folder}:${process.env["PATH"]}` },
      encoding: "utf8",
    });
    expect(status).toBe(0);
    return { stdout, trace: readFileSync(trace, "utf8") };
  }

  test("names the variables that have another value, and not the value", async () => {
    expect((await check(environment)).stdout).toBe("");
    const { stdout } = await check(["DD_API_KEY=topsecretkey2", "DD_SITE=datadoghq.eu", "NAME=a  b"]);
    expect(stdout).toBe(
      ["DD_API_KEY", "NAME"]
        .map((name) => `differs container dd-agent: has another value of ${name} in its environment\n`)
        .join(""),
    );
  });

  test("gives the key to no command, whose arguments are in the process list", async () => {
    const { trace } = await check(["DD_API_KEY=other"]);
    const commands = trace.split("\n").filter((line) => /^\++ (docker|timeout|grep|sed|awk|cat) /.test(line));
    expect(commands).toContainEqual(expect.stringContaining("docker inspect"));
    expect(commands.filter((line) => line.includes("topsecretkey"))).toEqual([]);
  });
});

test("bash parses the component's scripts", () => {
  for (const file of ["docker.sh", "conf.sh", "container.sh", "filter.sh", "listening.sh", "removal.sh"]) {
    execFileSync("bash", ["-n", join(component, file)]);
  }
});
