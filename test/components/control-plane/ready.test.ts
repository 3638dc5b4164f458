import { addresses, blankHosts, makeNode, scriptTexts } from "../../stand-ins/cluster";
import type { StandInHosts } from "../../stand-ins/hosts";

// The real ready.sh, with the output of `kubectl get` given by each test.

let texts: Record<"flannel" | "none", string>;
let world: StandInHosts;

beforeAll(async () => {
  const text = async (name: "flannel" | "none") => (await scriptTexts({ cni: { name } }))("ready");
  texts = { flannel: await text("flannel"), none: await text("none") };
});
beforeEach(() => {
  world = blankHosts();
  Object.keys(addresses).forEach((name) => makeNode(world, name));
});
afterEach(() => world.remove());

/** Runs the step. With the default clock speed it checks twice within its 300 s. `skipped` are nodes that do not answer. */
function ready({
  skipped = "",
  cni = "flannel",
  haste = 300,
}: { skipped?: string; cni?: keyof typeof texts; haste?: number } = {}) {
  world.haste = haste;
  return world.run(texts[cni].replace("SKIPPED=''", `SKIPPED='${skipped}'`), "create");
}

/** A line of `kubectl get nodes`: name, status of the condition Ready, keys of the taints. */
const node = (name: string, status = "True", ...taints: string[]) => [name, status, ...taints].join(" ");
const line = (...fields: (string | number)[]) => fields.join("\t");
const daemonSet = (count: number, wanted = 4, observed = 1) =>
  line("DaemonSet", "kube-proxy", 1, observed, wanted, count, "", "", "", "", " ", "");
const deployment = (count: number | "", wanted = 2) =>
  line("Deployment", "coredns", 1, 1, wanted, count, "", "", "", "", " ", "");
/** A pod that is not Ready by default. */
const pod = (
  name: string,
  { on = "", phase = "Pending", is = "False", unscheduled = "", waiting = "", message = "" },
) => line("Pod", name, 1, "", "", "", on, phase, is, unscheduled, ` ${waiting}`, message);
const proxyOf = (name: string, is = "True") => pod("kube-proxy-x", { on: name, phase: "Running", is });

const printNodes = (...lines: string[]) =>
  world.order("kubectl get nodes -o jsonpath", { stdout: `${lines.join(" \n")}\n` });
const printPods = (...lines: string[]) =>
  world.order("kubectl -n kube-system get daemonsets,deployments,pods", { stdout: `${lines.join("\n")}\n` });

test("all DaemonSets, Deployments and pods are ready: ends at once", async () => {
  printPods(
    daemonSet(4),
    deployment(2),
    ...Object.keys(addresses).map((name) => proxyOf(name)),
    pod("finished", { phase: "Succeeded" }),
    pod("evicted", { phase: "Failed" }),
  );
  const { status, stderr } = await ready();
  expect([status, stderr]).toEqual([0, ""]);
});

test("nodes with the control plane's own taint: ends at once", async () => {
  printNodes(...Object.keys(addresses).map((name) => node(name, "True", "node-role.kubernetes.io/control-plane")));
  expect((await ready()).status).toBe(0);
});

test("disk pressure on all nodes: fails and names every node, its taint and the pending pod", async () => {
  const taint = "node.kubernetes.io/disk-pressure";
  const message = `0/4 nodes are available: 4 node(s) had untolerated taint {${taint}: }.`;
  printNodes(...Object.keys(addresses).map((name) => node(name, "True", taint, taint)));
  printPods(daemonSet(4), deployment(""), pod("coredns-1", { unscheduled: message }));
  const { status, stderr } = await ready();
  expect(status).toBe(64);
  const missing = [
    ...Object.keys(addresses).map((name) => `node ${name} has the taint ${taint}; `),
    "Deployment kube-system/coredns is not rolled out: 0 of 2 pods are ready; ",
    `pod kube-system/coredns-1 is not Ready: ${message}; `,
  ];
  expect(stderr).toContain(`waited 300 s for the cluster; last seen: ${missing.join("")}\n`);
});

