import { createHash } from "node:crypto";
import { utimesSync } from "node:fs";
import { join } from "node:path";
import {
  addresses,
  blankHosts,
  changingCalls,
  holdsData,
  makeNode,
  markOf,
  scriptTexts,
} from "../../stand-ins/cluster";
import { hostAt } from "../registered";
import type { StandInHosts } from "../../stand-ins/hosts";

// The real scripts except join.sh (join.test.ts), run by bash on hosts that are folders.

let texts: (step: string) => string;
let world: StandInHosts;

beforeAll(async () => {
  texts = await scriptTexts();
});
beforeEach(() => {
  world = blankHosts();
});
afterEach(() => world.remove());

const masters = ["k8s-master1", "k8s-master2", "k8s-master3"];
const makeAllNodes = () => [...masters, "k8s-worker1"].forEach((name) => makeNode(world, name));
const noted = "run/kube-control/cluster-deletion";
const remains = (name: string) => [
  ...(world.exists(`cluster/nodes/${name}`) ? ["node"] : []),
  ...(world.exists(`cluster/etcd/ee${name}`) ? ["etcd member"] : []),
];

describe("the deletion of a node", () => {
  const node = "k8s-master3";
  const leave = () => world.run(texts(`${node}-membership`), "delete");
  beforeEach(makeAllNodes);

  test("drains it, removes it from etcd and the API, resets its host and releases its packages", async () => {
    const { status, stderr, calls } = await leave();
    expect([status, stderr]).toEqual([0, ""]);
    const order = [
      "drain k8s-master3",
      "member remove eek8s-master3",
      "delete node k8s-master3",
      "kubeadm reset",
      "disable --now kubelet",
    ];
    const at = order.map((part) => calls.findIndex((call) => call.includes(part)));
    expect(at).toEqual([...at].sort((a, b) => a - b));
    expect(at[0]).toBeGreaterThan(0);
    expect(calls).toContain(`${node}: apt-mark unhold kubeadm kubelet kubectl`);
    expect(remains(node)).toEqual([]);
    expect(world.exists(`hosts/${node}/etc/kubernetes`)).toBe(false);
    expect(world.list(`hosts/${node}/var/lib/etcd`)).toEqual([]);
    expect(world.list("cluster/nodes")).toEqual(["k8s-master1", "k8s-master2", "k8s-worker1"]);
  });

  test("removes its marks, and keeps the notes of another role on the host", async () => {
    const other = `hosts/${node}/var/lib/kube-control/load-balancer/installed-haproxy`;
    world.write(other);
    expect((await leave()).status).toBe(0);
    expect([world.exists(other), world.exists(`hosts/${node}/var/lib/kube-control/member`)]).toEqual([true, false]);
    world.delete(other);
  });

  test("continues if it cannot be drained, and says so", async () => {
    world.order("kubectl drain", { status: 1, stderr: "global timeout reached\n" });
    const { status, stdout } = await leave();
    expect(status).toBe(0);
    expect(stdout).toContain(`${node} was not drained within a minute\n`);
    expect(remains(node)).toEqual([]);
  });

  test("removes a node that is down from the cluster, and says what remains on its host", async () => {
    world.order(`ssh ${node}: `, {
      status: 255,
      stderr: "ssh: connect to host 192.0.2.13 port 22: Connection timed out\n",
    });
    const { status, stdout, calls } = await leave();
    expect(status).toBe(0);
    expect(stdout).toContain(`removed ${node} from the cluster\n`);
    expect(stdout).toContain(`${node} could not be reached: Kubernetes is still installed there`);
    expect(remains(node)).toEqual([]);
    // several attempts, and a node that is down is not drained
    expect(calls.filter((call) => call === `ssh ${node}: true`).length).toBeGreaterThan(5);
    expect(calls.filter((call) => call.includes("drain"))).toEqual([]);
    expect(holdsData(world, node)).toBe(true);
  });

  test("resets a node that answers again after a few attempts", async () => {
    world.order(`ssh ${node}: true`, { times: 4, status: 255, stderr: "ssh: connect: Connection refused\n" });
    expect((await leave()).status).toBe(0);
    expect(world.exists(`hosts/${node}/etc/kubernetes`)).toBe(false);
  });

  test.each([
    ["a host that refuses the key", 255, "ops@192.0.2.13: Permission denied (publickey).\n"],
    ["a host that shows another key", 255, "Host key verification failed.\n"],
    ["a host without sudo", 1, "sudo: a password is required\n"],
    ["an error that does not show that the host is down", 255, "Connection reset by peer\n"],
  ])("fails and changes nothing after %s", async (_, status, stderr) => {
    world.order(`ssh ${node}: `, { status, stderr });
    const ended = await leave();
    expect(ended.status).toBe(64);
    expect(ended.stderr.replaceAll("  | ", "")).toContain(
      `${node} cannot be used over SSH, and this does not show that it is down: ${stderr.trim()}`,
    );
    expect(changingCalls(ended.calls)).toEqual([]);
    expect(remains(node)).toEqual(["node", "etcd member"]);
  });

  test("fails and does not reset the node if etcd does not remove its member", async () => {
    world.order("etcdctl member remove", { status: 1, stderr: "unhealthy cluster\n" });
    const { status, stdout, stderr, calls } = await leave();
    expect(status).toBe(64);
    expect(stderr).toContain(`k8s-master1 could not remove ${node} from the cluster, so ${node} was not reset`);
    expect(calls.filter((call) => call.includes("kubeadm reset"))).toEqual([]);
    expect(stdout).not.toMatch(/removed the etcd member|removed k8s-master3 from/);
  });

  test("completes an interrupted reset at the next run", async () => {
    world.haste = 40;
    world.write(`hosts/${node}/etc/cni/net.d/10-flannel.conflist`);
    world.order(`${node}: kubeadm reset`, { status: 1 });
    expect((await leave()).status).not.toBe(0);
    const marks = `hosts/${node}/var/lib/kube-control`;
    expect(world.list(marks)).toEqual(["begun"]);
    // as if it was killed after this folder was deleted
    world.delete(`hosts/${node}/etc/kubernetes`);
    world.delete("orders/1");
    expect((await leave()).status).toBe(0);
    for (const folder of ["var/lib/etcd", "etc/cni/net.d"]) expect(world.list(`hosts/${node}/${folder}`)).toEqual([]);
    expect(world.exists(marks)).toBe(false);
  });

  test("keeps packet rules that are not of Kubernetes", async () => {
    const rules = ["*filter", ":INPUT ACCEPT [0:0]", ":KUBE-FORWARD - [0:0]", "-A INPUT -p tcp --dport 22 -j ACCEPT"];
    const kubes = ["-A FORWARD -j KUBE-FORWARD", "-A FORWARD -m comment --comment flanneld -j ACCEPT", "COMMIT"];
    world.write(`hosts/${node}/iptables-save`, [...rules, ...kubes, ""].join("\n"));
    await leave();
    expect(world.read(`hosts/${node}/iptables-save`)).toBe([rules[0], rules[1], rules[3], "COMMIT", ""].join("\n"));
  });

  test("removes rules of iptables-legacy too, although the kernel's list of them has the size 0", async () => {
    world.write(`hosts/${node}/iptables-legacy-save`, "*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n");
    world.link("/proc/version", `hosts/${node}/proc/net/ip_tables_names`);
    const { stdout } = await leave();
    expect(stdout).toContain("removed Kubernetes' rules from iptables-legacy\n");
    expect(world.read(`hosts/${node}/iptables-legacy-save`)).toBe("*nat\nCOMMIT\n");
  });
});

