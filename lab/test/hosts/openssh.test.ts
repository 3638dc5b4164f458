import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os, { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runOverSsh, type SshTarget } from "../../../host/ssh";
import { newKeyPair, startSshHost, type SshHost } from "../plugins/command/ssh-host";

// The project's SSH options with this machine's OpenSSH client, against a server on loopback.

let host: SshHost;
let jump: SshHost;
let folder: string;
const before = { home: process.env["HOME"], agent: process.env["SSH_AUTH_SOCK"] };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "openssh-test-"));
  host = await startSshHost();
  jump = await startSshHost({ privateKey: host.privateKey });
  delete process.env["SSH_AUTH_SOCK"];
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env["HOME"] = before.home;
});
afterAll(async () => {
  if (before.agent !== undefined) process.env["SSH_AUTH_SOCK"] = before.agent;
  await Promise.all([host.close(), jump.close()]);
  rmSync(folder, { recursive: true });
});

const login = "ops";
const bare = (): SshTarget => ({
  name: "host",
  address: "127.0.0.1",
  user: login,
  port: host.port,
  hostKey: pinOf(host),
});
const target = (changes: Partial<SshTarget> = {}): SshTarget => ({
  ...bare(),
  privateKey: host.privateKey,
  ...changes,
});
const through = (changes: object = {}) => ({
  host: "127.0.0.1",
  port: jump.port,
  user: login,
  hostKey: pinOf(jump),
  ...changes,
});
const pinOf = ({ hostKey }: SshHost) => hostKey.split(" ").slice(0, 2).join(" ");
const run = (to: SshTarget) => runOverSsh(to, "echo ran", { seconds: 20, patienceSeconds: 0 });

const ran = { kind: "answered", output: "ran\n" };
const failed = (said: RegExp) => ({ kind: "failed", said: expect.stringMatching(said) as string });

function keyFile(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** Runs work with an SSH agent that holds these keys. */
async function withAgent<T>(files: readonly string[], work: () => Promise<T>): Promise<T> {
  const socket = join(folder, "agent.sock");
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  process.env["SSH_AUTH_SOCK"] = socket;
  try {
    while (!existsSync(socket)) await sleep(20);
    for (const file of files) execFileSync("ssh-add", ["-q", file], { stdio: "ignore", env: process.env });
    return await work();
  } finally {
    delete process.env["SSH_AUTH_SOCK"];
    const ended = once(agent, "exit");
    agent.kill();
    await ended;
  }
}

describe("a host", () => {
  test("with the pinned key is reached with a private key in memory", async () => {
    expect(await run(target())).toMatchObject(ran);
  });

  test("with another key is refused", async () => {
    const hostKey = newKeyPair().public.split(" ").slice(0, 2).join(" ");
    expect(await run(target({ hostKey }))).toEqual(failed(/Host key verification failed/));
  });

  test.each(["key of ops", 'a "b"/100%/key', "plain/key"])(
    "is reached with the key file %s in the home folder",
    async (name) => {
      jest.spyOn(os, "homedir").mockReturnValue(folder);
      process.env["HOME"] = folder;
      expect(await run({ ...bare(), privateKeyFile: keyFile(name, host.privateKey) })).toMatchObject(ran);
    },
  );

  test("is reached with a key file outside the home folder", async () => {
    expect(await run({ ...bare(), privateKeyFile: keyFile("outside", host.privateKey) })).toMatchObject(ran);
  });
});

describe("the agent", () => {
  test("logs in if no key is given", async () => {
    const right = keyFile("right", host.privateKey);
    expect(await withAgent([right], () => run(bare()))).toMatchObject(ran);
    expect(await run(bare())).toEqual(failed(/Permission denied/));
  });

  test("logs in on the jump host too", async () => {
    const right = keyFile("right2", host.privateKey);
    expect(await withAgent([right], () => run({ ...bare(), proxyJump: through() }))).toMatchObject(ran);
  });

  test("is not used if a key is given", async () => {
    const right = keyFile("right3", host.privateKey);
    const wrong = target({ privateKey: newKeyPair().private });
    expect(await withAgent([right], () => run(wrong))).toEqual(failed(/Permission denied/));
  });

  test("logs in with a key that has a passphrase", async () => {
    const right = keyFile("right4", host.privateKey);
    await withAgent([right], async () => {
      execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", "a passphrase", "-f", right]);
      expect(await run(bare())).toMatchObject(ran);
    });
  });
});

test("a certificate beside a key file is not offered, as in the command plugin", async () => {
  const file = keyFile("certified", host.privateKey);
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "authority")]);
  writeFileSync(`${file}.pub`, execFileSync("ssh-keygen", ["-y", "-f", file]));
  execFileSync("ssh-keygen", ["-q", "-s", join(folder, "authority"), "-I", "ops", "-n", "ops", `${file}.pub`]);
  expect(existsSync(`${file}-cert.pub`)).toBe(true);
  host.offered.length = 0;
  expect(await run({ ...bare(), privateKeyFile: file })).toMatchObject(ran);
  expect(host.offered).toEqual(["ssh-ed25519"]);
});

describe("through a jump host", () => {
  test("a host is reached, and both keys are checked", async () => {
    const direct = host.dials();
    expect(await run(target({ proxyJump: through() }))).toMatchObject(ran);
    expect(jump.forwarded).toContain(`127.0.0.1:${host.port}`);
    expect(host.dials()).toBe(direct + 1);
    const other = newKeyPair().public.split(" ").slice(0, 2).join(" ");
    expect(await run(target({ proxyJump: through(), hostKey: other }))).toEqual(failed(/verification failed/));
    expect(await run(target({ proxyJump: through({ hostKey: other }) }))).toEqual(failed(/verification failed/));
  });

  test("a host that does not answer is unreachable", async () => {
    expect(await run(target({ proxyJump: through(), port: 1 }))).toMatchObject({ kind: "unreachable" });
  });

  test("a jump host that does not answer is a failure, not an unreachable host", async () => {
    expect(await run(target({ proxyJump: through({ port: 1 }) }))).toEqual(failed(/Connection refused/));
  });

  test("a jump host that refuses the login is a failure", async () => {
    const stranger = await startSshHost();
    try {
      const proxyJump = through({ port: stranger.port, hostKey: pinOf(stranger) });
      expect(await run(target({ proxyJump }))).toEqual(failed(/Permission denied/));
    } finally {
      await stranger.close();
    }
  });
});
