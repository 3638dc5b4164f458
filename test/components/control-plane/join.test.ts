import {
  addresses,
  blankHosts,
  changingCalls,
  holdsData,
  makeEtcdMember,
  makeHostOfNode,
  makeNode,
  markOf,
  scriptTexts,
} from "../../stand-ins/cluster";
import type { StandInHosts } from "../../stand-ins/hosts";

// The real script, run by bash on hosts that are folders; see test/stand-ins/README.md.

const node = "k8s-master2";
let join: string;
let joinWorker: string;
let world: StandInHosts;

beforeAll(async () => {
  const texts = await scriptTexts();
  join = texts(`${node}-join`);
  joinWorker = texts("k8s-worker1-join");
});
beforeEach(() => {
  world = blankHosts();
  makeNode(world, "k8s-master1");
});
afterEach(() => world.remove());

const resets = (calls: readonly string[]) => calls.filter((call) => call === `ssh ${node}: reset_host`).length;
const joins = (calls: readonly string[]) =>
  calls.filter((call) => call === `${node}: kubeadm join --config FILE`).length;

test("a clean master joins through another one, and its credentials are deleted afterwards", async () => {
  const { status, stdout, stderr, calls } = await world.run(join, "create");
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toBe(`joined ${node} as master\n`);
  const done = changingCalls(calls);
  expect(done).toEqual([
    `k8s-master1: kubectl delete node ${node} --ignore-not-found --wait=false`,
    expect.stringContaining("k8s-master1: kubeadm init phase upload-certs"),
    expect.stringContaining("k8s-master1: kubeadm token create --ttl 15m"),
    `${node}: kubeadm join --config FILE`,
    "k8s-master1: kubectl -n kube-system delete secret kubeadm-certs --ignore-not-found",
    "k8s-master1: kubeadm token delete token1 upload",
  ]);
  expect(world.list("cluster/tokens")).toEqual([]);
  expect(world.exists("cluster/certs")).toBe(false);
  expect(world.list("cluster/nodes")).toEqual(["k8s-master1", node]);
  expect(world.exists(`hosts/${node}/var/lib/kube-control/member`)).toBe(true);
});

test("a node with cgroup v1, if that is accepted, joins without SystemVerification", async () => {
  const texts = await scriptTexts({ kubelet: { failCgroupV1: false } });
  const { calls } = await world.run(texts(`${node}-join`), "create");
  expect(changingCalls(calls)).toContain(
    `${node}: kubeadm join --config FILE --ignore-preflight-errors=SystemVerification`,
  );
});

test("a master with its own disk for etcd joins, despite the folder lost+found there", async () => {
  world.write(`hosts/${node}/var/lib/etcd/lost+found/x`);
  const { status, calls } = await world.run(join, "create");
  expect(status).toBe(0);
  expect(changingCalls(calls)).toContain(
    `${node}: kubeadm join --config FILE --ignore-preflight-errors=DirAvailable--var-lib-etcd`,
  );
});

test("no command of a join uses a proxy from the environment", async () => {
  world.environment = { https_proxy: "http://192.0.2.3:3128", HTTPS_PROXY: "http://192.0.2.3:3128" };
  world.order("kubeadm join", { times: 1, status: 1 });
  expect((await world.run(join, "create")).status).toBe(0);
  const proxied = world.read("proxied").trim().split("\n");
  expect(proxied).toContain("systemctl");
  expect(proxied.filter((tool) => tool.startsWith("kube"))).toEqual([]);
});

test("the certificates are uploaded with the other master's own address", async () => {
  world.order("kubeadm init phase upload-certs", { stderr: "stopped here\n", status: 1 });
  world.haste = 10;
  await world.run(join, "create");
  expect(world.read("last-config")).toMatch(/localAPIEndpoint:\n {2}advertiseAddress: "192\.0\.2\.11"\n/);
});