test.each([
  ["memory-pressure", "True"],
  ["pid-pressure", "True"],
  ["network-unavailable", "True"],
  ["not-ready", "False"],
  ["unreachable", "Unknown"],
])("a node with the taint %s: fails and names the node and the taint", async (taint, is) => {
  printNodes(
    ...Object.keys(addresses).map((name) =>
      name === "k8s-worker1" ? node(name, is, `node.kubernetes.io/${taint}`) : node(name),
    ),
  );
  const { status, stderr } = await ready();
  expect(status).toBe(64);
  const notReady = is === "True" ? "" : "node k8s-worker1 is not Ready; ";
  expect(stderr).toContain(`seen: ${notReady}node k8s-worker1 has the taint node.kubernetes.io/${taint}; \n`);
});

test.each([
  ["too few pods are ready", daemonSet(3), "3 of 4"],
  ["its status is older than its specification", daemonSet(4, 4, 0), "4 of 4"],
  ["its counts are not numbers", daemonSet(4).replace("\t4\t", "\tmany\t"), "4 of many"],
])("a DaemonSet is not rolled out, %s: fails and names it", async (_, text, count) => {
  printPods(text, deployment(2));
  const { status, stderr } = await ready();
  expect(status).toBe(64);
  expect(stderr).toContain(`seen: DaemonSet kube-system/kube-proxy is not rolled out: ${count} pods are ready; \n`);
});

test.each([
  ["an image that cannot be pulled", { waiting: "ImagePullBackOff", message: "unready" }, "ImagePullBackOff"],
  ["a container that exits repeatedly", { waiting: "CrashLoopBackOff" }, "CrashLoopBackOff"],
  ["a failing readiness probe", { phase: "Running", message: "unready: [coredns]" }, "unready: [coredns]"],
  ["no reason", { phase: "Running" }, "Running"],
])("a pod with %s: fails and names pod, node and reason", async (_, state, reason) => {
  printPods(pod("coredns-1", { on: "k8s-worker1", ...state }));
  const { status, stderr } = await ready();
  expect(status).toBe(64);
  expect(stderr).toContain(`seen: pod kube-system/coredns-1 on k8s-worker1 is not Ready: ${reason}; \n`);
});

test("a pod of flannel is not ready: fails and names its namespace", async () => {
  world.order("kubectl -n kube-flannel get daemonsets,deployments,pods", { stdout: pod("flannel-1", {}) });
  const { status, stderr } = await ready();
  expect(status).toBe(64);
  expect(stderr).toContain("seen: pod kube-flannel/flannel-1 is not Ready: Pending; \n");
});

test("the pods cannot be listed: fails and says why in one line", async () => {
  world.order("kubectl -n kube-system get", { status: 1, stderr: "error: timeout\nTry again\n" });
  const { status, stderr } = await ready();
  expect(status).toBe(64);
  expect(stderr).toContain("seen: pods of kube-system: error: timeout Try again; \n");
});

test("awk fails: fails, and counts nothing as ready", async () => {
  world.delete("bin/awk");
  const fails = "[[ $* != *DaemonSet* && $* != *registered* ]] || exit 2";
  world.write("bin/awk", `#!/bin/bash\n${fails}\nexec /usr/bin/awk "$@"\n`, 0o755);
  const { status, stderr } = await ready();
  expect(status).toBe(64);
  const seen = Object.keys(addresses).map((name) => `node ${name} could not be checked; `);
  expect(stderr).toContain(
    `seen: ${seen.join("")}pods of kube-system could not be checked; pods of kube-flannel could not`,
  );
});

test("a pod becomes ready later: waits for it", async () => {
  world.order("kubectl -n kube-system get", { times: 3, stdout: pod("coredns-1", {}) });
  expect((await ready({ haste: 1 })).status).toBe(0);
});

test("without a pod network: taints and pods are not checked", async () => {
  printNodes(...Object.keys(addresses).map((name) => node(name, "False", "node.kubernetes.io/not-ready")));
  printPods(deployment(""), pod("coredns-1", {}));
  const { status, stderr, calls } = await ready({ cni: "none" });
  expect([status, stderr]).toEqual([0, ""]);
  expect(calls.filter((call) => call.includes("pods"))).toEqual([]);
});

