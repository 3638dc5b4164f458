import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ClusterBackup } from "../../../components/cluster-backup";
import { StandInHosts } from "../../stand-ins/hosts";
import { revealed } from "../../recorder";
import { hostAt, registered } from "../registered";
import { cluster, node as master, recipient } from "./masters";

// The real scripts of the steps, run by bash on hosts that are folders; see test/stand-ins/README.md. The set-up of the same component
// writes what is removed.

const monitor = "monitor";
const addresses = { [master]: "192.0.2.11", [monitor]: "192.0.2.60" };
const other = "other.example.com:6443";
const archive = `${master}-20261101T000000Z.tar.age`;
const user = { stdout: "kube-control-backup:x:999:999::/:/bin/sh\n" };

/** The scripts of the component's steps, by the step's name and the cluster. */
const texts = new Map<string, string>();
let world: StandInHosts;

beforeAll(async () => {
  for (const stack of [cluster, other]) {
    const recorded = await registered(
      () =>
        new ClusterBackup("backup", {
          masters: [hostAt(master, addresses[master])],
          cluster: stack,
          recipients: [recipient],
          copyTo: hostAt(monitor, addresses[monitor]),
        }),
    );
    for (const { name, inputs } of recorded.values()) texts.set(`${name} ${stack}`, String(revealed(inputs.stdin)));
  }
});

beforeEach(() => {
  world = new StandInHosts(addresses);
  world.haste = 5;
  for (const tool of ["chown", "useradd", "userdel"]) {
    world.link(join(__dirname, "../../stand-ins/tool.sh"), `bin/${tool}`);
  }
  world.order("dpkg-query", { stdout: "ii 1.2.1" });
});
afterEach(() => world.remove());

const key = `hosts/${master}/var/lib/kube-control/backup-key`;
const backups = (host: string) => `hosts/${host}/var/lib/kube-control/backups`;

/** Sets the host up for a cluster, with an archive in its folder. */
async function setUp(host: string, stack = cluster): Promise<void> {
  if (host === master) {
    world.write(`${backups(host)}/last.json`, '{"result":"ok"}');
    world.write(key, "PRIVATE KEY");
  }
  const step = host === master ? `backup-${master}` : `backup-copies-${monitor}`;
  const { status, stderr } = await world.run(texts.get(`${step} ${stack}`) ?? "", "create", host);
  expect([status, stderr]).toEqual([0, ""]);
  world.write(`${backups(host)}/${host === master ? "" : `${master}/`}${archive}`, "archive");
}

const removal = (host: string) => (host === master ? `backup-${master}-removal` : `backup-copies-removal-${monitor}`);
const run = (host: string, phase: "create" | "delete" = "delete") =>
  world.run(texts.get(`${removal(host)} ${cluster}`) ?? "", phase);

/** The files of a host and their contents, except those in /run. */
function filesOf(host: string): Record<string, string> {
  const root = world.path(`hosts/${host}`);
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const stored = files.map((file) => [file.slice(root.length + 1), readFileSync(file, "utf8")] as const);
  return Object.fromEntries(stored.filter(([file]) => !file.startsWith("run/")));
}
const changes = (calls: readonly string[]) => calls.filter((call) => /: (systemctl|userdel|chown) /.test(call));

describe.each([
  [master, "sudo systemctl disable --now kube-control-backup.timer"],
  [monitor, "/var/lib/kube-control/backups/.ssh"],
])("the removal from %s", (host, remedy) => {
  test("changes nothing and connects to no host when its step is created", async () => {
    await setUp(host);
    const before = filesOf(host);
    const { status, stderr, calls } = await run(host, "create");
    expect([status, stderr, calls]).toEqual([0, "", [""]]);
    expect(filesOf(host)).toEqual(before);
  });

  test("leaves only the archives, and a second run changes nothing more", async () => {
    await setUp(host);
    const first = await run(host);
    expect([first.status, first.stderr]).toEqual([0, ""]);
    const left = filesOf(host);
    expect(Object.keys(left)).toEqual([
      expect.stringMatching(new RegExp(`backups/.*${archive.replaceAll(".", "\\.")}$`)),
    ]);
    // systemd does not know the units any more
    world.order("systemctl (disable|stop)", { status: 1, stderr: "Unit kube-control-backup.timer does not exist\n" });
    const second = await run(host);
    expect([second.status, second.stderr]).toEqual([0, ""]);
    expect(filesOf(host)).toEqual(left);
  });

  test("does not touch what another stack has set up there", async () => {
    await setUp(host, other);
    world.order("getent passwd", user);
    const before = filesOf(host);
    const { status, stdout, calls } = await run(host);
    expect([status, changes(calls)]).toEqual([0, []]);
    expect(stdout).toMatch(/^this host was not changed: /);
    expect(filesOf(host)).toEqual(before);
  });

  test("succeeds if the host does not answer, and says what to do there", async () => {
    await setUp(host);
    const before = filesOf(host);
    world.order(`ssh ${host}:`, { status: 255, stderr: "ssh: connect to host port 22: Connection timed out\n" });
    const { status, stdout, stderr } = await run(host);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(new RegExp(`^${host} does not answer: `));
    expect(stdout).toContain(remedy);
    expect(filesOf(host)).toEqual(before);
  });

  test("fails if the host refuses the login: it is not down", async () => {
    world.order(`ssh ${host}:`, { status: 255, stderr: "ops@host: Permission denied (publickey).\n" });
    const { status, stderr } = await run(host);
    expect([status, stderr]).toEqual([64, expect.stringContaining("Permission denied (publickey)")]);
  });
});

test("on a master, timer and running backup are stopped before their units are removed", async () => {
  await setUp(master);
  expect(changes((await run(master)).calls)).toEqual(
    ["disable --quiet --now kube-control-backup.timer", "stop kube-control-backup.service", "daemon-reload"].map(
      (call) => `${master}: systemctl ${call}`,
    ),
  );
});

test("the key of a set-up that failed before it wrote the units is removed", async () => {
  world.write(key, "PRIVATE KEY");
  expect((await run(master)).status).toBe(0);
  expect(filesOf(master)).toEqual({});
});

describe("on the host of the copies, the user of the keys", () => {
  test("is removed after root owns the copies", async () => {
    await setUp(monitor);
    world.order("getent passwd", user);
    expect(changes((await run(monitor)).calls)).toEqual([
      `${monitor}: chown -R root:root ${world.path(backups(monitor))}`,
      `${monitor}: userdel kube-control-backup`,
    ]);
  });

  test("may stay: the step says so and succeeds", async () => {
    await setUp(monitor);
    world.order("getent passwd", user);
    world.order("userdel", {
      status: 8,
      stderr: "userdel: user kube-control-backup is currently used by process 4711\n",
    });
    const { status, stdout } = await run(monitor);
    expect(status).toBe(0);
    expect(stdout).toContain("the user kube-control-backup stays: userdel failed\n");
    expect(world.exists(`${backups(monitor)}/.ssh`)).toBe(false);
  });
});
