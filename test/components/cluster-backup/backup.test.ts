import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cluster, Masters, node, recipient } from "./masters";

// The real programs, run by bash; see masters.ts.

const folder = "var/lib/kube-control/backups";
let host: Masters;
beforeEach(() => (host = new Masters()));
afterEach(() => host.remove());

/** The files of an archive of the fake age, by their paths. */
function contentOf(path: string): Record<string, string> {
  const text = readFileSync(path, "utf8");
  const tar = Buffer.from(text.split("\n").slice(2).join(""), "base64");
  const out = mkdtempSync(join(tmpdir(), "kube-control-archive-"));
  expect(spawnSync("tar", ["-x", "-C", out], { input: tar }).status).toBe(0);
  const names = readdirSync(out, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(join(out, name)).isFile()).sort();
  const found = Object.fromEntries(files.map((name) => [name, readFileSync(join(out, name), "utf8")]));
  rmSync(out, { recursive: true });
  return found;
}

/** What a run may leave besides archives. */
const leftIn = (path: string) => readdirSync(join(host.root, path)).filter((name) => !name.endsWith(".age")).sort(); // prettier-ignore

async function onceMore() {
  // two runs in one second would make archives of the same name
  await new Promise((resolve) => setTimeout(resolve, 1000 - (Date.now() % 1000)));
  return host.backUp();
}

test("an archive has all that a rebuild needs, and a copy of it is on the other host", async () => {
  const run = await host.backUp();
  expect([run.status, run.stderr]).toEqual([0, ""]);
  const [archive = ""] = host.archives();
  expect(archive).toMatch(/^k8s-master1-\d{8}T\d{6}Z\.tar\.age$/);
  const content = contentOf(join(host.root, folder, archive));
  expect(Object.keys(content)).toEqual([
    "about.json",
    "etcd.db",
    "kube-control/audit-policy-12345678.yaml",
    "kubeadm.yaml",
    ...["pki/ca.crt", "pki/ca.key", "pki/encryption-at-rest.yaml", "pki/etcd/ca.crt", "pki/etcd/ca.key"],
    ...["pki/front-proxy-ca.crt", "pki/front-proxy-ca.key", "pki/sa.key", "pki/sa.pub"],
  ]);
  expect(content).toMatchObject({
    "etcd.db": "SNAPSHOT-CANARY of etcd",
    "pki/etcd/ca.key": "CANARY etcd/ca.key\n",
    "kubeadm.yaml": "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n",
  });
  const { sizes, time, ...about } = JSON.parse(content["about.json"] ?? "") as Record<string, unknown>;
  expect(about).toEqual({
    ...{ format: 1, cluster, node, kubernetes: "v1.37.2", etcdImage: "registry.k8s.io/etcd:3.7.0-0" },
    ...{ revision: 77, hash: 1234 },
  });
  const lengths = Object.entries(content).filter(([name]) => name !== "about.json");
  expect(sizes).toEqual(Object.fromEntries(lengths.map(([name, text]) => [name, text.length])));
  expect(archive).toBe(`${node}-${String(time).replaceAll(/[-:]/g, "")}.tar.age`);

  expect(host.copied()).toEqual([archive]);
  expect(readFileSync(join(host.copies, archive))).toEqual(readFileSync(join(host.root, folder, archive)));
  expect(host.lastResult()).toMatchObject({
    format: 1,
    result: "ok",
    archive,
    revision: 77,
    copied: true,
    message: "",
  });
});

test("no plain text stays on the disk, and the archive is for root and the recipient only", async () => {
  await host.backUp();
  const [archive = ""] = host.archives();
  expect(statSync(join(host.root, folder, archive)).mode & 0o777).toBe(0o600);
  expect(statSync(join(host.root, folder)).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(host.root, folder, archive), "utf8")).toContain(`X25519 -r ${recipient}\n`);
  expect(leftIn("var/lib/etcd")).toEqual(["member"]);
  expect(leftIn("run")).toEqual([]);
  expect(leftIn(folder)).toEqual([".lock", "kubeadm.yaml", "last.json"]);
});