describe("the deletion of a node behind a jump host", () => {
  const node = "k8s-master3";
  let leave: () => ReturnType<StandInHosts["run"]>;

  beforeAll(async () => {
    const proxyJump = { host: "192.0.2.1", port: 22, user: "ops", hostKey: "ssh-ed25519 BBBB" };
    const behind = (name: string) => {
      const host = hostAt(name, addresses[name] ?? "");
      return { ...host, ssh: { ...host.ssh, proxyJump } };
    };
    const behindJump = await scriptTexts({ nodes: masters.map(behind), workers: [] });
    leave = () => world.run(behindJump(`${node}-membership`), "delete");
  });
  beforeEach(makeAllNodes);

  test("removes it from the cluster if the jump host reports that it does not answer", async () => {
    const stderr = "channel 0: open failed: connect failed: No route to host\nstdio forwarding failed\n";
    world.order(`ssh ${node}: `, { status: 255, stderr });
    expect((await leave()).status).toBe(0);
    expect(remains(node)).toEqual([]);
  });

  test.each([
    ["does not answer", "ssh: connect to host 192.0.2.1 port 22: Connection timed out\n"],
    ["stops answering", "Timeout, server 192.0.2.1 not responding.\nConnection closed by UNKNOWN port 65535\n"],
    ["does not forward", "channel 0: open failed: administratively prohibited: open failed\n"],
  ])("fails and changes nothing if the jump host %s", async (_, stderr) => {
    world.order(`ssh ${node}: `, { status: 255, stderr });
    const ended = await leave();
    expect(ended.status).toBe(64);
    expect(ended.stderr.replaceAll("  | ", "")).toContain(
      `${node} cannot be used over SSH, and this does not show that it is down: ${stderr.trim()}`,
    );
    expect(remains(node)).toEqual(["node", "etcd member"]);
  });

  test("connects through it, with the key in no argument and in no remaining file", async () => {
    world.noteEveryProcess();
    expect((await leave()).status).toBe(0);
    const argv = world.read("argv");
    expect(argv).toMatch(/^ssh -F none .* -oIdentityFile=\$\{KC_SCRATCH\}\/key .*-oProxyCommand=ssh .* 192\.0\.2\.1 /m);
    expect(argv).not.toContain("PRIVATE KEY");
    expect(world.holding("PRIVATE KEY")).toEqual([]);
  });
});