describe("a master that does not answer", () => {
  beforeEach(() => {
    printNodes(
      ...Object.keys(addresses).map((name) =>
        name === "k8s-master3" ? node(name, "Unknown", "node.kubernetes.io/unreachable") : node(name),
      ),
    );
    world.delete("cluster/etcd/eek8s-master3");
    world.order(`readyz at https://${addresses["k8s-master3"]}`, { status: 1 });
  });

  const printWorking = () =>
    printPods(daemonSet(3), deployment(0), proxyOf("k8s-master1"), proxyOf("k8s-master3", "False"));

  test("is among the skipped nodes: is excluded from every check", async () => {
    printWorking();
    const { status, stderr, calls } = await ready({ skipped: "k8s-master3" });
    expect([status, stderr]).toEqual([0, ""]);
    expect(calls.filter((call) => call.includes(`at https://${addresses["k8s-master3"]}`))).toEqual([]);
  });

  test("is not among the skipped nodes: everything that is missing there is named", async () => {
    printWorking();
    const { status, stderr } = await ready();
    expect(status).toBe(64);
    const missing = [
      "node k8s-master3 is not Ready",
      "node k8s-master3 has the taint node.kubernetes.io/unreachable",
      "DaemonSet kube-system/kube-proxy is not rolled out: 3 of 4 pods are ready",
      "Deployment kube-system/coredns is not rolled out: 0 of 2 pods are ready",
      "pod kube-system/kube-proxy-x on k8s-master3 is not Ready: Running",
      "the API server of k8s-master3 is not ready",
      "etcd has no started voter k8s-master3",
    ];
    expect(stderr).toContain(`seen: ${missing.join("; ")}; \n`);
  });

  test("is skipped while another node lacks pods: those pods are named", async () => {
    printPods(daemonSet(2), deployment(0), proxyOf("k8s-master2", "False"));
    const { status, stderr } = await ready({ skipped: "k8s-master3 not-a-node" });
    expect(status).toBe(64);
    const missing = [
      "DaemonSet kube-system/kube-proxy is not rolled out: 2 of 4 pods are ready",
      "pod kube-system/kube-proxy-x on k8s-master2 is not Ready: Running",
    ];
    expect(stderr).toContain(`seen: ${missing.join("; ")}; \n`);
  });
});

describe("a node that is not of the stack", () => {
  const former = (is: string) => {
    printNodes(...Object.keys(addresses).map((name) => node(name)), node("former1", is), node("former2", is));
    const pods = ["former1", "former2"].map((name) => proxyOf(name, "False"));
    return (...more: string[]) => printPods(...more, ...pods, pod("coredns-1", { on: "former1", phase: "Running" }));
  };

  test("is not Ready: its pods are not waited for", async () => {
    former("Unknown")(daemonSet(4, 6), deployment(0));
    const { status, stderr } = await ready();
    expect([status, stderr]).toEqual([0, ""]);
  });

  test("is not Ready while a node of the stack lacks pods: those pods are named", async () => {
    former("Unknown")(daemonSet(3, 6), proxyOf("k8s-master2", "False"));
    const { status, stderr } = await ready();
    expect(status).toBe(64);
    const missing = [
      "DaemonSet kube-system/kube-proxy is not rolled out: 3 of 6 pods are ready",
      "pod kube-system/kube-proxy-x on k8s-master2 is not Ready: Running",
    ];
    expect(stderr).toContain(`seen: ${missing.join("; ")}; \n`);
  });

  test("is Ready: its pods are waited for", async () => {
    former("True")(daemonSet(6, 6), deployment(2));
    const { status, stderr } = await ready();
    expect(status).toBe(64);
    expect(stderr).toContain("pod kube-system/coredns-1 on former1 is not Ready");
  });
});

test("shell code in kubectl's output: is printed and not evaluated", async () => {
  const file = world.path("evaluated");
  const hostile = `a[$(touch ${file})0]`;
  printNodes(node(hostile, hostile, hostile), node("k8s-worker1", hostile, hostile));
  printPods(
    ...["DaemonSet", "Deployment", "Pod", hostile].map((kind) => line(kind, ...Array<string>(11).fill(hostile))),
  );
  world.order("etcdctl member list", { stdout: `${hostile}, started, ${hostile}, ${hostile}, ${hostile}, false\n` });
  const { status, stderr } = await ready();
  expect(status).toBe(64);
  expect(stderr).toContain(`pod kube-system/${hostile} on ${hostile} is not Ready: ${hostile}; `);
  expect(world.exists("evaluated")).toBe(false);
});