test("tokens and keys are in no argument of a process, no output and no remaining file", async () => {
  world.noteEveryProcess();
  const { stdout, stderr, calls } = await world.run(join, "create");
  const key = world.read("keys").trim();
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(world.read("last-config")).toContain(`certificateKey: "${key}"`);
  const seen = [stdout, stderr, ...calls, world.read("argv")].join("\n");
  expect(seen).toContain("awk");
  for (const secret of [key, world.read("tokens").trim(), "ENCRYPTION-CANARY"]) {
    expect(secret).not.toBe("");
    expect(seen).not.toContain(secret);
  }
  expect(world.holding(key, "hosts")).toEqual([]);
  expect(world.holding("0123456789abcdef", "hosts")).toEqual([]);
  expect(world.list("tmp")).toEqual([]);
  // every master has the same encryption key, in the file that the API server reads
  expect(world.read(`hosts/${node}/etc/kubernetes/pki/encryption-at-rest.yaml`)).toBe("secret: ENCRYPTION-CANARY\n");
});

test("a worker joins with a token only", async () => {
  const { status, calls } = await world.run(joinWorker, "create");
  expect(status).toBe(0);
  expect(calls.filter((call) => /upload-certs|etcd|secret/.test(call))).toEqual([]);
  expect(world.holding("ENCRYPTION-CANARY", "hosts/k8s-worker1")).toEqual([]);
  expect(world.list("cluster/tokens")).toEqual([]);
  expect(world.list("cluster/nodes")).toEqual(["k8s-master1", "k8s-worker1"]);
});

test("without another master of the cluster nothing is changed", async () => {
  world.order("ssh k8s-master[13]: is_ready_member", { status: 255, stderr: "ssh: connect: Connection timed out\n" });
  const { status, stderr, calls } = await world.run(join, "create");
  expect(status).toBe(64);
  expect(stderr).toContain("no other master answers as one of the cluster (k8s-master1 k8s-master3 )");
  expect(stderr).toContain("Connection timed out");
  expect(changingCalls(calls)).toEqual([]);
});

describe("a node that is a member", () => {
  beforeEach(() => makeNode(world, node));

  test("is not changed: a rerun only starts kubelet", async () => {
    const { status, stdout, calls } = await world.run(join, "create");
    expect([status, stdout]).toEqual([0, `${node} is already a master\n`]);
    expect(changingCalls(calls)).toEqual([`${node}: systemctl start kubelet`]);
    expect(holdsData(world, node)).toBe(true);
  });

  test("of a cluster with another CA is refused", async () => {
    makeHostOfNode(world, node, "another authority\n");
    const { status, stderr, calls } = await world.run(join, "create");
    expect(status).toBe(64);
    expect(stderr).toContain(`${node} is still a node of another, former cluster`);
    expect(changingCalls(calls)).toEqual([]);
  });

  test.each([
    ["the connection breaks", "ssh k8s-master1: report_node", 255],
    ["the other master is slow", "ssh k8s-master1: report_node", 124],
    ["the API server returns an error", "kubectl get node", 1],
    ["etcd returns an error", "etcdctl member list", 1],
  ])("is neither reset nor removed if %s, and the step fails", async (_, about, status) => {
    world.order(about, { status, stderr: "that went wrong\n" });
    const ended = await world.run(join, "create");
    expect(ended.status).toBe(64);
    expect(ended.stderr).toContain(`k8s-master1 does not report whether the cluster knows ${node}`);
    expect(ended.stderr).toContain("nothing was changed");
    expect(ended.stderr).toContain("that went wrong");
    expect(changingCalls(ended.calls)).toEqual([]);
    expect(holdsData(world, node)).toBe(true);
    expect(world.list("cluster/etcd")).toContain(`ee${node}`);
  });

  test("is not changed if the answers are unknown, then known", async () => {
    world.order(`kubectl get node ${node}`, { times: 1 });
    const { status, stdout, calls } = await world.run(join, "create");
    expect([status, stdout]).toEqual([0, `${node} is already a master\n`]);
    expect(calls.filter((call) => call.includes("report_node"))).toHaveLength(2);
    expect(changingCalls(calls)).toEqual([`${node}: systemctl start kubelet`]);
  });

  test("is not changed if the answers are unknown, none, none, then known", async () => {
    world.order(`kubectl get node ${node}`, { times: 1 });
    world.order(`kubectl get node ${node}`, { times: 2, status: 1 });
    const { status, calls } = await world.run(join, "create");
    expect(status).toBe(0);
    expect(changingCalls(calls)).toEqual([`${node}: systemctl start kubelet`]);
  });

  test.each([
    ["node", `cluster/nodes/${node}`],
    ["etcd member", `cluster/etcd/ee${node}`],
  ])("is reset and joins again if two answers say that its %s does not exist", async (_, file) => {
    world.delete(file);
    const { status, stdout, calls } = await world.run(join, "create");
    expect(status).toBe(0);
    expect(stdout).toContain(`${node} was removed from the cluster: joining it again\n`);
    expect(stdout).toContain(`joined ${node} as master\n`);
    expect(calls.filter((call) => call.includes("report_node"))).toHaveLength(2);
    const order = ["remove_node", "reset_host", "join_node"].map((what) =>
      calls.findIndex((call) => call.endsWith(what)),
    );
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order[0]).toBeGreaterThan(0);
    expect(world.list("cluster/etcd")).toEqual(["eek8s-master1", `ee${node}`]);
  });

  test("fails if its API server does not become ready", async () => {
    world.order(`get --raw /readyz at https://${addresses[node]}`, { status: 1, stderr: "connection refused\n" });
    const { status, stderr, calls } = await world.run(join, "create");
    expect(status).toBe(64);
    expect(stderr).toContain(
      `waited 180 s for the API server at https://${addresses[node]}:6443; last seen: connection refused`,
    );
    expect(changingCalls(calls)).toEqual([`${node}: systemctl start kubelet`]);
  });
});