describe("the deletion of the whole cluster", () => {
  const run = (step: string, phase: "create" | "delete") => world.run(texts(step), phase);
  const goesDown = (name: string) =>
    world.order(`ssh ${name}: `, { status: 255, stderr: "ssh: connect: Connection timed out\n" });
  const etcdRefuses = () => world.order("etcdctl member remove", { status: 1, stderr: "unhealthy cluster\n" });
  beforeEach(makeAllNodes);

  test("removes each node from the cluster without draining it", async () => {
    expect((await run("ready", "delete")).status).toBe(0);
    for (const node of ["k8s-worker1", "k8s-master3", "k8s-master2"]) {
      const { status, calls } = await run(`${node}-membership`, "delete");
      expect([node, status, remains(node)]).toEqual([node, 0, []]);
      expect(calls.filter((call) => call.includes("drain"))).toEqual([]);
      expect(world.exists(`hosts/${node}/etc/kubernetes`)).toBe(false);
    }
    expect((await run("k8s-master1-membership", "delete")).status).toBe(0);
  });

  test("resets every node that answers, although a master is down and etcd refuses", async () => {
    goesDown("k8s-master1");
    etcdRefuses();
    const prepared = await run("ready", "delete");
    expect([prepared.status, prepared.stdout]).toEqual([0, "k8s-master1 does not answer\n"]);
    for (const node of ["k8s-worker1", "k8s-master3", "k8s-master2"]) {
      const { status, calls } = await run(`${node}-membership`, "delete");
      expect([node, status]).toEqual([node, 0]);
      // etcd is queried once, while a master is left
      expect(calls.filter((call) => call.includes("member remove")).length).toBe(node === "k8s-master3" ? 1 : 0);
      expect(world.exists(`hosts/${node}/etc/kubernetes`)).toBe(false);
    }
    const last = await run("k8s-master1-membership", "delete");
    expect(last.status).toBe(0);
    expect(last.stdout).toContain("k8s-master1 could not be reached: Kubernetes is still installed there\n");
  });

  test.each<[string, () => unknown]>([
    ["that a later up has removed", () => run("ready", "create")],
    [
      "that is more than an hour old",
      () => {
        const hourAgo = Date.now() / 1000 - 3700;
        for (const name of masters) utimesSync(world.path(`hosts/${name}/${noted}`), hourAgo, hourAgo);
      },
    ],
    [
      "of another cluster",
      () => masters.forEach((name) => world.write(`hosts/${name}/${noted}`, "other.example.com:6443\n")),
    ],
    [
      "that only the deleted node has",
      () => ["k8s-master1", "k8s-master2"].forEach((name) => world.delete(`hosts/${name}/${noted}`)),
    ],
  ])("a note %s is ignored: a master that etcd refuses to remove is not reset", async (_, then) => {
    await run("ready", "delete");
    await then();
    etcdRefuses();
    expect((await run("k8s-master3-membership", "delete")).status).toBe(64);
    expect(holdsData(world, "k8s-master3")).toBe(true);
  });
});

