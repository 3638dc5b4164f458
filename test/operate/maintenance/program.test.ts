import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { goodStack, root } from "../../settings/stack";
import { hosts } from "../views";

// Runs the committed bundle as `npm run maintain` does, with a script in place of ssh. It answers the survey of a host with
// ADDRESS.facts, and records the functions that would run on a host.

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-control-maintain-"));
  mkdirSync(join(folder, "bin"));
  const ssh = `#!/bin/bash
command=\${@: -1} login=\${@: -2:1} script=$(cat)
mark=$(sed -n "s/.*echo \\(@kube-control-[0-9a-f]*\\) begins.*/\\1/p" <<<"$command")
address=\${login#*@} last=\${script##*$'\\n'}
[[ ! -e ${folder}/$address.silent ]] || { echo "connect to host $address port 22: Connection timed out" >&2; exit 255; }
status=0
echo "$mark begins"
case $last in
  survey) cat "${folder}/$address.facts" ;;
  *) echo "$address $last" >>"${folder}/calls"
     if [[ -e ${folder}/$address.waits ]]; then echo "$PPID" >"${folder}/waiting"; exec sleep 60; fi
     if [[ -e ${folder}/$address.fails ]]; then echo "error: broken" >&2; status=64; fi ;;
esac
printf '\\n%s ends %s\\n' "$mark" "$status"
exit "$status"
`;
  writeFileSync(join(folder, "bin/ssh"), ssh, { mode: 0o755 });
  const config = Object.fromEntries(
    Object.entries(goodStack()).map(([key, value]) => [`kube-control:${key}`, value as unknown]),
  );
  writeFileSync(join(folder, "Pulumi.yaml"), readFileSync(join(root, "Pulumi.yaml")));
  writeFileSync(join(folder, "Pulumi.prod.yaml"), stringify({ config }));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  for (const { name, address } of hosts) {
    const facts = ["lists-age 5", `holds ${name === "haproxy-lb1" ? "yes" : "no"}`, "complete yes"];
    writeFileSync(join(folder, `${address}.facts`), facts.join("\n"));
    for (const kind of ["silent", "fails"]) rmSync(join(folder, `${address}.${kind}`), { force: true });
  }
  rmSync(join(folder, "calls"), { force: true });
});

const addressOf = (name: string) => hosts.find((host) => host.name === name)?.address ?? "";
const withUpdate = (...names: readonly string[]) => {
  for (const name of names) {
    const facts = ["update openssl 3.5.1-1 3.5.1-2 security free", "holds no", "complete yes"];
    writeFileSync(join(folder, `${addressOf(name)}.facts`), facts.join("\n"));
  }
};
const calls = () => (existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8") : "");

function run(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = {
    ...process.env,
    PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
    PULUMI_STACK: "prod",
  };
  const child = spawn(process.execPath, [join(root, "operate/bundle.cjs"), "maintain", ...args], { cwd: folder, env });
  child.stdin.end();
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}

test("without work, the exit code is 0, and no host is changed", async () => {
  const { code, stdout } = await run("--yes");
  expect([code, calls()]).toEqual([0, ""]);
  expect(stdout).toContain("Nothing is left to do.");
});

test.each([
  ["--preview", ["--preview"], "Nothing was changed."],
  ["no terminal and no --yes", [], "pass --yes"],
])("with %s, the exit code is 3, and no host is changed", async (_, args, message) => {
  withUpdate("k8s-master1");
  const { code, stdout } = await run(...args);
  expect([code, calls(), stdout.includes(message)]).toEqual([3, "", true]);
  expect(stdout).toContain("1 package, security updates: 1: openssl 3.5.1-2");
});

test("a host that does not answer is refused before any host is changed", async () => {
  withUpdate("k8s-master1");
  writeFileSync(join(folder, `${addressOf("k8s-master3")}.silent`), "");
  const { code, stderr } = await run("--yes");
  expect([code, calls()]).toEqual([2, ""]);
  expect(stderr).toContain(`k8s-master3 (${addressOf("k8s-master3")})`);
});

test("a host that does not answer and is not named with --host does not stop the maintenance", async () => {
  writeFileSync(join(folder, `${addressOf("k8s-master3")}.silent`), "");
  expect(await run("--host", "monitor", "--yes")).toMatchObject({ code: 0 });
});

test.each([
  ["an unknown host", ["--host", "k8s-master9"], /k8s-master9 is not a host of this stack/],
  ["an unknown option", ["--now"], /Unknown option '--now'/],
])("%s is refused", async (_, args, message) => {
  const { code, stderr } = await run(...args);
  expect([code, message.test(stderr), calls()]).toEqual([2, true, ""]);
});

test("the first failure ends the maintenance, and names the hosts that were not changed", async () => {
  withUpdate("monitor", "k8s-master1", "k8s-master2");
  writeFileSync(join(folder, `${addressOf("k8s-master1")}.fails`), "");
  const { code, stdout } = await run("--yes");
  expect(code).toBe(1);
  expect(stdout).toMatch(/k8s-master1 failed after .*Not changed: k8s-master2, monitor\. The same command continues\./);
  expect(calls()).not.toContain(addressOf("k8s-master2"));
});

test("--json prints one object on standard output", async () => {
  withUpdate("monitor");
  const { code, stdout, stderr } = await run("--json", "--yes");
  const report = JSON.parse(stdout) as {
    exitCode: number;
    order: string[];
    hosts: { name: string; result: unknown }[];
  };
  expect([code, report.exitCode, report.order]).toEqual([0, 0, ["monitor"]]);
  expect(report.hosts.find(({ name }) => name === "monitor")?.result).toMatchObject({ ok: true });
  expect(stderr).toContain("monitor (1 of 1)");
});

test("--reboot always requests a reboot of each host first, and removes the requests at the end", async () => {
  const { code } = await run("--host", "monitor", "--reboot", "always", "--yes");
  const said = calls().trim().split("\n");
  expect(code).toBe(0);
  expect(said[0]).toMatch(new RegExp(`^${addressOf("monitor")} request_reboot run-\\d+$`));
  expect(said.at(-1)).toBe(`${addressOf("monitor")} clear_reboot_request`);
});

test("a killed maintenance does not continue on its host", async () => {
  withUpdate("monitor");
  writeFileSync(join(folder, `${addressOf("monitor")}.waits`), "");
  const env = { ...process.env, PATH: `${join(folder, "bin")}:${process.env["PATH"]}`, PULUMI_STACK: "prod" };
  const child = spawn(process.execPath, [join(root, "operate/bundle.cjs"), "maintain", "--yes"], { cwd: folder, env });
  await until(() => existsSync(join(folder, "waiting")));
  const script = Number(readFileSync(join(folder, "waiting"), "utf8"));
  const processes = descendantsOf(child.pid ?? 0);
  expect(processes).toContain(script);
  child.kill("SIGKILL");
  // its time limit, too, is a process
  await until(() => !processes.some((pid) => existsSync(`/proc/${pid}`)));
  rmSync(join(folder, `${addressOf("monitor")}.waits`));
});

/** The processes below a process. */
function descendantsOf(parent: number): number[] {
  const lines = execFileSync("ps", ["-e", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const all = lines.map((line) => line.trim().split(/\s+/).map(Number));
  const below = (pid: number): number[] =>
    all.filter(([, of]) => of === pid).flatMap(([child = 0]) => [child, ...below(child)]);
  return below(parent);
}

/** Waits for at most ten seconds. */
async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 100) throw new Error("the condition was not met within ten seconds");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