test.each([
  ["foreign", "var/lib/kube-control/member", "that kube-control did not set up"],
  ["broken", "etc/kubernetes/kubelet.conf", "files of it are missing"],
])("a %s node is refused", async (_, missing, words) => {
  makeHostOfNode(world, node);
  world.delete(`hosts/${node}/${missing}`);
  const { status, stderr, calls } = await world.run(join, "create");
  expect(status).toBe(64);
  expect(stderr).toContain(words);
  expect(changingCalls(calls)).toEqual([]);
  expect(world.exists(`hosts/${node}/var/lib/etcd/member/snap`)).toBe(true);
});

test("the remains of an unfinished join are removed first", async () => {
  makeNode(world, node);
  world.delete(`hosts/${node}/var/lib/kube-control/member`);
  world.write(`hosts/${node}/var/lib/kube-control/begun`, markOf(node, "master"));
  const { status, stdout, calls } = await world.run(join, "create");
  expect(status).toBe(0);
  expect(stdout).toContain(`removed the etcd member of ${node}\n`);
  expect([resets(calls), joins(calls)]).toEqual([1, 1]);
});

test("a failed attempt is undone and repeated with new secrets, three attempts at most", async () => {
  world.write("join-breaks");
  const { status, stdout, stderr, calls } = await world.run(join, "create");
  expect(status).toBe(64);
  expect([joins(calls), resets(calls)]).toEqual([3, 2]);
  expect(stdout.match(/removed the etcd member/g)).toHaveLength(2);
  expect(stderr).toContain(`${node} did not join in 3 attempts`);
  expect(stderr).toContain("the join broke, with token [token] and key [certificate key]");
  const secrets = [...world.read("tokens").trim().split("\n"), ...world.read("keys").trim().split("\n")];
  expect(new Set(secrets).size).toBe(6);
  for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
  expect(world.list("cluster/tokens")).toEqual([]);
  expect(world.exists("cluster/certs")).toBe(false);
});