test("the deletion of a worker does not use etcd", async () => {
  makeAllNodes();
  const { status, calls } = await world.run(texts("k8s-worker1-membership"), "delete");
  expect(status).toBe(0);
  expect(calls.filter((call) => call.includes("etcdctl"))).toEqual([]);
  expect(remains("k8s-worker1")).toEqual([]);
});

test("the deletion of the last master ends the cluster and resets its host", async () => {
  makeNode(world, "k8s-master1");
  const { status, stdout } = await world.run(texts("k8s-master1-membership"), "delete");
  expect(status).toBe(0);
  expect(stdout).toContain("no other master of the cluster answers: the cluster ends with k8s-master1\n");
  expect(world.exists("hosts/k8s-master1/etc/kubernetes")).toBe(false);
});

test("creating the membership step runs nothing", async () => {
  const { status, calls } = await world.run(texts("k8s-master2-membership"), "create");
  expect([status, calls]).toEqual([0, [""]]);
});

describe("init", () => {
  const init = () => world.run(texts("k8s-master1-init"), "create", "k8s-master1");
  const host = (file: string) => `hosts/k8s-master1/${file}`;

  test("creates a cluster on a clean host, with a key for Secrets that only root can read", async () => {
    const { status, stdout, stderr, calls } = await init();
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("initialised the control plane of kube-control.example.com\n");
    expect(changingCalls(calls)).toEqual(["k8s-master1: kubeadm init --config FILE --skip-token-print"]);
    expect(world.read(host("etc/kubernetes/pki/encryption-at-rest.yaml"))).toMatch(/secret: [\w+/]{43}=\n/);
    expect(world.mode(host("etc/kubernetes/pki/encryption-at-rest.yaml"))).toBe(0o600);
    expect(world.exists(host("var/lib/kube-control/member"))).toBe(true);
  });

  test.each([
    ["cgroup v1, which is accepted", false, false, " --ignore-preflight-errors=SystemVerification"],
    ["cgroup v2", false, true, ""],
    ["cgroup v1, which is not accepted", true, false, ""],
  ])("on %s passes the right option for SystemVerification", async (_, failCgroupV1, isVersion2, skipped) => {
    const init = (await scriptTexts({ kubelet: { failCgroupV1 } }))("k8s-master1-init");
    if (isVersion2) world.write(host("sys/fs/cgroup/cgroup.controllers"), "cpu memory\n");
    const { calls } = await world.run(init, "create", "k8s-master1");
    expect(changingCalls(calls)).toEqual([`k8s-master1: kubeadm init --config FILE --skip-token-print${skipped}`]);
  });

  test("skips the check of etcd's folder if it contains only lost+found", async () => {
    world.write(host("sys/fs/cgroup/cgroup.controllers"));
    world.write(host("var/lib/etcd/lost+found/x"));
    const { calls } = await init();
    expect(changingCalls(calls)).toEqual([
      "k8s-master1: kubeadm init --config FILE --skip-token-print --ignore-preflight-errors=DirAvailable--var-lib-etcd",
    ]);
  });

  test("hides a proxy in the environment from kubeadm and kubectl", async () => {
    world.environment = { https_proxy: "http://192.0.2.3:3128", HTTPS_PROXY: "x", No_Proxy: "x", no_proxy: "x" };
    const { status, calls } = await init();
    expect([status, changingCalls(calls).length]).toEqual([0, 1]);
    const proxied = world.read("proxied").trim().split("\n");
    expect(proxied).toContain("getent");
    expect(proxied.filter((tool) => tool.startsWith("kube"))).toEqual([]);
  });

  test("skips both checks with lost+found and cgroup v1", async () => {
    world.write(host("var/lib/etcd/lost+found/x"));
    const both = (await scriptTexts({ kubelet: { failCgroupV1: false } }))("k8s-master1-init");
    const { calls } = await world.run(both, "create", "k8s-master1");
    expect(changingCalls(calls)[0]).toMatch(
      / --ignore-preflight-errors=SystemVerification,DirAvailable--var-lib-etcd$/,
    );
  });

  test("skips no check if etcd's folder contains more than lost+found", async () => {
    world.write(host("var/lib/etcd/lost+found/x"));
    world.write(host("var/lib/etcd/default/x"));
    expect(changingCalls((await init()).calls)).toEqual(["k8s-master1: kubeadm init --config FILE --skip-token-print"]);
  });

  test("keeps a control plane of the same endpoint", async () => {
    makeNode(world, "k8s-master1");
    const { status, stdout, calls } = await init();
    expect([status, stdout]).toEqual([0, "is already a master of kube-control.example.com\n"]);
    expect(changingCalls(calls)).toEqual(["k8s-master1: systemctl start kubelet"]);
    expect(world.read(host("etc/kubernetes/pki/encryption-at-rest.yaml"))).toContain("ENCRYPTION-CANARY");
  });

  test("refuses a control plane of another endpoint", async () => {
    makeNode(world, "k8s-master1");
    world.write(host("etc/kubernetes/admin.conf"), "    server: https://other.example.com:6443\n");
    const { status, stderr, calls } = await init();
    expect(status).toBe(64);
    expect(stderr).toContain(
      "belongs to the control plane at https://other.example.com:6443, but the configuration says",
    );
    expect(changingCalls(calls)).toEqual([]);
  });

  test.each([
    ["foreign", "var/lib/kube-control/member"],
    ["broken", "etc/kubernetes/kubelet.conf"],
  ])("refuses a %s node", async (_, missing) => {
    makeNode(world, "k8s-master1");
    world.delete(host(missing));
    const { status, calls } = await init();
    expect([status, changingCalls(calls)]).toEqual([64, []]);
    expect(world.exists(host("var/lib/etcd/member/snap"))).toBe(true);
  });

  test("removes the remains of an unfinished init, then creates the cluster", async () => {
    world.order("kubeadm init", { times: 1, status: 1, stderr: "timed out waiting for the condition\n" });
    const failed = await init();
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain("k8s-master1: initialise the control plane: failed (exit 1)");
    expect(failed.stderr).toContain("timed out waiting for the condition");
    world.write(host("etc/kubernetes/manifests/etcd.yaml"));
    world.write(host("var/lib/etcd/member/snap"), "half");
    const { status, calls } = await init();
    expect(status).toBe(0);
    expect(changingCalls(calls).map((call) => call.split(" ").slice(1, 3).join(" "))).toEqual([
      "systemctl start",
      "kubeadm reset",
      "systemctl stop",
      "kubeadm init",
    ]);
    expect(world.exists(host("var/lib/etcd/member/snap"))).toBe(false);
  });
});

