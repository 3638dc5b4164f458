import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { renderScript, type ScriptArgs } from "../../host/script";
import { StandInHosts } from "../stand-ins/hosts";

// prelude.sh, the head of every script, run by bash on a host that is a folder.

const host = "k8s-master1";
let world: StandInHosts;
beforeEach(() => {
  world = new StandInHosts({ [host]: "192.0.2.11" });
});
afterEach(() => world.remove());

async function run(body: string, args: Partial<ScriptArgs> = {}) {
  const script = `create() {\n${body}\n}\n`;
  const rendered = renderScript(host, { step: "a step", timeoutSeconds: 60, lock: false, ...args, script });
  return world.run(await new Promise<string>((resolve) => rendered.apply(resolve)), "create", host);
}
const acrossHosts = readFileSync(join(__dirname, "../../host/across-hosts.sh"), "utf8");
/** The scratch folders that were not removed. */
const leftovers = () => world.list(`hosts/${host}/run`).filter((name) => name.startsWith("kube-control."));
const lines = (text: string) => text.trim().split("\n");

test("a step outputs what it prints with say; a failure adds the log, host, step and exit code", async () => {
  const good = await run("say changed; say 7; echo noise; echo noise >&2");
  expect(good).toMatchObject({ status: 0, stdout: "changed\n7\n", stderr: "" });
  const bad = await run("say changed; for i in {1..40}; do echo line $i; done; (exit 3); say never");
  expect(bad).toMatchObject({ status: 3, stdout: "changed\n" });
  expect(lines(bad.stderr)[0]).toBe("k8s-master1: a step: failed (exit 3). Last lines of output:");
  expect(lines(bad.stderr).slice(1)).toEqual(Array.from({ length: 25 }, (_, i) => `  | line ${i + 16}`));
  expect(leftovers()).toEqual([]);
});

test("a step's scratch files are in /run and readable by root only", async () => {
  world.link("/usr/bin/stat", "bin/stat");
  const { stdout } = await run('say "$(stat -c %a "$kc_dir") $kc_dir"');
  expect(stdout).toMatch(new RegExp(`^700 ${world.path(`hosts/${host}/run/kube-control.`)}[^/]+\n$`));
  expect(leftovers()).toEqual([]);
});

test("beside Pulumi a step's scratch files are in TMPDIR and readable by the user only", async () => {
  world.link("/usr/bin/stat", "bin/stat");
  const text = `${acrossHosts}\ncreate() { say "$(stat -c %a "$kc_dir") $kc_dir"; }\n`;
  const rendered = renderScript("all", { step: "a step", timeoutSeconds: 60, lock: false, script: text });
  const { stdout } = await world.run(await new Promise<string>((resolve) => rendered.apply(resolve)), "create");
  expect(stdout).toMatch(new RegExp(`^700 ${world.path("tmp/kube-control.")}[^/]+\n$`));
  expect(world.list("tmp")).toEqual([]);
});

test.each([
  ["of one line", "a&*[b]\\$'\"/{"],
  ["of several lines", "-----BEGIN KEY-----\nAAAA\nBBBB\n-----END KEY-----"],
])("a secret %s is masked in the output of a failure", async (_, secret) => {
  const { status, stderr } = await run(`echo "the key is $KEY, it was"; fail "wrong key: $KEY"`, {
    secrets: { KEY: secret },
  });
  expect(status).toBe(64);
  for (const line of lines(secret)) expect(stderr).not.toContain(line);
  expect(stderr).toContain("  | the key is [secret], it was\n  | error: wrong key: [secret]\n");
});

test("a secret that begins before the last lines of the log is masked too", async () => {
  const secret = Array.from({ length: 10 }, (_, i) => `SECRET${i}`).join("\n");
  const { stderr } = await run(`echo "$KEY"; for i in {1..20}; do echo line; done; false`, {
    secrets: { KEY: secret },
  });
  expect(stderr).not.toContain("SECRET");
});

test("a step that fails at once prints its error, although its watchdog has not started", async () => {
  const all = await Promise.all(Array.from({ length: 24 }, () => run("fail at once")));
  expect(all.filter((one) => !one.stderr.includes("  | error: at once\n"))).toEqual([]);
});