test("the join succeeds if the second attempt does", async () => {
  world.order(`${node}: kubeadm join`, {
    times: 1,
    status: 1,
    stderr: "etcdserver: too many learner members in cluster\n",
  });
  const { status, stdout, calls } = await world.run(join, "create");
  expect([status, joins(calls), resets(calls)]).toEqual([0, 2, 1]);
  expect(stdout).toMatch(/attempt 1 to join k8s-master2 failed\n(.*\n)*joined k8s-master2 as master\n$/);
});

test.each([
  ["no token can be created", "kubeadm token create"],
  ["the connection breaks after one was created", "ssh k8s-master1: create_credentials"],
  ["the encryption key cannot be read", "ssh k8s-master1: read_encryption"],
])("no credentials remain if %s, and no node joins with a part of them", async (_, about) => {
  if (about.includes("create_credentials"))
    world.write("cluster/tokens/tokenX.0123456789abcdef", `kube-control: join of ${node}`);
  world.order(about, { status: 1 });
  const { status, calls } = await world.run(join, "create");
  expect([status, joins(calls)]).toEqual([64, 0]);
  expect(world.list("cluster/tokens")).toEqual([]);
  expect(world.exists("cluster/certs")).toBe(false);
});

describe("etcd's former member of the same name", () => {
  beforeEach(() => makeEtcdMember(world, node, addresses[node] ?? ""));

  test.each(["member list", "member remove"])("is removed although %s fails twice", async (what) => {
    world.order(`etcdctl ${what}`, { times: 2, status: 1, stderr: "context deadline exceeded\n" });
    const { status, stdout } = await world.run(join, "create");
    expect(status).toBe(0);
    expect(stdout.match(/removed the etcd member/g)).toHaveLength(1);
  });

  test.each(["member list", "member remove"])(
    "that cannot be removed because %s fails is an error, and not reported as removed",
    async (what) => {
      world.order(`etcdctl ${what}`, { status: 1, stderr: "context deadline exceeded\n" });
      const { status, stdout, stderr, calls } = await world.run(join, "create");
      expect(status).toBe(64);
      expect(stdout).not.toContain("removed");
      expect(stderr).toMatch(
        /waited 60 s for etcd to remove the member k8s-master2; last seen: .*context deadline exceeded/,
      );
      expect(changingCalls(calls).filter((call) => !call.includes("member remove"))).toEqual([]);
      expect(world.list("cluster/etcd")).toContain(`ee${node}`);
    },
  );
});

test("a master that is no longer in the configuration is removed only if it does not answer", async () => {
  makeNode(world, "k8s-master3"); // a master in the configuration; nothing listens at its address
  makeEtcdMember(world, "k8s-dead", "192.0.2.14");
  makeEtcdMember(world, "k8s-alive", "192.0.2.15");
  world.write("listens", "192.0.2.15:2380\n");
  const { status, stdout, calls } = await world.run(join, "create");
  expect(status).toBe(0);
  expect(stdout).toContain(
    "removed k8s-dead from the cluster: it does not answer and is no longer in the configuration\n",
  );
  expect(calls.filter((call) => call.includes("member remove"))).toEqual([
    "k8s-master1: etcdctl member remove eek8s-dead",
  ]);
  expect(calls).toContain("k8s-master1: kubectl delete node k8s-dead --ignore-not-found --wait=false");
  expect(world.list("cluster/etcd")).toEqual(["eek8s-alive", "eek8s-master1", `ee${node}`, "eek8s-master3"]);
});

test.each([
  ["", "the zone's negative TTL (the SOA record's last field; 30 minutes at Cloudflare): clear that resolver's cache"],
  ["192.0.2.99\n", "it resolves to 192.0.2.99"],
])("a name that resolves elsewhere (%j) fails after the wait, before anything is created", async (name, words) => {
  world.write("name", name);
  const { status, stderr, calls } = await world.run(join, "create");
  expect(status).toBe(64);
  expect(stderr).toContain(words);
  expect([joins(calls), world.list("cluster/tokens")]).toEqual([0, []]);
});
