import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { checkLogin, loginByHand } from "../../host/login";

// The tests start a real ssh-agent and connect to no host.

const before = process.env["SSH_AUTH_SOCK"];
let folder: string;
let agent: ChildProcess | undefined;
let warnings: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-control-login-"));
  warnings = [];
  jest.spyOn(pulumi.log, "warn").mockImplementation((message) => Promise.resolve(void warnings.push(message)));
});
afterEach(async () => {
  jest.restoreAllMocks();
  if (agent !== undefined) {
    const ended = once(agent, "exit");
    agent.kill();
    await ended;
    agent = undefined;
  }
  if (before === undefined) delete process.env["SSH_AUTH_SOCK"];
  else process.env["SSH_AUTH_SOCK"] = before;
  rmSync(folder, { recursive: true });
});

async function startAgent(): Promise<void> {
  const socket = join(folder, "agent.sock");
  process.env["SSH_AUTH_SOCK"] = socket;
  agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  // the socket exists before the agent listens; 2: ssh-add cannot connect
  while (spawnSync("ssh-add", ["-l"], { env: process.env, stdio: "ignore" }).status === 2) await sleep(20);
}

function addKey(name: string): void {
  const path = join(folder, name);
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path]);
  execFileSync("ssh-add", ["-q", path], { stdio: "ignore", env: process.env });
}

const byAgent = () => checkLogin({});
const byKey = (privateKeyFile = join(folder, "id")) => checkLogin({ privateKeyFile });
const dead = () => (process.env["SSH_AUTH_SOCK"] = join(folder, "gone.sock"));

describe("with a key file", () => {
  test("an agent is not needed, and a running one gives no warning", async () => {
    delete process.env["SSH_AUTH_SOCK"];
    await byKey();
    await startAgent();
    await byKey();
    expect(warnings).toEqual([]);
  });

  test("an agent that does not answer is refused, because the command plugin would fail", async () => {
    dead();
    await expect(byKey()).rejects.toThrow(
      /SSH_AUTH_SOCK: contains the path of a socket .*ENOENT[^]*Run `unset SSH_AUTH_SOCK`/,
    );
  });

  test("a certificate beside it gives a warning that it is not used", async () => {
    delete process.env["SSH_AUTH_SOCK"];
    writeFileSync(join(folder, "id-cert.pub"), "");
    await byKey();
    expect(warnings).toEqual([expect.stringMatching(/id-cert\.pub is not used: .*ssh\.agent to true/)]);
  });
});

describe("with the agent", () => {
  test.each([
    ["there is none", () => delete process.env["SSH_AUTH_SOCK"], /ssh\.agent: is true, but there is no ssh agent/],
    ["it does not answer", dead, /ssh\.agent: is true, but no ssh agent answers at SSH_AUTH_SOCK \(.*ENOENT/],
  ])("the error says how to start an agent if %s", async (_, arrange, message) => {
    arrange();
    await expect(byAgent()).rejects.toThrow(message);
    await expect(byAgent()).rejects.toThrow(/ssh-agent.*ssh-add FILE/);
  });

  test("an agent without a key is refused", async () => {
    await startAgent();
    await expect(byAgent()).rejects.toThrow(
      /offers no key \(ssh-add -L: The agent has no identities[^]*Run `ssh-add FILE`/,
    );
  });

  test("six keys give no warning; more keys than a server tries give one", async () => {
    await startAgent();
    ["1", "2", "3", "4", "5", "6"].forEach(addKey);
    await byAgent();
    expect(warnings).toEqual([]);
    addKey("seventh");
    await byAgent();
    expect(warnings).toEqual([expect.stringMatching(/has 7 keys/)]);
  });
});

describe("the command for a person", () => {
  const access = { user: "ops", port: 22, hostKey: "ssh-ed25519 AAAA" };
  const jump = { host: "bastion", port: 2222, user: "jump", hostKey: "ssh-ed25519 BBBB" };

  test("logs in with only the key, or with only the agent", () => {
    expect(loginByHand("192.0.2.1", { ...access, privateKeyFile: "/keys/id" })).toBe(
      "ssh -o IdentityAgent=none -o CertificateFile=none -i '/keys/id' ops@192.0.2.1",
    );
    expect(loginByHand("192.0.2.1", { ...access, port: 2200, proxyJump: jump })).toBe(
      "ssh -o IdentityFile=none -J jump@bastion:2222 -p 2200 ops@192.0.2.1",
    );
  });
});
