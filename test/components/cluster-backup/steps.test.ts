import { ClusterBackup } from "../../../components/cluster-backup";
import { whereIs } from "../../../lab/machine/apt";
import { StandInHosts } from "../../stand-ins/hosts";
import { hostAt, registered } from "../registered";
import { revealed } from "../../recorder";
import { recipient } from "./masters";

// The real scripts of the steps, run by bash on hosts that are folders; see test/stand-ins/README.md.

const [master, monitor] = ["k8s-master1", "monitor"] as const;
const addresses = { [master]: "192.0.2.11", [monitor]: "192.0.2.60" };
const folder = `hosts/${master}/var/lib/kube-control`;

let texts: Record<string, string>;
let world: StandInHosts;

beforeAll(async () => {
  const recorded = await registered(
    () =>
      new ClusterBackup("backup", {
        masters: [hostAt(master, addresses[master])],
        cluster: "kube-control.example.com:6443",
        recipients: [recipient],
        copyTo: hostAt(monitor, addresses[monitor]),
      }),
  );
  texts = Object.fromEntries(
    [...recorded.values()].map(({ name, inputs }) => [
      name,
      String(revealed(inputs.stdin ?? inputs.checks?.[0]?.text)),
    ]),
  );
});

/** A result that the program writes. */
const result = (changes: object) => JSON.stringify({ format: 1, result: "ok", archive: `${master}-x`, ...changes });

beforeEach(() => {
  world = new StandInHosts(addresses);
  for (const tool of ["ssh-keygen", "stat"]) world.link(whereIs(tool) ?? tool, `bin/${tool}`);
  for (const tool of ["useradd", "userdel"]) world.write(`bin/${tool}`, note(tool), 0o755);
  world.write("bin/chown", note("chown"), 0o755);
  world.write(
    "bin/systemctl",
    `${note("systemctl")}
case $* in
  'start kube-control-backup.service')
    [[ ! -e $WORLD/next-result ]] || cp "$WORLD/next-result" "$WORLD/hosts/$AT/var/lib/kube-control/backups/last.json"
    [[ ! -e $WORLD/run-fails ]] ;;
  is-active*) cat "$WORLD/timer" 2>/dev/null || echo active ;;
  is-enabled*) echo enabled ;;
esac
`,
    0o755,
  );
  world.order("dpkg-query", { stdout: "ii 1.2.1" });
  world.write(`${folder}/backups/.keep`);
});
afterEach(() => world.remove());

const note = (tool: string) => `#!/bin/bash\nprintf '%s\\n' "$AT: ${tool} $*" >>"$WORLD/calls"\n`;
const run = (step: string, host: string, phase: "create" | "check" = "create") =>
  world.run(texts[step] ?? "", phase, host);

describe("the key of a master", () => {
  const made = () => run(`backup-${master}-key`, master);

  test("is made once, for root only, and its public part is the output", async () => {
    const first = await made();
    expect([first.status, first.stderr]).toEqual([0, ""]);
    expect(world.mode(`${folder}/backup-key`)).toBe(0o600);
    const lines = first.stdout.trim().split("\n");
    expect(lines.at(-1)).toMatch(/^ssh-ed25519 \S+$/);
    expect((await made()).stdout.trim()).toBe(lines.at(-1));
    expect(first.stdout).not.toContain("PRIVATE KEY");
    expect(world.list(folder).sort()).toEqual(["backup-key", "backups"]);
  });

  test("is made again if an earlier run was killed before it was complete", async () => {
    world.write(`${folder}/backup-key.new`, "half");
    expect((await made()).status).toBe(0);
    expect(world.read(`${folder}/backup-key`)).toContain("BEGIN OPENSSH PRIVATE KEY");
  });
});