test("an empty secret masks nothing", async () => {
  expect((await run("fail so it is", { secrets: { KEY: "" } })).stderr).toContain("error: so it is\n");
});

describe("the host's lock", () => {
  const held = `hosts/${host}/run/kube-control/owner`;
  const until = async (file: string) => {
    while (!existsSync(world.path(file))) await pause(20);
  };

  test("lets one step at a time run", async () => {
    world.delete("bin/flock");
    world.write("bin/flock", `#!/bin/bash\necho >>"$WORLD/asked"\nexec /usr/bin/flock "$@"\n`, 0o755);
    // the first step holds the lock until the others wait for it
    const body = `echo begin >>/run/order
      until (($(wc -l <"$WORLD/asked") == 3)); do command sleep 0.02; done
      echo end >>/run/order`;
    const all = await Promise.all([1, 2, 3].map(() => run(body, { lock: true })));
    expect(all.map((one) => one.status)).toEqual([0, 0, 0]);
    expect(lines(world.read(`hosts/${host}/run/order`))).toEqual(["begin", "end", "begin", "end", "begin", "end"]);
  });

  test("is waited for with a time limit, after which the error names its owner", async () => {
    world.delete("bin/flock");
    world.write("bin/flock", `#!/bin/bash\n[[ "$1 $2" == "-w 300" ]] && exec /usr/bin/flock -w 0.2 "$3"\n`, 0o755);
    const first = run("until [[ -e /run/go ]]; do command sleep 0.05; done", { lock: true, step: "first step" });
    await until(held);
    const second = await run("say never", { lock: true });
    world.write(`hosts/${host}/run/go`);
    expect(second).toMatchObject({ status: 75, stdout: "" });
    expect(second.stderr).toMatch(
      /^k8s-master1: a step: another run of kube-control is changing this host: pid \d+, first step, since \d{4}-.*Z\n$/,
    );
    expect((await first).status).toBe(0);
  });

  test("is not needed by a step that changes nothing", async () => {
    const first = run("until [[ -e /run/go ]]; do command sleep 0.05; done", { lock: true });
    await until(held);
    expect((await run("say seen")).stdout).toBe("seen\n");
    world.write(`hosts/${host}/run/go`);
    await first;
  });

  test("is not kept by processes that a step leaves running", async () => {
    await run("command sleep 20 </dev/null >/dev/null 2>&1 3>&- & echo $! >/run/left", { lock: true });
    expect((await run("say in", { lock: true })).stdout).toBe("in\n");
    process.kill(Number(world.read(`hosts/${host}/run/left`)));
  });
});

describe("a step that takes too long", () => {
  const alive = (file: string) => {
    const stat = `/proc/${world.read(`hosts/${host}/run/${file}`).trim()}/stat`;
    // a zombie counts as ended
    return existsSync(stat) && !/\) Z /.test(readFileSync(stat, "utf8"));
  };
  const child = "command sleep 40 & echo $! >/run/child";

  test("is ended with all processes that it started", async () => {
    const { status, stdout, stderr } = await run(`${child}; say begun; wait`, { timeoutSeconds: 1 });
    expect([status, stdout]).toEqual([143, "begun\n"]);
    expect(stderr).toContain("k8s-master1: a step: failed (exit 143).");
    expect(stderr).toContain("error: timed out after 1 s\n");
    expect(alive("child")).toBe(false);
  });

  test("is ended with processes that ignore SIGTERM", async () => {
    world.write("clock");
    const deaf = `/bin/bash -c 'trap "" TERM; echo $$ >/run/deaf; while :; do sleep 0.2; done' 3>&- &`;
    const { status } = await run(`${deaf} ${child}; wait`, { timeoutSeconds: 1 });
    expect(status).toBe(143);
    expect([alive("child"), alive("deaf")]).toEqual([false, false]);
  });
});

