import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Properties } from "../../../plugins/protocol/value";
import { unknown } from "../../../plugins/protocol/value";
import { hidden, isSecret, Plugin } from "../engine";
import { newKeyPair, startSshHost, type SshHost } from "./ssh-host";

const remote = "command:remote:Command";
const local = "command:local:Command";

let plugin: Plugin;
let host: SshHost;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "command-test-"));
  host = await startSshHost();
  plugin = await Plugin.start("command", { SSH_AUTH_SOCK: "" });
  await plugin.configure({});
});

afterAll(async () => {
  await plugin.stop();
  await host.close();
  rmSync(folder, { recursive: true });
});

const limits = { dialErrorLimit: 1, perDialTimeout: 10 };

function connection(changes: Properties = {}): Properties {
  const { port, privateKey, hostKey } = host;
  return { host: "127.0.0.1", port, user: "ops", privateKey, hostKey, ...limits, ...changes };
}

/** Inputs that the program sets for each command. */
const always = { logging: "none", addPreviousOutputInEnv: false };

async function checked(type: string, inputs: Properties): Promise<Properties> {
  const result = await plugin.check(type, { ...always, ...inputs });
  expect(result.failures).toEqual({});
  return result.inputs;
}

describe("check", () => {
  const refusals: [string, string, Properties, string, RegExp][] = [
    ["a missing connection", remote, { connection: null }, "connection", /missing required/],
    ["a missing host", remote, { connection: { host: null } }, "connection.host", /missing required/],
    ["an unknown name", remote, { command: "true" }, "command", /unknown property.*implements only what kube-control/],
    [
      "a passphrase",
      remote,
      { connection: { privateKeyPassword: "x" } },
      "connection.privateKeyPassword",
      /unknown property/,
    ],
    [
      "an agent socket",
      remote,
      { connection: { agentSocketPath: "/s" } },
      "connection.agentSocketPath",
      /unknown property/,
    ],
    [
      "a jump host without its key",
      remote,
      { connection: { proxy: { ...limits, host: "127.0.0.1", port: 22, user: "ops" } } },
      "connection.proxy.hostKey",
      /missing required/,
    ],
    ["a mistyped port", remote, { connection: { port: "22" } }, "connection.port", /expected a number.*a string/],
    ["another value of logging", local, { logging: "stdout" }, "logging", /one of none/],
    ["addPreviousOutputInEnv", local, { addPreviousOutputInEnv: null }, "addPreviousOutputInEnv", /must be false/],
    ["a mistyped list", local, { triggers: "t" }, "triggers", /expected a list/],
    ["an environment variable", local, { environment: { A: "1" } }, "environment", /unknown property/],
  ];

  test.each(refusals)("refuses %s", async (_what, type, changes, property, reason) => {
    const { connection: changed, ...inputs } = changes;
    const ends: Properties =
      type === local ? {} : { connection: changed === null ? null : connection(changed as Properties) };
    const { failures } = await plugin.check(type, { ...always, ...ends, ...inputs });
    expect(failures).toEqual({ [property]: expect.stringMatching(reason) as string });
  });

  test("accepts an unknown input that an earlier version had accepted", async () => {
    const old = { ...always, dir: "/tmp" };
    expect(await plugin.check(local, old, old)).toEqual({ inputs: old, failures: {} });
  });

  test("never shows a secret's value in a failure", async () => {
    const hiding = { ...always, connection: hidden(connection({ port: "canary" })) };
    const { failures } = await plugin.check(remote, hiding);
    expect(JSON.stringify(failures)).toContain("connection.port");
    expect(JSON.stringify(failures)).not.toContain("canary");
  });

  test("accepts an unknown value of any type", async () => {
    await checked(remote, { connection: unknown, create: unknown, triggers: [unknown] });
    await checked(remote, { connection: connection({ privateKey: unknown }) });
  });
});

test("the plugin does not support previews, so the engine handles them", async () => {
  expect(await plugin.configure({})).toBe(false);
});