describe("the set-up of a master", () => {
  const setUp = () => run(`backup-${master}`, master);

  test("writes the files, starts the timer and makes the first archive", async () => {
    world.write("next-result", result({}));
    const { status, stdout, stderr, calls } = await setUp();
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`made the first archive of ${master}`);
    expect(calls.filter((call) => call.includes("systemctl"))).toEqual(
      [
        "daemon-reload",
        "enable --quiet kube-control-backup.timer",
        "restart kube-control-backup.timer",
        "start kube-control-backup.service",
      ].map((call) => `${master}: systemctl ${call}`),
    );
    expect(world.read(`${folder}/backup-known-hosts`)).toBe("192.0.2.60 ssh-ed25519 AAAA\n");
    expect(world.mode(`hosts/${master}/usr/local/sbin/kube-control-backup`)).toBe(0o755);
  });

  test("makes no archive if the last run succeeded", async () => {
    world.write(`${folder}/backups/last.json`, result({}));
    expect((await setUp()).calls.join("\n")).not.toContain("start kube-control-backup.service");
  });

  test("succeeds if only the copy failed: the other host may be down", async () => {
    world.write("next-result", result({ result: "failed", message: "no route" }));
    world.write("run-fails");
    const { status, stdout } = await setUp();
    expect(status).toBe(0);
    expect(stdout).toContain("but it was not copied to the other host");
  });

  test.each([
    ["the run made no archive", result({ result: "failed", archive: "" })],
    ["the run wrote no result", undefined],
  ])("fails if %s, although there are archives of an earlier cluster", async (_what, text) => {
    world.write(`${folder}/backups/${master}-20251101T000000Z.tar.age`, "old");
    world.write("run-fails");
    if (text !== undefined) world.write("next-result", text);
    world.order("journalctl", { stdout: "error: etcd does not run on this host\n" });
    const { status, stderr } = await setUp();
    expect(status).toBe(64);
    expect(stderr).toContain("error: etcd does not run on this host");
    expect(stderr).toContain("kube-control-backup.service made no archive");
  });
});

describe("the check of a master", () => {
  const check = () => run(`backup-${master}-state`, master, "check");

  test("finds a stopped timer, a changed unit and a missing key", async () => {
    world.write("next-result", result({}));
    await run(`backup-${master}`, master);
    world.write("timer", "inactive\n");
    const unit = `hosts/${master}/etc/systemd/system/kube-control-backup.timer`;
    world.write(unit, world.read(unit).replace("Persistent=true", "Persistent=false"));
    const { status, stdout } = await check();
    expect(status).toBe(0);
    expect(stdout).toContain("differs kube-control-backup.timer: is inactive, expected active");
    expect(stdout).toMatch(/differs \S+kube-control-backup\.timer: has other content/);
    expect(stdout).toMatch(/differs \S+backup-key: is missing/);
  });
});

describe("the host of the copies", () => {
  const prepare = () => run(`backup-copies-${monitor}`, monitor);
  const at = `hosts/${monitor}/var/lib/kube-control/backups`;

  test("gets a user without a password, its folders, and the keys that only root can change", async () => {
    const { status, stderr, calls } = await prepare();
    expect([status, stderr]).toEqual([0, ""]);
    const [add = ""] = calls.filter((call) => call.includes("useradd"));
    expect(add).toMatch(/--system .*--shell \/bin\/sh --password \* kube-control-backup$/);
    expect(world.mode(at)).toBe(0o755);
    expect(world.mode(`${at}/${master}`)).toBe(0o700);
    expect(world.mode(`${at}/latest`)).toBe(0o755);
    expect([world.mode(`${at}/.ssh`), world.mode(`${at}/.ssh/authorized_keys`)]).toEqual([0o755, 0o644]);
    const owners = calls.filter((call) => call.includes("chown")).map((call) => call.replace(world.world, ""));
    expect(owners.map((call) => call.replace(/.*chown (\S+) .*\/backups/, "$1 "))).toEqual([
      "root:root ",
      "root:root /.ssh",
      "kube-control-backup:kube-control-backup /latest",
      `kube-control-backup:kube-control-backup /${master}`,
    ]);
  });

  test("gives the user archives of an earlier set-up and of a former master", async () => {
    for (const name of [master, "k8s-master9"]) world.write(`${at}/${name}/${name}-20251101T000000Z.tar.age`, "old");
    world.write(`${at}/other/file`, "not an archive");
    const { calls } = await prepare();
    const given = calls.filter((call) => call.includes("chown -R"));
    expect(given.map((call) => call.replace(/.*chown -R (\S+) .*\/backups/, "$1 "))).toEqual([
      `kube-control-backup:kube-control-backup /${master}/`,
      "kube-control-backup:kube-control-backup /k8s-master9/",
    ]);
  });

  test("keeps the user if it exists", async () => {
    world.order("getent passwd", { stdout: "kube-control-backup:x:999:999::/:/bin/sh\n" });
    await prepare();
    expect((await prepare()).calls.join("\n")).not.toContain("useradd");
  });
});
