import { execFileSync } from "node:child_process";
import { aboutOf, archiveFiles, tarOf } from "./archives";
import { type Site, stateOf, surveyText, type Work, workText } from "../../../operate/restore/masters";
import { markOf } from "../../stand-ins/cluster";
import type { StandInHosts } from "../../stand-ins/hosts";
import { hostNamed, plan, site as standInSite } from "../maintenance/site";

// The scripts that run on masters, on a stand-in host.

const name = "k8s-master1";
const given: Site = { plan, podSubnet: "10.244.0.0/16" };
const host = (file: string) => `hosts/${name}/${file}`;

let world: StandInHosts;
beforeEach(() => {
  world = standInSite();
  // no API server is ready
  world.order("kubectl get --raw /readyz", { status: 1, stderr: "connection refused\n" });
});
afterEach(() => world.remove());

const work = (what: Work, input?: Buffer) =>
  world.run(workText(given, hostNamed(name), what, "2026-11-27T06:30:00Z"), "create", name, input);

/** etcd runs in a container, and answers with this status. */
function etcdRuns(status: string): void {
  world.order("ctr --namespace k8s.io containers list", { stdout: "e1\nother\n" });
  world.order("ctr --namespace k8s.io tasks list", { stdout: "TASK PID STATUS\nother 7 RUNNING\ne1 8 RUNNING\n" });
  world.order("ctr .* etcdctl .*endpoint status", { stdout: status });
}

describe("the survey", () => {
  const surveyed = async () => {
    const { stdout } = await world.run(surveyText(given, hostNamed(name)), "create", name);
    return stateOf(hostNamed(name), { kind: "answered", output: stdout, greeting: "", begun: [0, 0] });
  };

  test("of a member without a majority finds its data, and no leader", async () => {
    etcdRuns('[{"Status":{"header":{},"leader":0,"errors":["etcdserver: no leader"]}}]');
    expect(await surveyed()).toMatchObject({ state: "member", hasLeader: false, hasData: true, isAlone: false });
  });

  test("of a member of a majority finds the leader", async () => {
    etcdRuns('[{"Status":{"header":{},"leader":8211516232}}]');
    expect(await surveyed()).toMatchObject({ state: "member", hasLeader: true });
  });

  test("of a new machine without containerd finds nothing", async () => {
    world.delete(host("etc/kubernetes"));
    world.delete(host("var"));
    world.write(host("var/lib/dpkg/status"));
    for (const tool of ["ctr", "kubectl"]) world.delete(`bin/${tool}`);
    expect(await surveyed()).toMatchObject({ state: "clean", hasLeader: false, hasData: false });
  });

  test("of a host of another cluster finds its identity", async () => {
    world.write(host("var/lib/kube-control/member"), markOf(name, "master", "other.example.com:6443"));
    expect(await surveyed()).toMatchObject({ other: `${name}, a master of other.example.com:6443` });
  });

  test("of a host whose mark was lost in a power failure says how it is written again", async () => {
    const file = host("var/lib/kube-control/member");
    world.write(file);
    const { other = "" } = (await surveyed()) as { other?: string };
    const [, command = ""] = /run there: (printf .*)\)$/.exec(other) ?? [];
    world.write("bin/sudo", '#!/bin/bash\n"$@"\n', 0o755);
    execFileSync("bash", ["-c", command], { env: world.variables(name) });
    expect(world.read(file)).toBe(markOf(name, "master"));
    expect(await surveyed()).not.toHaveProperty("other");
  });
});