describe("apt-get update", () => {
  const update = () => run("apt_update -o Dir::Etc::sourceparts=-");

  test("waits while another process holds the lock of the lists", async () => {
    const stderr = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 77 (apt-get)\n";
    world.order("apt-get", { times: 3, status: 100, stderr });
    const { status, calls } = await update();
    expect([status, calls.length]).toEqual([0, 4]);
    expect(calls[0]).toMatch(/apt-get -o .*DPkg::Lock::Timeout=300 -o Dir::Etc::sourceparts=- update$/);
  });

  test("fails after five minutes if the lock is not released", async () => {
    world.haste = 10;
    world.order("apt-get", { status: 100, stderr: "E: Could not get lock /var/lib/apt/lists/lock\n" });
    const { status, stderr } = await update();
    expect(status).toBe(1);
    expect(stderr).toContain("Could not get lock");
  });

  test("fails at once on any other error", async () => {
    world.order("apt-get", { status: 100, stderr: "E: The repository is not signed.\n" });
    const { status, stderr, calls } = await update();
    expect([status, calls.length]).toEqual([1, 1]);
    expect(stderr).toContain("  | E: The repository is not signed.\n");
  });
});

describe("install_packages", () => {
  const install = () => run("install_packages haproxy kubeadm=1.37.2-1.1");
  const installs = (calls: readonly string[]) =>
    calls.filter((call) => / install /.test(call)).map((call) => call.replace(/.*recommends/, ""));

  test("installs packages that are missing or have another version, and nothing else", async () => {
    world.order("dpkg-query.* haproxy$", { stdout: "ii 2.6.12-1" });
    world.order("dpkg-query.* kubeadm$", { times: 2, stdout: "hi 1.33.0-1.1" });
    const { stdout, calls } = await install();
    expect(stdout).toBe("installed kubeadm=1.37.2-1.1\n");
    expect(installs(calls)).toEqual([" --no-remove --allow-change-held-packages kubeadm=1.37.2-1.1"]);
    world.order("dpkg-query.* kubeadm$", { stdout: "hi 1.37.2-1.1" });
    expect(installs((await install()).calls)).toEqual([]);
  });

  const order = (calls: readonly string[]) =>
    calls
      .flatMap((call) => /apt-get .*(?:install|update)|dpkg .*--configure/.exec(call) ?? [])
      .map((call) => call.replace(/^.* (install|update|--configure).*$/, "$1"));

  test("after a failure it completes dpkg's run, updates the lists, and tries again", async () => {
    world.order("apt-get.* install", { times: 1, status: 100, stderr: "E: dpkg was interrupted\n" });
    const { status, stdout, calls } = await install();
    expect([status, stdout]).toEqual([0, "installed haproxy kubeadm=1.37.2-1.1\n"]);
    expect(order(calls)).toEqual(["install", "--configure", "update", "install"]);
    expect(calls.find((call) => call.includes("--configure"))).toContain("--force-confdef --force-confold");
  });

  test("installs although one of the host's package sources cannot be read", async () => {
    world.order("apt-get.* install", { times: 1, status: 100 });
    world.order("apt-get.* update", { status: 100, stderr: "E: The repository of somebody is not signed.\n" });
    expect((await install()).status).toBe(0);
  });

  test("fails with apt's messages if the second attempt fails", async () => {
    const stderr = "E: Packages need to be removed but remove is disabled.\n";
    world.order("apt-get.* install", { status: 100, stderr });
    const failed = await install();
    expect([failed.status, failed.stdout]).toEqual([64, ""]);
    expect(failed.stderr).toContain(`  | ${stderr}`);
    expect(failed.stderr).toContain(
      "error: apt-get cannot install haproxy kubeadm=1.37.2-1.1 (its messages are above)",
    );
  });

  test.each(["iU", "iF", "iH"])("installs a package again whose installation was interrupted: %s", async (state) => {
    world.order("dpkg-query.* haproxy$", { stdout: `${state} 2.6.12-1` });
    world.order("dpkg-query.* kubeadm$", { stdout: "hi 1.37.2-1.1" });
    expect((await install()).stdout).toBe("installed haproxy\n");
  });
});

test("a held package may be changed only if it is in the list", async () => {
  const changes = (calls: readonly string[]) => calls.filter((call) => call.includes("--allow-change-held-packages"));
  expect(changes((await run("install_packages haproxy")).calls)).toEqual([]);
  world.order("dpkg-query.* haproxy$", { stdout: "hi 2.6.12-1" });
  expect(changes((await run("install_packages haproxy=3.0.11-1")).calls)).toHaveLength(1);
});

