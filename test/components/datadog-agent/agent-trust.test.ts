import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { AgentTrust, trustedFile } from "../../../components/datadog-agent";
import { confD } from "../../../components/datadog-agent/container";
import { hostAt, refusal, registered } from "../registered";

const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const monitor = hostAt("monitor", "192.168.2.160");

/** The script of the step, with a folder in place of conf.d. */
async function scriptFor(folder: string, authority: pulumi.Input<string> = pem): Promise<string> {
  const step = (await registered(() => new AgentTrust("dd-agent", { host: monitor, authority }))).get(
    "dd-agent-authority",
  );
  return String(step?.inputs.stdin).replaceAll(confD, folder);
}

describe("the step that writes the authority", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kube-control-test-"));
    writeFileSync(
      join(folder, "docker"),
      `#!/bin/bash\ncase $1 in inspect) cat ${folder}/started;; restart) echo $2 >>${folder}/restarts;; esac\n`,
    );
    chmodSync(join(folder, "docker"), 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs the step with an agent that was started at the given time. */
  async function run(started: Date, authority?: string) {
    writeFileSync(join(folder, "started"), started.toISOString());
    rmSync(join(folder, "restarts"), { force: true });
    const script = (await scriptFor(join(folder, "conf.d"), authority)).replace("KC_LOCK='1'", "KC_LOCK='0'");
    const { status, stderr } = spawnSync("bash", ["-s", "--", "create"], {
      input: script,
      env: { ...process.env, PATH: `${folder}:${process.env["PATH"]}` },
      encoding: "utf8",
    });
    return { status, stderr, restarted: existsSync(join(folder, "restarts")) };
  }
  const anHourAgo = () => new Date(Date.now() - 3_600_000);
  const inAMinute = () => new Date(Date.now() + 60_000);

  test("writes it into conf.d, and restarts an agent that has not read it", async () => {
    expect(await run(anHourAgo())).toEqual({ status: 0, stderr: "", restarted: true });
    const name = trustedFile.replace("/conf.d/", "");
    expect(readFileSync(join(folder, "conf.d", name), "utf8")).toBe(pem);
    expect((await run(inAMinute())).restarted).toBe(false);
    expect((await run(anHourAgo(), `${pem}${pem}`)).restarted).toBe(true);
  });

  test("fails if the kubeconfig has no authority", async () => {
    const { status, stderr } = await run(anHourAgo(), "");
    expect(status).not.toBe(0);
    expect(stderr).toContain("there is no certificate authority to write");
  });
});

test("the authority is plain text, and not an input of the component, which would wait for it", async () => {
  const resources = await registered(() => new AgentTrust("dd-agent", { host: monitor, authority: pem }));
  expect(resources.get("dd-agent")?.inputs).toEqual({ host: { name: "monitor", address: "192.168.2.160" } });
  expect(resources.get("dd-agent-authority")?.inputs.stdin).toContain(`AUTHORITY='${pem}'`);
});

test("a host without an IPv4 address is refused", async () => {
  const host = { ...monitor, address: "monitor" };
  expect(await refusal(() => new AgentTrust("dd-agent", { host, authority: pem }))).toMatch(/"monitor" is not an IPv4/);
});