describe("the restore of a master", () => {
  const files = archiveFiles();
  const tar = tarOf(aboutOf(files), files);
  const withoutSaKey = Object.fromEntries(Object.entries(files).filter(([file]) => file !== "pki/sa.key"));

  test("replaces its data by the files of the archive, with their modes, and marks it", async () => {
    world.noteEveryProcess();
    const { status, stderr, calls } = await work("restore_master", tar);
    expect([status, stderr]).toEqual([0, ""]);
    expect(calls.join("\n")).toContain(`${name}: kubeadm reset`);
    expect(calls.join("\n")).not.toMatch(/apt-mark|apt-get/);
    expect(world.exists(host("var/lib/etcd/member"))).toBe(false);
    const folder = host("var/lib/kube-control/restored-files");
    expect(world.list(folder)).toEqual(["about.json", "etcd.db", "kube-control", "kubeadm.yaml", "pki"]);
    for (const file of ["ca.crt", "ca.key", "etcd/ca.key", "sa.key", "sa.pub", "encryption-at-rest.yaml"]) {
      const path = `${folder}/pki/${file}`;
      expect([file, world.read(path), world.mode(path)]).toEqual([file, `CANARY pki/${file}\n`, 0o600]);
    }
    expect([world.mode(folder), world.mode(`${folder}/pki`), world.mode(`${folder}/etcd.db`)]).toEqual([
      0o700, 0o700, 0o600,
    ]);
    expect(world.read(host("var/lib/kube-control/restored"))).toBe(
      `${markOf(name, "master")}snapshot 2026-11-27T06:30:00Z\n`,
    );
    // no secret is an argument of a process
    expect(world.read("argv")).not.toContain("CANARY");
  });

  test("can be repeated, and on a master without Kubernetes", async () => {
    await work("restore_master", tar);
    expect((await work("restore_master", tar)).status).toBe(0);
    expect(world.exists(host("var/lib/kube-control/restored"))).toBe(true);
  });

  test.each([
    ["does not arrive completely", tar.subarray(0, 40_000)],
    ["lacks a key", tarOf(aboutOf(files), withoutSaKey)],
  ])("changes nothing, and leaves no file, if the archive %s", async (_what, sent) => {
    const { status, stderr, calls } = await work("restore_master", sent);
    expect([status, calls.filter((call) => call.includes("kubeadm reset"))]).toEqual([64, []]);
    expect(stderr).toContain("the archive did not arrive completely");
    expect(world.exists(host("var/lib/etcd/member"))).toBe(true);
    expect(world.list(host("var/lib/kube-control"))).toEqual(["member"]);
  });

  test("does not reset a master whose etcd has a leader again", async () => {
    etcdRuns('[{"Status":{"header":{},"leader":8211516232}}]');
    for (const what of ["restore_master", "reset_master"] as const) {
      const { status, stderr } = await work(what, tar);
      expect([status, world.exists(host("var/lib/etcd/member"))]).toEqual([64, true]);
      expect(stderr).toContain("etcd has a leader now");
    }
  });

  test("gives up the cluster of a restore that was not completed", async () => {
    await work("restore_master", tar);
    etcdRuns('[{"Status":{"header":{},"leader":8211516232}}]');
    expect((await work("restore_master", tar)).status).toBe(0);
  });

  test("does not change a master of another cluster", async () => {
    world.write(host("var/lib/kube-control/member"), markOf(name, "master", "other.example.com:6443"));
    const { status, stderr } = await work("restore_master", tar);
    expect([status, world.exists(host("var/lib/etcd/member"))]).toEqual([64, true]);
    expect(stderr).toContain(`this host is ${name}, a master of other.example.com:6443`);
  });
});

test("the reset of another master removes its data and its marks", async () => {
  const { status, stderr } = await work("reset_master");
  expect([status, stderr]).toEqual([0, ""]);
  expect([world.exists(host("etc/kubernetes")), world.list(host("var/lib/etcd"))]).toEqual([false, []]);
  expect(world.exists(host("var/lib/kube-control"))).toBe(false);
});

test("the reset of a restored master removes the snapshot", async () => {
  world.write(host("var/lib/kube-control/restored"), markOf(name, "master"));
  world.write(host("var/lib/kube-control/restored-files/etcd.db"), "snapshot");
  world.delete(host("var/lib/kube-control/member"));
  expect((await work("reset_master")).status).toBe(0);
  expect(world.exists(host("var/lib/kube-control"))).toBe(false);
});

