import {
  addresses,
  blankHosts,
  changingCalls,
  holdsData,
  makeNode,
  markOf,
  scriptTexts,
} from "../../stand-ins/cluster";
import type { StandInHosts } from "../../stand-ins/hosts";

// The mark that identifies a host's cluster, node and role, and how the real scripts treat a host with another mark.

let texts: (step: string) => string;
let world: StandInHosts;

beforeAll(async () => {
  texts = await scriptTexts();
});
beforeEach(() => {
  world = blankHosts();
  for (const name of Object.keys(addresses)) makeNode(world, name);
});
afterEach(() => world.remove());

const mark = (node: string) => `hosts/${node}/var/lib/kube-control/member`;
const cluster = "kube-control.example.com:6443";

test("a host that joined has a mark with its cluster, node and role", async () => {
  world.delete("hosts/k8s-master2");
  world.write("hosts/k8s-master2/run/empty");
  await world.run(texts("k8s-master2-join"), "create");
  expect(world.read(mark("k8s-master2"))).toMatch(
    new RegExp(`^cluster ${cluster}\nnode k8s-master2\nrole master\nca [0-9a-f]{64}\n$`),
  );
});

test.each([
  ["k8s-master1", "init", "init of kube-control.example.com\n"],
  ["k8s-master2", "join", "join of kube-control.example.com\n"],
])("the mark that an earlier version wrote on %s is completed", async (node, step, old) => {
  world.write(mark(node), old);
  const { status } = await world.run(texts(`${node}-${step}`), "create", step === "init" ? node : "");
  expect(status).toBe(0);
  expect(world.read(mark(node))).toContain(`cluster ${cluster}\nnode ${node}\nrole master\nca `);
  expect(holdsData(world, node)).toBe(true);
});

test.each([
  ["another node", markOf("cp3", "master"), `cp3, a master of ${cluster}`],
  ["another cluster", markOf("k8s-master3", "master", "other.example.com:6443"), "k8s-master3, a master of other"],
  ["another role", markOf("k8s-master3", "worker"), `k8s-master3, a worker of ${cluster}`],
  ["nothing, as after a power failure", "", "unknown, because "],
])("a deletion does not change the host if its mark names %s", async (_, text, found) => {
  world.write(mark("k8s-master3"), text);
  const { status, stdout, calls } = await world.run(texts("k8s-master3-membership"), "delete");
  expect(status).toBe(0);
  expect(stdout).toContain(`expected k8s-master3, a master of ${cluster}, found ${found}`);
  expect(calls.filter((call) => call.includes("kubeadm reset"))).toEqual([]);
  expect(holdsData(world, "k8s-master3")).toBe(true);
});

test("a deletion does not change a Kubernetes that kube-control did not set up", async () => {
  world.delete(mark("k8s-master3"));
  const { status, stdout } = await world.run(texts("k8s-master3-membership"), "delete");
  expect([status, stdout.includes("found a Kubernetes node that kube-control did not set up")]).toEqual([0, true]);
  expect(holdsData(world, "k8s-master3")).toBe(true);
});

test("a host renamed in place keeps its etcd member when its old name is deleted", async () => {
  world.write(mark("k8s-master3"), markOf("cp3", "master"));
  world.write(
    "cluster/etcd/eek8s-master3",
    `eecp3, started, cp3, https://${addresses["k8s-master3"]}:2380, x, false\n`,
  );
  const { calls } = await world.run(texts("k8s-master3-membership"), "delete");
  expect(calls.filter((call) => call.includes("member remove"))).toEqual([]);
});

test("a join refuses a host whose mark names another node, and changes nothing", async () => {
  world.write(mark("k8s-master3"), markOf("cp3", "master"));
  const { status, stderr, calls } = await world.run(texts("k8s-master3-join"), "create");
  expect(status).toBe(64);
  expect(stderr).toContain(`is cp3, a master of ${cluster}; expected k8s-master3, a master of ${cluster}`);
  expect(changingCalls(calls)).toEqual([]);
});

test("a join refuses a master that became a worker, and changes nothing", async () => {
  world.write(mark("k8s-worker1"), markOf("k8s-worker1", "master"));
  const { status, calls } = await world.run(texts("k8s-worker1-join"), "create");
  expect([status, changingCalls(calls)]).toEqual([64, []]);
});

test("a join resets a host with its former name if that change was confirmed", async () => {
  world.write(mark("k8s-master3"), markOf("cp3", "master"));
  const text = texts("k8s-master3-join").replace("FORMER_NODE=''", "FORMER_NODE='cp3'");
  const { status, stdout } = await world.run(text, "create");
  expect([status, stdout.includes("joined k8s-master3 as master")]).toEqual([0, true]);
});

test("an init refuses a host whose mark names another node, and changes nothing", async () => {
  world.write(mark("k8s-master1"), markOf("cp1", "master"));
  const { status, stderr, calls } = await world.run(texts("k8s-master1-init"), "create", "k8s-master1");
  expect(status).toBe(64);
  expect(stderr).toContain(`this host is cp1, a master of ${cluster}; expected k8s-master1`);
  expect(changingCalls(calls)).toEqual([]);
});