describe("remote.Command", () => {
  test("runs with its input, and returns both streams without the last newline", async () => {
    const inputs = await checked(remote, {
      connection: hidden(connection()),
      create: "cat; echo problem >&2",
      stdin: hidden("canary text\n"),
    });
    const { id, state } = await plugin.create(remote, inputs);
    expect(id).toMatch(/^thing[0-9a-f]{8}$/);
    expect(state).toMatchObject({ stdout: "canary text", stderr: "problem" });
    expect(isSecret(state["stdin"])).toBe(true);
    expect(isSecret(state["connection"])).toBe(true);
  });

  test("transfers input and output larger than the SSH window", async () => {
    const inputs = await checked(remote, {
      connection: connection(),
      create: "cat",
      stdin: "0123456789abcde\n".repeat(300_000),
    });
    const { state } = await plugin.create(remote, inputs);
    expect((state["stdout"] as string).length).toBe(16 * 300_000 - 1);
  });

  test("a failure shows the status, the command and its output, and never its input", async () => {
    const inputs = await checked(remote, {
      connection: connection(),
      create: 'echo "one"; cat > /dev/null; echo two >&2; exit 3',
      stdin: hidden("canary"),
    });
    await expect(plugin.create(remote, inputs)).rejects.toThrow(
      'Process exited with status 3: running "echo \\"one\\"; cat > /dev/null; echo two >&2; exit 3":\none\ntwo\n',
    );
  });

  test("a killed command fails with the signal's name", async () => {
    const inputs = await checked(remote, { connection: connection(), create: "kill -9 $$" });
    await expect(plugin.create(remote, inputs)).rejects.toThrow(
      /Process exited with status 137 from signal KILL: running/,
    );
  });

  test("an update runs `update`, or `create` if there is none", async () => {
    const inputs = await checked(remote, { connection: connection(), create: "echo created", update: "echo updated" });
    const state = await plugin.update(remote, "x", { ...inputs, stdout: "old", stderr: "" }, inputs);
    expect(state["stdout"]).toBe("updated");
    const { update: _, ...without } = inputs;
    expect((await plugin.update(remote, "x", state, without))["stdout"]).toBe("created");
    const { create: __, ...neither } = without;
    expect((await plugin.update(remote, "x", state, neither))["stdout"]).toBe("updated");
  });

  test("a deletion runs `delete` with the state's input, or opens no connection without it", async () => {
    const seen = join(folder, "deleted");
    const inputs = await checked(remote, {
      connection: connection(),
      delete: `cat > ${seen}`,
      stdin: "from the state",
    });
    await plugin.delete(remote, "x", { ...inputs, stdout: "", stderr: "" });
    expect(readFileSync(seen, "utf8")).toBe("from the state");
    const before = host.dials();
    await plugin.delete(remote, "x", { connection: inputs["connection"]! });
    expect(host.dials()).toBe(before);
  });

  test("a refresh returns the state", async () => {
    const inputs = await checked(remote, { connection: connection(), create: "true" });
    const found = await plugin.read(remote, "x", { ...inputs, stdout: "kept" }, inputs);
    expect(found).toMatchObject({ id: "x", state: { stdout: "kept" }, inputs: { create: "true" } });
  });

  test("a host with another key is refused, and the command does not run", async () => {
    const before = host.commands.length;
    const inputs = await checked(remote, { connection: connection({ hostKey: newKeyPair().public }), create: "true" });
    await expect(plugin.create(remote, inputs)).rejects.toThrow(
      /after 1 failed attempts.*host key mismatch.*127\.0\.0\.1/,
    );
    expect(host.commands.length).toBe(before);
  });

  test("a host without a key of the pinned type is refused", async () => {
    const hostKey = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBA==";
    const inputs = await checked(remote, { connection: connection({ hostKey }), create: "true" });
    await expect(plugin.create(remote, inputs)).rejects.toThrow(/no common algorithm for host key/);
  });

  test("unreadable keys are refused before a connection is opened", async () => {
    const before = host.dials();
    const create = async (changes: Properties) =>
      plugin.create(remote, await checked(remote, { connection: connection(changes), create: "true" }));
    await expect(create({ hostKey: "not a key" })).rejects.toThrow(/failed to parse host key/);
    await expect(create({ privateKey: "not a key" })).rejects.toThrow(/private key cannot be read/);
    expect(host.dials()).toBe(before);
  });

  test("a user with an unknown key is refused", async () => {
    const inputs = await checked(remote, {
      connection: connection({ privateKey: newKeyPair().private }),
      create: "true",
    });
    await expect(plugin.create(remote, inputs)).rejects.toThrow(/unable to authenticate/);
  });

  test("runs through a jump host, whose key is checked", async () => {
    const jump = await startSshHost({ privateKey: host.privateKey });
    const through = (changes: Properties = {}) => connection({ port: jump.port, hostKey: jump.hostKey, ...changes });
    const create = async (proxy: Properties) =>
      plugin.create(remote, await checked(remote, { connection: connection({ proxy }), create: "echo here" }));
    try {
      expect((await create(through())).state["stdout"]).toBe("here");
      expect(jump.forwarded).toEqual([`127.0.0.1:${host.port}`]);
      await expect(create(through({ hostKey: newKeyPair().public }))).rejects.toThrow(/proxy: .*host key mismatch/);
    } finally {
      await jump.close();
    }
  });

  describe("with SSH_AUTH_SOCK", () => {
    const create = async (at: Plugin, changes: Properties) =>
      at.create(remote, await checked(remote, { connection: connection(changes), create: "echo here" }));

    test("fails if the agent does not answer, even with a private key", async () => {
      const before = host.dials();
      const stale = await Plugin.start("command", { SSH_AUTH_SOCK: join(folder, "gone.sock") });
      try {
        await stale.configure({});
        await expect(create(stale, {})).rejects.toThrow(/dial unix .*gone\.sock: connect: no such file or directory/);
        expect(host.dials()).toBe(before);
      } finally {
        await stale.stop();
      }
    });

    test("logs in with the agent if there is no key, else with the key only", async () => {
      const socket = join(folder, "agent.sock");
      const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
      while (!existsSync(socket)) await sleep(20);
      const key = join(folder, "agent-key");
      writeFileSync(key, host.privateKey, { mode: 0o600 });
      execFileSync("ssh-add", ["-q", key], { stdio: "ignore", env: { ...process.env, SSH_AUTH_SOCK: socket } });
      const served = await Plugin.start("command", { SSH_AUTH_SOCK: socket });
      try {
        await served.configure({});
        expect((await create(served, { privateKey: null })).state["stdout"]).toBe("here");
        await expect(create(served, { privateKey: newKeyPair().private })).rejects.toThrow(/unable to authenticate/);
      } finally {
        await served.stop();
        agent.kill();
      }
    });
  });

  test("repeats a failed connection up to dialErrorLimit times", async () => {
    host.dropNext(3);
    const before = host.dials();
    const enough = await checked(remote, { connection: connection({ dialErrorLimit: 3 }), create: "echo here" });
    expect((await plugin.create(remote, enough)).state["stdout"]).toBe("here");
    expect(host.dials() - before).toBe(4);
    host.dropNext(3);
    const tooFew = await checked(remote, { connection: connection({ dialErrorLimit: 1 }), create: "echo here" });
    await expect(plugin.create(remote, tooFew)).rejects.toThrow(/after 1 failed attempts: ssh: handshake failed/);
    host.dropNext(0);
  });
});

