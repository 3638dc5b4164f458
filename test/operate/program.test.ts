import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { goodStack, root } from "../settings/stack";
import { hosts } from "./views";

// Runs the committed bundle as `npm run status` does, with a script in place of ssh.

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-control-status-"));
  mkdirSync(join(folder, "bin"));
  // the last argument is the command, which contains the marks; the one before it is USER@ADDRESS
  const ssh = `#!/bin/bash
command=\${@: -1} login=\${@: -2:1} script=$(cat)
mark=$(sed -n "s/.*echo \\(@kube-control-[0-9a-f]*\\) begins.*/\\1/p" <<<"$command")
address=\${login#*@}
[[ ! -e ${folder}/$address.refuses ]] || { echo 'Permission denied (publickey).' >&2; exit 255; }
[[ ! -e ${folder}/$address.silent ]] || { echo "connect to host $address port 22: Connection timed out" >&2; exit 255; }
[[ ! -e ${folder}/$address.floods ]] || exec yes
echo "$mark begins"
if [[ $script == *'part system'* ]]; then
  mark_of_part=$(sed -n "s/^MARK='\\(.*\\)'/\\1/p" <<<"$script")
  printf '\\n%s files/etc/keepalived/keepalived.conf\\nauth_pass "CANARY"\\nDD_API_KEY=CANARY\\n\\n%s ../evil\\nx\\n\\n%s end\\n' "$mark_of_part" "$mark_of_part" "$mark_of_part"
else
  sed "s/^time .*/time $(date +%s)/" "${folder}/$address.txt"
fi
printf '\\n%s ends 0\\n' "$mark"
`;
  writeFileSync(join(folder, "bin/ssh"), ssh, { mode: 0o755 });
  for (const { name, address } of hosts) {
    writeFileSync(join(folder, `${address}.txt`), readFileSync(join(__dirname, "recorded", `${name}.txt`)));
  }
  const stack = goodStack();
  stack["endpoint"].nameServers = ["127.0.0.1"];
  const config = Object.fromEntries(
    Object.entries(stack).map(([key, value]) => [`kube-control:${key}`, value as unknown]),
  );
  writeFileSync(join(folder, "Pulumi.yaml"), readFileSync(join(root, "Pulumi.yaml")));
  writeFileSync(join(folder, "Pulumi.prod.yaml"), stringify({ config, encryptionsalt: "v1:CANARY" }));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], signalAfter?: (stdout: string) => boolean): Promise<Ended> {
  const env = {
    ...process.env,
    PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
    PULUMI_STACK: "prod",
    INIT_CWD: folder,
  };
  const child = spawn(process.execPath, [join(root, "operate/bundle.cjs"), ...args], { cwd: folder, env });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => {
    stdout += data;
    if (signalAfter?.(stdout)) child.kill("SIGINT");
  });
  child.stderr.on("data", (data) => (stderr += data));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}

function mark(kind: "refuses" | "silent" | "floods", addresses: readonly string[]): void {
  for (const address of addresses) writeFileSync(join(folder, `${address}.${kind}`), "");
}
const unmark = () => {
  for (const { address } of hosts) {
    for (const kind of ["refuses", "silent", "floods"]) rmSync(join(folder, `${address}.${kind}`), { force: true });
  }
};
afterEach(unmark);

test("--json prints one object with the exit code of the program", async () => {
  const { code, stdout } = await run(["--json"]);
  const object = JSON.parse(stdout) as {
    exitCode: number;
    stack: string;
    findings: { level: string; subject: string }[];
  };
  expect([object.stack, object.exitCode]).toEqual(["prod", code]);
  // the name server of this test does not answer
  expect(object.findings.filter(({ level, subject }) => level !== "note" && subject !== "endpoint")).toEqual([]);
});

test("a host with endless output and a silent host are findings", async () => {
  mark("floods", ["192.168.2.151"]);
  mark("silent", ["192.168.2.142"]);
  const { code, stdout } = await run([]);
  expect(code).toBe(1);
  expect(stdout).toContain("k8s-master1 (192.168.2.151) could not be read: printed more than 8000000 bytes");
  expect(stdout).toContain("haproxy-lb2 (192.168.2.142) does not answer");
});

test("no login on any host has exit code 3", async () => {
  mark(
    "refuses",
    hosts.map(({ address }) => address),
  );
  const { code, stdout } = await run([]);
  expect([code, stdout.includes("No host could be read")]).toEqual([3, true]);
});

test.each([
  ["an unknown option", ["--now"], /Unknown option '--now'\nusage:/],
  ["a stack without a configuration", ["--stack", "other"], /The stack other has no configuration/],
])("%s has exit code 3 and a message with what to do", async (_, args, message) => {
  const { code, stderr } = await run(args);
  expect([code, message.test(stderr)]).toEqual([3, true]);
});

test("--watch repeats until Ctrl-C", async () => {
  const { stdout } = await run(["--watch", "1"], (text) => text.split("prod: ").length > 2);
  expect(stdout.split("prod: ").length).toBeGreaterThanOrEqual(3);
});

test("--bundle writes a file for its owner only, without secrets or paths that leave its folder", async () => {
  const { stderr } = await run(["--bundle", "report.tar.gz"]);
  const file = join(folder, "report.tar.gz");
  expect(stderr).toContain("look through it before you send it");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const names = execFileSync("tar", ["-tzf", file], { encoding: "utf8" }).trim().split("\n");
  expect(names).toEqual(
    expect.arrayContaining(
      ["status.txt", "status.json", "Pulumi.prod.yaml", "haproxy-lb1/files/etc/keepalived/keepalived.conf"].map(
        (name) => `kube-control-prod/${name}`,
      ),
    ),
  );
  expect(names.filter((name) => /\.\.|^\//.test(name))).toEqual([]);
  const content = execFileSync("tar", ["-xzOf", file], { encoding: "utf8" });
  expect(content).toContain("[masked]");
  expect(content).not.toMatch(/CANARY|canary-/);
  expect(existsSync(join(folder, "evil"))).toBe(false);
});
