import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Properties } from "../../plugins/protocol/value";
import { containsUnknown, isSecret, reveal, unknown } from "../../plugins/protocol/value";
import { hidden, Plugin } from "./engine";
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

function connection(changes: Properties = {}): Properties {
  const { port, privateKey, hostKey } = host;
  return { host: "127.0.0.1", port, user: "ops", privateKey, hostKey, dialErrorLimit: 1, ...changes };
}

async function checked(type: string, inputs: Properties): Promise<Properties> {
  const result = await plugin.check(type, inputs);
  expect(result.failures).toEqual({});
  return result.inputs;
}

describe("check", () => {
  test("fills in the SDK's defaults and makes the whole connection secret", async () => {
    const inputs = await checked(remote, { connection: { host: "192.0.2.1" } });
    expect(isSecret(inputs["connection"])).toBe(true);
    expect(reveal(inputs["connection"]!)).toEqual({
      host: "192.0.2.1",
      port: 22,
      user: "root",
      dialErrorLimit: 10,
      perDialTimeout: 15,
    });
  });

  test.each<[string, string, Properties, string, RegExp]>([
    ["a missing connection", remote, { create: "true" }, "connection", /missing required/],
    ["a missing host", remote, { connection: { user: "ops" } }, "connection.host", /missing required/],
    ["an unknown name", remote, { connection: { host: "h" }, command: "true" }, "command", /unknown property/],
    ["an unknown name inside", remote, { connection: { host: "h", key: "k" } }, "connection.key", /unknown property/],
    [
      "a mistyped port",
      remote,
      { connection: { host: "h", port: "22" } },
      "connection.port",
      /expected a number.*a string/,
    ],
    [
      "a fraction of a dial",
      remote,
      { connection: { host: "h", dialErrorLimit: 1.5 } },
      "connection.dialErrorLimit",
      /integer/,
    ],
    ["a wrong choice", local, { logging: "all" }, "logging", /one of stdout, stderr/],
    ["a mistyped list", local, { interpreter: "bash" }, "interpreter", /expected a list/],
    ["a mistyped variable", local, { environment: { A: 1 } }, "environment.A", /expected a string/],
    ["a variable for sshd", remote, { connection: { host: "h" }, environment: { A: "1" } }, "environment", /AcceptEnv/],
  ])("refuses %s", async (_what, type, inputs, property, reason) => {
    const { failures } = await plugin.check(type, inputs);
    expect(failures).toEqual({ [property]: expect.stringMatching(reason) as string });
  });

  test("never shows a secret's value in a failure", async () => {
    const { failures } = await plugin.check(remote, { connection: hidden({ host: "h", port: "canary" }) });
    expect(JSON.stringify(failures)).toContain("connection.port");
    expect(JSON.stringify(failures)).not.toContain("canary");
  });

  test("lets an unknown value stand for anything", async () => {
    await checked(remote, { connection: unknown, create: unknown, triggers: [unknown] });
  });
});

test("a preview of a creation and of an update dials nobody and knows no output", async () => {
  const before = host.dials();
  const inputs = await checked(remote, { connection: connection(), create: "echo hello", stdin: unknown });
  const created = await plugin.create(remote, inputs, true);
  expect(created.state).toMatchObject({ create: "echo hello", stdin: unknown, stdout: unknown, stderr: unknown });
  const updated = await plugin.update(remote, "x", { ...inputs, stdout: "old", stderr: "" }, inputs, true);
  expect(updated["stdout"]).toBe(unknown);
  expect(host.dials()).toBe(before);
});