describe.each([
  ["etcd makes no snapshot", "no-snapshot", "etcd made no snapshot"],
  ["etcdutl refuses the snapshot", "damaged", "the snapshot is not valid"],
  ["etcd does not run", "no-etcd", "etcd does not run on this host"],
  ["age fails", "no-age", "the archive was not written"],
  ["no API server answers, and none did before", "no-api", "no API server returned kubeadm's configuration"],
  ["the disk is nearly full", "full", "MiB free, and a backup needs"],
])("if %s", (_what, fault, message) => {
  test("the run fails, leaves nothing, and says why", async () => {
    host.write(fault);
    const run = await host.backUp();
    expect(run.status).toBe(1);
    expect(run.stderr).toContain(`error: ${host.lastResult()["message"] as string}`);
    expect(host.lastResult()).toMatchObject({ result: "failed", archive: "", copied: false });
    expect(host.lastResult()["message"]).toContain(message);
    expect([host.archives(), host.copied()]).toEqual([[], []]);
    expect(leftIn("var/lib/etcd")).toEqual(["member"]);
    expect(leftIn("run")).toEqual([]);
    expect(leftIn(folder).filter((name) => name !== "kubeadm.yaml")).toEqual([".lock", "last.json"]);
  });
});

test("a missing key of an authority fails the run", async () => {
  host.remove("etc/kubernetes/pki/sa.key");
  expect((await host.backUp()).status).toBe(1);
  expect(host.lastResult()["message"]).toMatch(/pki\/sa\.key is missing/);
  expect(host.archives()).toEqual([]);
});

test("if no API server answers, the configuration of the last run is used", async () => {
  await host.backUp();
  host.write("no-api");
  const run = await onceMore();
  expect(run.status).toBe(0);
  expect(run.stdout).toContain("no API server returned kubeadm's configuration: the archive has that of");
  const [, archive = ""] = host.archives();
  expect(contentOf(join(host.root, folder, archive))["kubeadm.yaml"]).toContain("kind: ClusterConfiguration");
});

test.each([
  ["during the snapshot", "keys-change"],
  ["after it", "keys-change-late"],
])("keys that change %s are read again, with another snapshot", async (_when, change) => {
  host.write(change);
  const run = await host.backUp();
  expect(run.status).toBe(0);
  expect(host.calls().filter((call) => call.includes("snapshot save"))).toHaveLength(2);
  const [archive = ""] = host.archives();
  expect(contentOf(join(host.root, folder, archive))["pki/encryption-at-rest.yaml"]).toBe("new key\n");
  expect(leftIn(folder)).toEqual([".lock", "kubeadm.yaml", "last.json"]);
});

test("a cluster without encryption has no file with keys", async () => {
  host.remove("etc/kubernetes/pki/encryption-at-rest.yaml");
  expect((await host.backUp()).status).toBe(0);
  const [archive = ""] = host.archives();
  expect(Object.keys(contentOf(join(host.root, folder, archive)))).not.toContain("pki/encryption-at-rest.yaml");
});

test("only the newest archives of this node stay, on either host", async () => {
  const old = [1, 2, 3].map((day) => `${node}-2025110${day}T000000Z.tar.age`);
  const others = [
    "k8s-master2-20251101T000000Z.tar.age",
    `${node}-20251101T000000Z.tar.age.bak`,
    `${node}-notes.tar.age`,
  ];
  for (const name of [...old, ...others]) host.write(`${folder}/${name}`, `age-encryption.org/v1\n${name}`);
  const run = await host.backUp();
  expect([run.status, run.stderr]).toEqual([0, ""]);
  const stayed = host.archives().filter((name) => !others.includes(name));
  expect(stayed.slice(0, 2)).toEqual(old.slice(1));
  expect(stayed).toHaveLength(3);
  expect(others.filter((name) => !host.exists(`${folder}/${name}`))).toEqual([]);
  expect(host.copied()).toEqual(stayed);
});

