import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// across-hosts.sh without a step. The fake ssh on the test's PATH is the login shell of a host: it gets the command line.

const head = readFileSync(join(__dirname, "../../host/across-hosts.sh"), "utf8");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-control-across-"));
  for (const name of ["bin", "scratch", "tmp"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "bin", "sudo"), '#!/bin/sh\nshift\nexec "$@"\n', { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true }));

function run(text: string, loginShell = 'bash -c "$command"') {
  const ssh = `#!/bin/bash\ncommand=\${!#}\n${loginShell}\n`;
  writeFileSync(join(folder, "bin", "ssh"), ssh, { mode: 0o755 });
  const { status, stdout, stderr } = spawnSync("bash", ["-s"], {
    input: `set -euo pipefail\nfail() { echo "error: $*" >&2; exit 64; }\n${head}\n${text}`,
    env: {
      ...process.env,
      PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
      TMPDIR: join(folder, "tmp"),
      kc_dir: join(folder, "scratch"),
      KC_HOSTS: "m1 ops@192.0.2.11:22",
      KC_KNOWN_HOSTS: "192.0.2.11 ssh-ed25519 AAAA\n",
      KC_SSH_OPTIONS: "BatchMode=yes",
      KC_JUMP: "",
    },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test.each([
  ["nothing", 'bash -c "$command"'],
  ["a line before it", 'echo Welcome; bash -c "$command"'],
  ["text without a line end before it", 'printf Welcome; bash -c "$command"'],
  ["a line after it, by an exit trap", `bash -c "trap 'echo Agent pid 7 killed' EXIT; $command"`],
])("the script's output is returned alone if a start file prints %s", (_, loginShell) => {
  expect(run("on m1 <<<'echo one; echo two'", loginShell)).toEqual({ status: 0, stdout: "one\ntwo\n", stderr: "" });
});

test("the exit status of a script that fails is returned with its output", () => {
  const { status, stdout } = run("on m1 <<<'echo one; exit 3'", `bash -c "trap 'echo bye' EXIT; $command"`);
  expect([status, stdout]).toEqual([3, "one\n"]);
});

test("a login shell that does not run the script is reported", () => {
  const { status, stderr } = run("on m1 <<<'echo one'", "echo 'This account is a menu.'");
  expect([status, stderr]).toEqual([65, expect.stringContaining("the login shell of ops did not run the step")]);
});

test("a killed run's folder, which may hold a private key, is removed after two hours", () => {
  for (const [name, hours] of [
    ["kube-control.old", 3],
    ["kube-control.new", 1],
    ["other.old", 3],
  ] as const) {
    const path = join(folder, "tmp", name);
    mkdirSync(path);
    writeFileSync(join(path, "key"), "");
    const then = Date.now() / 1000 - hours * 3600;
    utimesSync(path, then, then);
  }
  const made = run("scratch_folder").stdout.trim();
  expect(existsSync(made)).toBe(true);
  expect(
    readdirSync(join(folder, "tmp"))
      .map((name) => join(folder, "tmp", name))
      .sort(),
  ).toEqual([made, join(folder, "tmp", "kube-control.new"), join(folder, "tmp", "other.old")].sort());
});