describe("holds of packages", () => {
  const held = `hosts/${host}/var/lib/kube-control/held`;
  const marks = (calls: readonly string[]) => calls.filter((call) => call.includes("apt-mark"));

  test("are set on installed packages that are not held, noted, and released once", async () => {
    world.order("dpkg-query.* haproxy$", { stdout: "ii 2.6.12-1" });
    world.order("dpkg-query.* keepalived$", { stdout: "hi 2.2.7-1" });
    const hold = await run("hold_packages haproxy keepalived docker.io");
    expect([hold.stdout, marks(hold.calls)]).toEqual(["held haproxy\n", [`${host}: apt-mark hold haproxy`]]);
    expect(world.list(held)).toEqual(["haproxy"]);
    const release = () => run("release_packages haproxy keepalived docker.io");
    expect(marks((await release()).calls)).toEqual([`${host}: apt-mark unhold haproxy`]);
    expect(marks((await release()).calls)).toEqual([]);
    expect(world.exists(`hosts/${host}/var/lib/kube-control`)).toBe(false);
  });

  test("wait while another process holds dpkg's lock", async () => {
    world.order("dpkg-query.* haproxy$", { stdout: "ii 2.6.12-1" });
    const stderr = "dpkg: error: dpkg frontend lock was locked by another process with pid 7\n";
    world.order("apt-mark hold", { times: 2, status: 100, stderr });
    const { status, calls } = await run("hold_packages haproxy");
    expect([status, marks(calls)]).toEqual([0, Array<string>(3).fill(`${host}: apt-mark hold haproxy`)]);
    world.order("apt-mark hold", { status: 100, stderr: "E: Unable to locate package\n" });
    expect((await run("hold_packages haproxy")).status).toBe(1);
  });

  test("are released without removing the notes of other roles", async () => {
    world.write(`hosts/${host}/var/lib/kube-control/load-balancer/owner`, "cluster x\n");
    world.write(`${held}/containerd`);
    world.write(`${held}/haproxy`);
    await run("release_packages containerd");
    expect(world.list(held)).toEqual(["haproxy"]);
    expect(world.exists(`hosts/${host}/var/lib/kube-control/load-balancer/owner`)).toBe(true);
  });
});

test("write_file replaces a file that differs, keeps the mode, and reports it once", async () => {
  const write = () =>
    run(`write_file /etc/some/file 0600 "$TEXT"; changed /etc/some/file && say changed`, {
      variables: { TEXT: "a\n\n%s" },
    });
  const file = `hosts/${host}/etc/some/file`;
  expect((await write()).stdout).toMatch(/^wrote .*\/etc\/some\/file\nchanged\n$/);
  expect([world.read(file), world.mode(file)]).toEqual(["a\n\n%s", 0o600]);
  const again = await write();
  expect([again.status, again.stdout]).toEqual([1, ""]);
  expect(world.list(`hosts/${host}/etc/some`)).toEqual(["file"]);
});

test("a strict umask of the user does not change the modes of written files", async () => {
  const script = "create() { write_file /etc/some/file 0644 text; }\n";
  const rendered = renderScript(host, { step: "a step", lock: false, script });
  const text = await new Promise<string>((resolve) => rendered.apply(resolve));
  expect((await world.run(`umask 077\n${text}`, "create", host)).status).toBe(0);
  expect([world.mode(`hosts/${host}/etc/some`), world.mode(`hosts/${host}/etc/some/file`)]).toEqual([0o755, 0o644]);
});

test("if the scratch folder cannot be made, the step fails with mktemp's error", async () => {
  world.delete("bin/mktemp");
  const said = "mktemp: failed to create directory via template '/tmp/tmp.XXXXXXXXXX': No space left on device";
  world.write("bin/mktemp", `#!/bin/bash\necho "${said}" >&2\nexit 1\n`, 0o755);
  const { status, stderr } = await run("say never");
  expect([status, stderr]).toEqual([1, `${said}\n`]);
});

test("wait_until retries until success, or fails with the last output", async () => {
  world.order("nft", { times: 3, status: 1, stderr: "not yet\n" });
  expect((await run("wait_until 60 'the rules' nft list; say there")).stdout).toBe("there\n");
  world.order("nft", { status: 1, stderr: "never\n" });
  const { status, stderr } = await run("wait_until 20 'the rules' nft list");
  expect(status).toBe(64);
  expect(stderr).toContain("error: waited 20 s for the rules; last seen: never\n");
});
