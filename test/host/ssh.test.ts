import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runOverSsh, type SshTarget } from "../../host/ssh";

// The fake ssh on the test's PATH is the login shell of the host: it gets the command line.

const target: SshTarget = {
  name: "k8s-master1",
  address: "192.0.2.11",
  port: 22,
  user: "ops",
  privateKeyFile: "/nonexistent",
  hostKey: "ssh-ed25519 AAAA",
};
let folder: string;
const path = process.env["PATH"];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-control-ssh-"));
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin", "sudo"), '#!/bin/sh\nshift\nexec "$@"\n', { mode: 0o755 });
  process.env["PATH"] = `${join(folder, "bin")}:${path}`;
});
afterEach(() => {
  process.env["PATH"] = path;
  rmSync(folder, { recursive: true });
});

/** Writes a fake `ssh` that runs the text. `$command` is the command line that sshd passes to the login shell. */
function loginShell(text: string): void {
  const head = "#!/bin/bash\ncommand=${!#}\n";
  writeFileSync(join(folder, "bin", "ssh"), `${head}${text}\n`, { mode: 0o755 });
}
const run = (text: string) => runOverSsh(target, text, { seconds: 20, patienceSeconds: 0 });

test("the output has what the script prints, and nothing of a start file", async () => {
  loginShell('echo "Welcome to $HOSTNAME"; echo "time 1"; bash -c "$command"; echo Bye');
  expect(await run("echo one; echo two")).toMatchObject({
    kind: "answered",
    output: "one\ntwo\n",
    greeting: expect.stringMatching(/^Welcome to .*\ntime 1\n$/),
  });
});

test("a script that exceeds its time is reported as timed out", async () => {
  loginShell('bash -c "$command"');
  const answer = await runOverSsh(target, "sleep 20", { seconds: 1, patienceSeconds: 0 });
  expect(answer).toEqual({ kind: "failed", said: "timed out after 1 s" });
});

test.each(["bash", "sh"])("a login shell %s runs the script", async (shell) => {
  loginShell(`${shell} -c "$command"`);
  expect(await run("printf '%s' \"$BASH_VERSION\"")).toMatchObject({
    kind: "answered",
    output: expect.stringMatching(/^\d/),
  });
});

test("aliases, language, umask and HOME of the login shell do not affect the script", async () => {
  loginShell(
    `shopt -s expand_aliases
    alias ls=false awk=false sort=false sh='echo alias; sh'
    export LANG=de_DE.UTF-8 LC_ALL=de_DE.UTF-8 HOME=/nonexistent TMPDIR=${folder}
    umask 077
    eval "$command"`,
  );
  const text = "printf '%s\\n' b a | sort | awk '{ print NR $1 }'";
  expect(await run(text)).toMatchObject({ kind: "answered", output: "1a\n2b\n" });
});

test.each([
  ["a tty", "sudo: sorry, you must have a tty to run sudo"],
  ["a password", "sudo: a password is required"],
  ["a password of sudo-rs", "sudo: interactive authentication is required"],
])("a sudo that requires %s is reported", async (_, said) => {
  // the login shell's own user is not root there
  writeFileSync(join(folder, "bin", "id"), "#!/bin/sh\necho 1000\n", { mode: 0o755 });
  writeFileSync(join(folder, "bin", "sudo"), `#!/bin/sh\necho "${said}" >&2\nexit 1\n`, { mode: 0o755 });
  loginShell('bash -c "$command"');
  expect(await run("echo one")).toEqual({ kind: "failed", said });
});

test.each([
  ["nologin", "echo This account is currently not available.; exit 1"],
  ["a shell without sh on its PATH", "echo 'sh: command not found' >&2; exit 127"],
])("%s as the login shell is reported", async (_, shell) => {
  loginShell(shell);
  expect(await run("echo one")).toMatchObject({ kind: "failed", said: expect.stringContaining("login shell of ops") });
});

test("a login shell that prints a text and exits with 0 is reported", async () => {
  loginShell('echo "This account is a menu."; exit 0');
  expect(await run("echo one")).toMatchObject({ kind: "failed", said: expect.stringContaining("login shell of ops") });
});

test("a script that fails after some output is reported as failed", async () => {
  loginShell('bash -c "$command"');
  expect(await run("echo one; echo why >&2; exit 3")).toMatchObject({ kind: "failed", said: "why" });
});

test("shell code in a host's output is not executed", async () => {
  const file = join(folder, "evaluated");
  loginShell('bash -c "$command"');
  const answer = await run(`cat <<'END'\nbefore[$(touch ${file})0]\nEND\n`);
  expect(answer).toMatchObject({ kind: "answered", output: `before[$(touch ${file})0]\n` });
  expect(existsSync(file)).toBe(false);
});

test.each([
  ["ssh: connect to host 192.0.2.11 port 22: No route to host", "unreachable"],
  ["ssh: connect to host 192.0.2.11 port 22: Connection timed out", "unreachable"],
  ["ssh: connect to host 192.0.2.11 port 22: Connection refused", "unreachable"],
  ["Host key verification failed.", "failed"],
  ["ops@192.0.2.11: Permission denied (publickey).", "failed"],
])("%s: the host is %s", async (said, kind) => {
  loginShell(`echo ${JSON.stringify(said)} >&2; exit 255`);
  expect(await run("true")).toMatchObject({ kind, said: expect.stringContaining(said) });
});

test("a host that answers the second dial is not reported as unreachable", async () => {
  loginShell(
    `[[ -e ${folder}/seen ]] || { touch ${folder}/seen; echo 'Connection refused' >&2; exit 255; }; bash -c "$command"`,
  );
  const answer = await runOverSsh(target, "echo one", { seconds: 20, patienceSeconds: 10 });
  expect(answer).toMatchObject({ kind: "answered", output: "one\n" });
});