describe("init from a backup", () => {
  const init = () => world.run(texts("k8s-master1-init"), "create", "k8s-master1");
  const host = (file: string) => `hosts/k8s-master1/${file}`;
  const files = host("var/lib/kube-control/restored-files");
  beforeEach(() => {
    world.write(host("var/lib/kube-control/restored"), markOf("k8s-master1", "master"));
    for (const file of [
      "ca.crt",
      "ca.key",
      "front-proxy-ca.crt",
      "front-proxy-ca.key",
      "etcd/ca.crt",
      "etcd/ca.key",
      "sa.key",
      "sa.pub",
    ]) {
      world.write(`${files}/pki/${file}`, `${file} of the backup\n`);
    }
    world.write(`${files}/pki/encryption-at-rest.yaml`, "secret: ENCRYPTION-CANARY\n");
    world.write(`${files}/kube-control/audit-policy-12345678.yaml`, "rules: []\n");
    world.write(
      host("etc/hosts"),
      "127.0.0.1 localhost\n192.0.2.10 kube-control.example.com # kube-control: for when DNS does not answer\n",
    );
    world.write(`${files}/about.json`, '{"format":1,"revision":77,"hash":1234,"sizes":{}}');
    world.write(`${files}/etcd.db`, "snapshot");
  });

  test("makes etcd's data of the snapshot, copies the keys with their modes, and becomes a member", async () => {
    const { status, stderr, stdout, calls } = await init();
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("restored etcd from the snapshot of revision 77\n");
    expect(changingCalls(calls)).toEqual([
      "k8s-master1: kubeadm init --config FILE --skip-token-print --ignore-preflight-errors=all",
    ]);
    expect(calls.find((call) => call.includes("snapshot restore"))).toMatch(
      / registry\.k8s\.io\/etcd:3\.7\.0-0 .* --name k8s-master1 --initial-cluster k8s-master1=https:\/\/192\.0\.2\.11:2380 --initial-advertise-peer-urls https:\/\/192\.0\.2\.11:2380 --bump-revision 1\d{15} --mark-compacted$/,
    );
    expect(world.read(host("var/lib/etcd/member/snap"))).toBe("snapshot");
    expect(world.read(host("etc/kubernetes/pki/encryption-at-rest.yaml"))).toContain("ENCRYPTION-CANARY");
    for (const file of ["front-proxy-ca.crt", "ca.key", "etcd/ca.key", "sa.key", "sa.pub"]) {
      const path = host(`etc/kubernetes/pki/${file}`);
      const mode = /\.(crt|pub)$/.test(file) ? 0o644 : 0o600;
      expect([file, world.read(path), world.mode(path)]).toEqual([file, `${file} of the backup\n`, mode]);
    }
    expect(world.mode(host("etc/kubernetes/kube-control/audit-policy-12345678.yaml"))).toBe(0o600);
    expect(world.list(host("var/lib/kube-control")).filter((name) => name !== "kept")).toEqual(["member"]);
  });

  test("finds the endpoint on its own host meanwhile, and removes that line", async () => {
    const before = world.read(host("etc/hosts"));
    world.order("kubeadm init", { times: 1, status: 1 });
    expect((await init()).status).toBe(1);
    const line = "192.0.2.11 kube-control.example.com # kube-control: during a restore\n";
    expect(world.read(host("etc/hosts"))).toBe(`${line}${before}`);
    expect((await init()).status).toBe(0);
    expect(world.read(host("etc/hosts"))).toBe(before);
  });

  test("continues an interrupted init with the data that etcd has", async () => {
    world.order("kubeadm init", { times: 1, status: 1 });
    await init();
    world.write(host("var/lib/etcd/member/snap"), "written since");
    const { status, calls } = await init();
    expect([status, calls.filter((call) => /etcdutl|kubeadm reset/.test(call))]).toEqual([0, []]);
    expect(world.read(host("var/lib/etcd/member/snap"))).toBe("written since");
  });

  test("makes a key for Secrets if the backup has none", async () => {
    world.delete(`${files}/pki/encryption-at-rest.yaml`);
    expect((await init()).status).toBe(0);
    expect(world.read(host("etc/kubernetes/pki/encryption-at-rest.yaml"))).toMatch(/secret: [\w+/]{43}=\n/);
  });

  test("refuses a snapshot that is not that of its archive", async () => {
    world.write(`${files}/about.json`, '{"format":1,"revision":78,"hash":1234,"sizes":{}}');
    const { status, stderr, calls } = await init();
    expect([status, changingCalls(calls)]).toEqual([64, []]);
    expect(stderr).toContain("the revision of the snapshot is not that of its archive");
    expect(world.exists(host("var/lib/etcd/member"))).toBe(false);
  });

  test("refuses to begin without the files of the backup", async () => {
    world.delete(`${files}/pki/sa.key`);
    const { status, stderr, calls } = await init();
    expect([status, changingCalls(calls)]).toEqual([64, []]);
    expect(stderr).toContain("run npm run restore again");
  });

  test("refuses the backup of another master", async () => {
    world.write(host("var/lib/kube-control/restored"), markOf("k8s-master2", "master"));
    const { status, stderr, calls } = await init();
    expect([status, changingCalls(calls)]).toEqual([64, []]);
    expect(stderr).toContain("this host is k8s-master2, a master of kube-control.example.com:6443");
  });
});