describe("diff", () => {
  const state = () => ({
    connection: connection(),
    create: "a",
    stdin: hidden("x"),
    triggers: ["t"],
    stdout: "",
    stderr: "",
  });

  test("equal inputs are not a change, secret or not", async () => {
    const inputs = { connection: hidden(connection()), create: "a", stdin: "x", triggers: ["t"] };
    expect(await plugin.diff(remote, state(), inputs)).toMatchObject({ changed: false, details: {} });
  });

  test("a changed trigger replaces the resource; other changes update it", async () => {
    const inputs = { connection: connection({ user: "root" }), create: "a", stdin: "y", triggers: ["t", "u"] };
    const diff = await plugin.diff(remote, state(), inputs);
    expect(diff.details).toEqual({ "connection.user": "UPDATE", stdin: "UPDATE", "triggers[1]": "ADD_REPLACE" });
    expect(diff.replaces).toEqual(["triggers"]);
    expect(diff.deleteBeforeReplace).toBe(false);
  });

  test("unknown properties in the state of an earlier version are not a change", async () => {
    const old = { ...state(), connection: { ...connection(), agentSocketPath: "/s" }, dir: "/tmp" };
    const inputs = { connection: connection(), create: "a", stdin: "x", triggers: ["t"] };
    expect(await plugin.diff(remote, old, inputs)).toMatchObject({ changed: false, details: {} });
  });

  test("an unknown value is an update, a removed one a deletion", async () => {
    const diff = await plugin.diff(remote, state(), { connection: connection(), stdin: unknown, triggers: ["t"] });
    expect(diff.details).toEqual({ create: "DELETE", stdin: "UPDATE" });
  });

  test("ignored changes are not a change", async () => {
    const inputs = { connection: connection({ user: "root" }), create: "b", stdin: "x", triggers: ["t"] };
    expect((await plugin.diff(remote, state(), inputs, ["create", "connection"])).changed).toBe(false);
  });
});

describe("local.Command", () => {
  test("runs with /bin/sh and its input", async () => {
    const inputs = await checked(local, { create: 'echo "$0 $(cat)"', stdin: "world" });
    const { state } = await plugin.create(local, inputs);
    expect(state["stdout"]).toBe("/bin/sh world");
  });

  test("fails with the official plugin's messages", async () => {
    const failing = (create: string) => plugin.create(local, { create });
    await expect(failing("echo out; exit 4")).rejects.toThrow('exit status 4: running "echo out; exit 4":\nout\n');
    await expect(failing("kill -9 $$")).rejects.toThrow("signal: SIGKILL: running");
  });
});

test("an unknown resource type is refused with its name", async () => {
  await expect(plugin.check("command:remote:CopyFile", {})).rejects.toThrow(
    /does not know the resource type command:remote:CopyFile/,
  );
});

test("a cancellation ends running commands, and every later call fails", async () => {
  const other = await Plugin.start("command");
  try {
    await other.configure({});
    const inputs = await checked(remote, { connection: connection(), create: "echo begun; exec sleep 600" });
    const begun = host.commands.length;
    const running = expect(other.create(remote, inputs)).rejects.toThrow("the update was cancelled");
    while (host.commands.length === begun) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await other.cancel();
    await running;
    await expect(other.create(local, { create: "true" })).rejects.toThrow("the update was cancelled");
  } finally {
    await other.stop();
  }
});