describe("remote.Command", () => {
  test("runs its command with its input, and gives both streams without the last line's end", async () => {
    const inputs = await checked(remote, {
      connection: connection(),
      create: "cat; echo problem >&2",
      stdin: hidden("canary text\n"),
    });
    const { id, state } = await plugin.create(remote, inputs);
    expect(id).toMatch(/^thing[0-9a-f]{8}$/);
    expect(state).toMatchObject({ stdout: "canary text", stderr: "problem" });
    expect(isSecret(state["stdin"])).toBe(true);
    expect(isSecret(state["connection"])).toBe(true);
  });

  test("takes input and gives output of more than one window", async () => {
    const inputs = await checked(remote, {
      connection: connection(),
      create: "cat",
      stdin: "0123456789abcde\n".repeat(300_000),
    });
    const { state } = await plugin.create(remote, inputs);
    expect((state["stdout"] as string).length).toBe(16 * 300_000 - 1);
  });

  test("a failure says the status, the command and what it printed, and never its input", async () => {
    const inputs = await checked(remote, {
      connection: connection(),
      create: 'echo "one"; cat > /dev/null; echo two >&2; exit 3',
      stdin: hidden("canary"),
    });
    await expect(plugin.create(remote, inputs)).rejects.toThrow(
      'Process exited with status 3: running "echo \\"one\\"; cat > /dev/null; echo two >&2; exit 3":\none\ntwo\n',
    );
  });

  test("a killed command is a failure that names the signal", async () => {
    const inputs = await checked(remote, { connection: connection(), create: "kill -9 $$" });
    await expect(plugin.create(remote, inputs)).rejects.toThrow(
      /Process exited with status 137 from signal KILL: running/,
    );
  });

  test("an update runs `update` with the last output, or `create` where there is none", async () => {
    const inputs = await checked(remote, { connection: connection(), create: "echo created", update: "echo updated" });
    const state = await plugin.update(remote, "x", { ...inputs, stdout: "old", stderr: "" }, inputs);
    expect(state["stdout"]).toBe("updated");
    const { update: _, ...without } = inputs;
    expect((await plugin.update(remote, "x", state, without))["stdout"]).toBe("created");
  });

  test("a deletion runs `delete` with the state's input, and dials nobody where there is none", async () => {
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

  test("a refresh finds what the state holds", async () => {
    const inputs = await checked(remote, { connection: connection(), create: "true" });
    const found = await plugin.read(remote, "x", { ...inputs, stdout: "kept" }, inputs);
    expect(found).toMatchObject({ id: "x", state: { stdout: "kept" }, inputs: { create: "true" } });
  });

  test("a host that shows another key is refused, and the command does not run", async () => {
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

  test("keys that cannot be read are refused without a dial", async () => {
    const before = host.dials();
    const create = async (changes: Properties) =>
      plugin.create(remote, await checked(remote, { connection: connection(changes), create: "true" }));
    await expect(create({ hostKey: "not a key" })).rejects.toThrow(/failed to parse host key/);
    await expect(create({ privateKey: "not a key" })).rejects.toThrow(/private key cannot be read/);
    expect(host.dials()).toBe(before);
  });

  test("a user whose key is not known is refused", async () => {
    const inputs = await checked(remote, {
      connection: connection({ privateKey: newKeyPair().private }),
      create: "true",
    });
    await expect(plugin.create(remote, inputs)).rejects.toThrow(/unable to authenticate/);
  });

  test("dials again, with pauses, as often as it may", async () => {
    host.dropNext(3);
    const before = host.dials();
    const patient = await checked(remote, { connection: connection({ dialErrorLimit: 3 }), create: "echo here" });
    expect((await plugin.create(remote, patient)).state["stdout"]).toBe("here");
    expect(host.dials() - before).toBe(4);
    host.dropNext(3);
    const hasty = await checked(remote, { connection: connection({ dialErrorLimit: 1 }), create: "echo here" });
    await expect(plugin.create(remote, hasty)).rejects.toThrow(/after 1 failed attempts: ssh: handshake failed/);
    host.dropNext(0);
  });

  test("goes through a proxy, whose key is pinned too", async () => {
    const before = host.dials();
    const inputs = await checked(remote, { connection: connection({ proxy: connection() }), create: "echo through" });
    expect((await plugin.create(remote, inputs)).state["stdout"]).toBe("through");
    expect(host.dials() - before).toBe(2);
    const proxy = connection({ hostKey: newKeyPair().public });
    const other = await checked(remote, { connection: connection({ proxy }), create: "true" });
    await expect(plugin.create(remote, other)).rejects.toThrow(/proxy: after 1 failed attempts.*host key mismatch/);
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

  test("no change where the inputs are the state's, secret or not", async () => {
    const inputs = { connection: hidden(connection()), create: "a", stdin: "x", triggers: ["t"] };
    expect(await plugin.diff(remote, state(), inputs)).toMatchObject({ changed: false, details: {} });
  });

  test("a changed trigger replaces; anything else updates", async () => {
    const inputs = { connection: connection({ user: "root" }), create: "a", stdin: "y", triggers: ["t", "u"] };
    const diff = await plugin.diff(remote, state(), inputs);
    expect(diff.details).toEqual({ "connection.user": "UPDATE", stdin: "UPDATE", "triggers[1]": "ADD_REPLACE" });
    expect(diff.deleteBeforeReplace).toBe(false);
  });

  test("a value that is unknown yet is a change, a removed one a deletion", async () => {
    const diff = await plugin.diff(remote, state(), { connection: connection(), stdin: unknown, triggers: ["t"] });
    expect(diff.details).toEqual({ create: "DELETE", stdin: "UPDATE" });
  });

  test("ignored changes are none", async () => {
    const inputs = { connection: connection({ user: "root" }), create: "b", stdin: "x", triggers: ["t"] };
    expect((await plugin.diff(remote, state(), inputs, ["create", "connection.user"])).changed).toBe(false);
  });
});

describe("local.Command", () => {
  test("runs in /bin/sh with its variables, its input and the last output", async () => {
    const inputs = await checked(local, {
      create: 'echo "$0 $GREETING $(cat) ${PULUMI_COMMAND_STDOUT:-none}"',
      environment: { GREETING: "hello" },
      stdin: "world",
    });
    const { state } = await plugin.create(local, inputs);
    expect(state["stdout"]).toBe("/bin/sh hello world none");
    expect((await plugin.update(local, "x", state, inputs))["stdout"]).toBe(
      "/bin/sh hello world /bin/sh hello world none",
    );
    const forgetful = { ...inputs, addPreviousOutputInEnv: false };
    expect((await plugin.update(local, "x", state, forgetful))["stdout"]).toBe("/bin/sh hello world none");
  });

  test("takes another interpreter and another folder", async () => {
    const inputs = await checked(local, {
      create: "echo $PWD ${BASH_VERSION:+bash}",
      interpreter: ["/bin/bash", "-c"],
      dir: folder,
    });
    expect((await plugin.create(local, inputs)).state["stdout"]).toBe(`${folder} bash`);
  });

  test("fails in the official plugin's words", async () => {
    const failing = (inputs: Properties) => plugin.create(local, inputs);
    await expect(failing({ create: "echo out; exit 4" })).rejects.toThrow(
      'exit status 4: running "echo out; exit 4":\nout\n',
    );
    await expect(failing({ create: "kill -9 $$" })).rejects.toThrow("signal: killed: running");
    await expect(failing({ create: "x", dir: "/nowhere" })).rejects.toThrow(
      "chdir /nowhere: no such file or directory",
    );
    await expect(failing({ create: "x", interpreter: ["no-such"] })).rejects.toThrow(
      "executable file not found in $PATH",
    );
  });

  test("a preview runs nothing", async () => {
    const mark = join(folder, "mark");
    const { state } = await plugin.create(local, { create: `touch ${mark}` }, true);
    expect(existsSync(mark)).toBe(false);
    expect(containsUnknown(state["stdout"])).toBe(true);
  });
});

test("a resource type that the stand-in lacks is refused by name", async () => {
  await expect(plugin.check("command:remote:CopyFile", {})).rejects.toThrow(
    /does not know the resource type command:remote:CopyFile/,
  );
});