describe("the wait for the cluster", () => {
  const ready = () => world.run(texts("ready"), "create");
  beforeEach(makeAllNodes);

  test("ends when all nodes and members are ready", async () => {
    const { status, stdout } = await ready();
    expect(status).toBe(0);
    expect(stdout).toMatch(/^nodes: k8s-master1 Ready; .*\netcd: k8s-master1 started; .*\n$/);
  });

  test("fails with everything that is missing", async () => {
    world.haste = 20;
    world.delete("cluster/nodes/k8s-worker1");
    world.write("cluster/etcd/eek8s-master3", "ee3, unstarted, , https://192.0.2.13:2380, , true\n");
    world.order(`readyz at https://${addresses["k8s-master2"]}`, { status: 1 });
    const { status, stderr } = await ready();
    expect(status).toBe(64);
    for (const missing of [
      "node k8s-worker1 is not registered; ",
      "the API server of k8s-master2 is not ready; ",
      "etcd has no started voter k8s-master3; ",
    ])
      expect(stderr).toContain(missing);
    expect(stderr).not.toContain("voter k8s-master2");
  });
});

describe("flannel", () => {
  // the parts of the released manifest that the script changes
  const released = [
    '      "Network": "10.244.0.0/16",',
    "      - args:",
    "        - --ip-masq",
    "        - --kube-subnet-mgr",
    "        env:",
    "        - name: POD_NAME",
    "",
  ].join("\n");
  const apply = async (expected = released) => {
    const text = (await scriptTexts({ podSubnet: "10.9.0.0/16" }))("cni");
    const sum = createHash("sha256").update(expected).digest("hex");
    return world.run(text.replace(/^MANIFEST_SHA256=.*$/m, `MANIFEST_SHA256='${sum}'`), "create");
  };
  beforeEach(() => {
    makeAllNodes();
    world.write("manifest", released);
    world.order("ssh k8s-master1: ", { status: 255, stderr: "Connection timed out\n" });
    world.link(join(__dirname, "../../stand-ins/tool.sh"), "hosts/k8s-master2/usr/lib/apt/apt-helper");
  });

  test("is applied with the pods' subnet and each node's address, by a master that answers", async () => {
    world.order("kubectl apply", { times: 2, status: 1, stderr: "etcd leader changed\n" });
    const { status, stdout, stderr, calls } = await apply();
    expect([status, stdout, stderr]).toEqual([0, "applied the pod network\n", ""]);
    expect(calls.filter((call) => call.startsWith("k8s-master2: kubectl apply"))).toHaveLength(3);
    expect(world.read("cluster/applied").split("\n")).toEqual([
      '      "Network": "10.9.0.0/16",',
      "      - args:",
      "        - --ip-masq",
      "        - --kube-subnet-mgr",
      "        - --iface=$(NODE_ADDRESS)",
      "        env:",
      "        - name: NODE_ADDRESS",
      "          valueFrom:",
      "            fieldRef:",
      "              fieldPath: status.hostIP",
      "        - name: POD_NAME",
      "",
    ]);
  });

  test("is not applied if the file has another checksum", async () => {
    const { status, stderr, calls } = await apply("what was released");
    expect(status).toBe(64);
    expect(stderr).toMatch(
      /kube-flannel\.yml has the SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}: nothing was applied/,
    );
    expect(calls.filter((call) => call.includes("kubectl apply"))).toEqual([]);
  });

  test("is fetched through a proxy from the environment, and applied without it", async () => {
    world.environment = { https_proxy: "http://192.0.2.3:3128" };
    expect((await apply()).status).toBe(0);
    const proxied = new Set(world.read("proxied").trim().split("\n"));
    expect([proxied.has("apt-helper"), proxied.has("kubectl")]).toEqual([true, false]);
  });
});