describe("the survivor", () => {
  const manifest = host("etc/kubernetes/manifests/etcd.yaml");
  const folder = host("var/lib/etcd/survivor");
  const data = host("var/lib/etcd");
  const text = "    - --name=m1\n    image: registry.k8s.io/etcd:3.7.0-0\n";

  /** A container runtime in which etcd runs while its manifest exists, with the members that its data name. */
  beforeEach(() => {
    world.write(manifest, text);
    world.delete(host("var/lib/etcd/member"));
    world.write(host("var/lib/etcd/member/snap/db"), "m1 m2 m3");
    const program = `#!/bin/bash
echo "$AT: ctr $*" >>"$WORLD/calls"
manifest=$WORLD/${manifest} data=$WORLD/${host("var/lib/etcd")}
case "$*" in
  *' containers list '*) [[ ! -e $manifest ]] || echo e1 ;;
  *' tasks list') [[ ! -e $manifest ]] || echo "e1 8 RUNNING" ;;
  *' endpoint status '*) cat "$WORLD/status" ;;
  *' member list') tr ' ' '\n' <"$data/member/snap/db" ;;
  *' snapshot status '*) printf '{"hash":1,"revision":%s,"totalKey":1,"totalSize":1}\n' "$(cat "$WORLD/revision")" ;;
  *' snapshot restore '*) mkdir -p "$data/restored/member/snap"; printf m1 >"$data/restored/member/snap/db" ;;
esac
`;
    world.write("bin/ctr", program, 0o755);
    world.write("status", '[{"Status":{"leader":0}}]');
    world.write("revision", "900");
    world.delete("orders/1");
    // its API server is not ready before
    world.order("kubectl get --raw /readyz", { times: 1, status: 1 });
  });

  test("becomes the only member with its own data and a raised revision, and keeps a copy", async () => {
    const { status, stderr, stdout, calls } = await work("survive");
    expect([status, stderr]).toEqual([0, ""]);
    expect(world.read(manifest)).toBe(text);
    expect(world.read(host("var/lib/etcd/member/snap/db"))).toBe("m1");
    expect(calls.find((call) => call.includes("snapshot restore"))).toMatch(
      / registry\.k8s\.io\/etcd:3\.7\.0-0 .*lib\/etcd\/member\/snap\/db .* --initial-cluster k8s-master1=https:\/\/192\.0\.2\.11:2380 .*--bump-revision 1\d{15} --mark-compacted --skip-hash-check$/,
    );
    expect(stdout).toMatch(/the former data of etcd are in .*former-\d{8}T\d{6}\.\d{9}Z:/);
    const [kept = ""] = world.list(data).filter((file) => file.startsWith("former"));
    expect(world.list(data)).toEqual([kept, "member"]);
    expect(world.read(`${data}/${kept}/snap/db`)).toBe("m1 m2 m3");
  });

  /** By how much the revision is raised. */
  const bump = async (revision: number) => {
    world.write("revision", String(revision));
    const { calls } = await work("survive");
    const [, raised] = /--bump-revision (\d+)/.exec(calls.join("\n")) ?? [];
    return Number(raised);
  };

  test("that was restored a minute ago gets the time as its revision, and none after it", async () => {
    const restored = (Date.now() - 60_000) * 1000;
    const revision = restored + (await bump(restored));
    expect(revision).toBeGreaterThan(restored + 59_000_000);
    expect(revision).toBeLessThanOrEqual((Date.now() + 1) * 1000);
  });

  test("whose revision is after the time, because the clock is wrong, gets a higher one", async () => {
    expect(await bump((Date.now() + 3_600_000) * 1000)).toBe(1_000_000_000);
  });

  test("etcd is stopped before its data are read", async () => {
    world.order("systemctl start kubelet", { times: 1, status: 1 });
    const failed = await work("survive");
    expect([failed.status === 0, failed.calls.filter((call) => call.includes("snapshot"))]).toEqual([false, []]);
    expect([world.exists(manifest), world.read(`${folder}/etcd.yaml`)]).toEqual([false, text]);
    world.order("kubectl get --raw /readyz", { times: 1, status: 1 });
    const { status, stderr } = await work("survive");
    expect([status, stderr, world.read(manifest)]).toEqual([0, "", text]);
  });

  test("a run that was interrupted between the two renames begins with the former data again", async () => {
    world.write(`${folder}/etcd.yaml`, text);
    world.write(`${folder}/member/snap/db`, "m1 m2 m3");
    world.delete(`${data}/member`);
    world.delete(manifest);
    expect((await work("survive")).status).toBe(0);
    const [kept = ""] = world.list(data).filter((file) => file.startsWith("former"));
    expect(world.read(`${data}/${kept}/snap/db`)).toBe("m1 m2 m3");
  });

  test("data that an earlier run has left are not used", async () => {
    world.write(`${folder}/etcd.yaml`, "image: old\n");
    world.write(`${folder}/member/snap/db`, "old");
    const { status, calls } = await work("survive");
    expect([status, world.read(manifest)]).toEqual([0, text]);
    expect(calls.find((call) => call.includes("snapshot restore"))).toContain("/lib/etcd/member/snap/db");
    const kept = world.list(data).filter((file) => file.startsWith("former"));
    expect(kept.map((file) => world.read(`${data}/${file}/snap/db`)).sort()).toEqual(["m1 m2 m3", "old"]);
  });

  test("the only member of its cluster is not changed", async () => {
    world.write(host("var/lib/etcd/member/snap/db"), "m1");
    world.write("status", '[{"Status":{"leader":7}}]');
    const { status, stdout, calls } = await work("survive");
    expect([status, stdout, world.read(manifest)]).toEqual([0, "is already the only member of etcd\n", text]);
    expect(calls.filter((call) => /snapshot|systemctl/.test(call))).toEqual([]);
  });

  test("etcd with a leader is not changed", async () => {
    world.write("status", '[{"Status":{"leader":7}}]');
    const { status, stderr, calls } = await work("survive");
    expect([status, world.read(manifest), calls.filter((call) => call.includes("systemctl"))]).toEqual([64, text, []]);
    expect(stderr).toContain("etcd has a leader, so nothing is lost: nothing was changed");
  });
});