describe("if the other host does not answer", () => {
  beforeEach(() => host.write("no-copies"));

  test("the archive stays here, and the run fails with ssh's message", async () => {
    const run = await host.backUp();
    expect(run.status).toBe(1);
    const [archive = ""] = host.archives();
    expect(host.lastResult()).toMatchObject({ result: "failed", archive, copied: false });
    expect(run.stderr).toContain(`${archive} is on k8s-master1, but not on the host of the copies`);
    expect(host.lastResult()["message"]).toContain("No route to host");
  });

  test("the next run copies both archives", async () => {
    await host.backUp();
    host.remove("no-copies");
    expect((await onceMore()).status).toBe(0);
    expect(host.archives()).toHaveLength(2);
    expect(host.copied()).toEqual(host.archives());
    expect(host.lastResult()).toMatchObject({ result: "ok", copied: true });
  });
});

test("an archive that the other host refuses does not keep others away from it", async () => {
  const refused = `${node}-20251101T000000Z.tar.age`;
  host.write(`${folder}/${refused}`, "not encrypted");
  host.write(`${folder}/${node}-20251031T000000Z.tar.age`, "age-encryption.org/v1\nolder");
  expect((await host.backUp()).status).toBe(1);
  expect(host.copied()).toEqual(host.archives().filter((name) => name !== refused));
  expect(host.copied()).toHaveLength(2);
  expect(host.lastResult()).toMatchObject({ result: "failed", copied: false });
  expect(host.lastResult()["message"]).toContain(`${refused} is not encrypted with age`);
});

test("a transfer that is cut off leaves no copy, and the next run repeats it", async () => {
  host.write("broken-pipe");
  const run = await host.backUp();
  expect([run.status, host.copied()]).toEqual([1, []]);
  expect(host.lastResult()["message"]).toContain("has another size than announced");
  host.remove("broken-pipe");
  expect((await onceMore()).status).toBe(0);
  expect(host.copied()).toEqual(host.archives());
});

test("ssh uses only the pinned key of the other host and the master's own key", async () => {
  await host.backUp();
  const [first = ""] = host.calls().filter((call) => call.startsWith("ssh "));
  for (const option of [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "GlobalKnownHostsFile=/dev/null",
    "IdentitiesOnly=yes",
    "var/lib/kube-control/backup-key",
    "var/lib/kube-control/backup-known-hosts",
  ]) {
    expect(first).toContain(option);
  }
});

describe("defragmentation", () => {
  const mib = 1024 * 1024;
  const database = (size: number, used: number) =>
    host.write("status", JSON.stringify([{ Status: { dbSize: size * mib, dbSizeInUse: used * mib } }]));
  const done = () => host.calls().filter((call) => / defrag$/.test(call)).length;

  test.each([
    ["more than half, and 100 MiB, can be freed", 300, 100, 1],
    ["less than half can be freed", 300, 160, 0],
    ["less than 100 MiB can be freed", 120, 30, 0],
  ])("%s: %i MiB, of which %i are used", async (_what, size, used, times) => {
    database(size, used);
    expect([(await host.backUp()).status, done()]).toEqual([0, times]);
  });

  test("is done after the archive was copied", async () => {
    database(300, 100);
    await host.backUp();
    const calls = host.calls();
    expect(calls.findIndex((call) => / defrag$/.test(call))).toBeGreaterThan(
      calls.findIndex((call) => call.includes("put k8s-master1-")),
    );
  });

  test.each([
    ["a member is not healthy", "unhealthy", ""],
    ["there is an alarm", "alarms", "memberID:1 alarm:NOSPACE\n"],
    ["etcd does not list its alarms", "no-alarm-list", ""],
    ["a node is in maintenance", "maintenance", "cordoned"],
  ])("is not done if %s, and the archive is made all the same", async (_what, file, text) => {
    database(300, 100);
    host.write(file, text);
    const run = await host.backUp();
    expect([run.status, done(), host.copied().length]).toEqual([0, 0, 1]);
    expect(run.stdout).toContain("it is not defragmented");
  });
});

test("a second run at the same time makes no archive", async () => {
  // the first run holds the lock until the second one has ended
  host.write("slow-age");
  const first = host.backUp();
  // its scratch folder exists as soon as it has the lock
  while (leftIn("run").length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const second = await host.backUp();
  host.remove("slow-age");
  expect([(await first).status, second.status]).toEqual([0, 0]);
  expect(second.stdout).toContain("another run of kube-control-backup has not ended");
  expect(host.archives()).toHaveLength(1);
});
