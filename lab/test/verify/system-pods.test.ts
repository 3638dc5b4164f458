import { type NodeList, nodesFinding } from "../../verify/cluster";
import { systemPodsFinding, type WorkloadList } from "../../verify/system-pods";

type Item = WorkloadList["items"][number];

const pod = (name: string, status: Item["status"]): Item => ({ kind: "Pod", metadata: { name }, spec: {}, status });
const ready = (status = "True", message?: string) => [{ type: "Ready", status, message }];
const daemonSet = (desiredNumberScheduled: number, numberReady: number, observedGeneration?: number): Item => ({
  kind: "DaemonSet",
  metadata: { name: "kube-proxy", generation: 1 },
  spec: {},
  status: { desiredNumberScheduled, numberReady, observedGeneration },
});
const deployment = (replicas: number, readyReplicas?: number): Item => ({
  kind: "Deployment",
  metadata: { name: "coredns", generation: 2 },
  spec: { replicas },
  status: { readyReplicas, observedGeneration: 2 },
});

describe("the system pods", () => {
  test("all are Ready: the finding counts them", () => {
    const items = [
      daemonSet(1, 1, 1),
      deployment(1, 1),
      pod("kube-proxy-1", { phase: "Running", conditions: ready() }),
      pod("coredns-1", { phase: "Running", conditions: ready() }),
      pod("job-1", { phase: "Succeeded", conditions: ready("False") }),
      pod("coredns-0", { phase: "Failed" }),
    ];
    expect(systemPodsFinding({ items })).toEqual({ ok: true, seen: ["2 Ready"] });
  });

  test("there are none: the finding is not ok", () => {
    expect(systemPodsFinding({ items: [] })).toEqual({ ok: false, seen: ["0 Ready"] });
  });

  test("some are not ready: the finding names them and the reasons", () => {
    const waiting = (reason: string) => ({ state: { waiting: { reason } } });
    const items = [
      daemonSet(3, 2, 1),
      daemonSet(0, 0),
      deployment(2),
      pod("coredns-1", {
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", message: "0/3 nodes are available" }],
      }),
      pod("coredns-2", {
        phase: "Pending",
        conditions: ready("False", "containers with unready status: [a]"),
        initContainerStatuses: [waiting("CrashLoopBackOff")],
        containerStatuses: [waiting("PodInitializing"), { state: {} }],
      }),
      pod("kube-proxy-1", { phase: "Running", conditions: ready("False", "containers with unready status: [a]") }),
      pod("kube-proxy-2", { phase: "Pending" }),
    ];
    expect(systemPodsFinding({ items })).toEqual({
      ok: false,
      seen: [
        "DaemonSet kube-proxy is not rolled out: 2 of 3 pods are ready",
        "DaemonSet kube-proxy is not rolled out: 0 of 0 pods are ready",
        "Deployment coredns is not rolled out: 0 of 2 pods are ready",
        "pod coredns-1 is not Ready: 0/3 nodes are available",
        "pod coredns-2 is not Ready: CrashLoopBackOff, PodInitializing",
        "pod kube-proxy-1 is not Ready: containers with unready status: [a]",
        "pod kube-proxy-2 is not Ready: Pending",
      ],
    });
  });
});

describe("the nodes", () => {
  const list = (...taints: string[]): NodeList => ({
    items: [
      {
        metadata: { name: "k8s-master1" },
        spec: { taints: taints.map((key) => ({ key })) },
        status: { conditions: ready(), nodeInfo: { kubeletVersion: "v1.37.2" } },
      },
    ],
  });

  test("a node is Ready and has only the control plane's taint: the finding is ok", () => {
    expect(nodesFinding(list("node-role.kubernetes.io/control-plane"), ["k8s-master1"])).toEqual({
      ok: true,
      seen: ["k8s-master1 Ready v1.37.2"],
    });
  });

  test("a node is Ready under disk pressure: the finding names the taint and is not ok", () => {
    const taint = "node.kubernetes.io/disk-pressure";
    expect(nodesFinding(list(taint, taint), ["k8s-master1"])).toEqual({
      ok: false,
      seen: [`k8s-master1 Ready v1.37.2, has the taint ${taint}`],
    });
  });

  test("a node is missing: the finding is not ok", () => {
    expect(nodesFinding(list(), ["k8s-master1", "k8s-master2"]).ok).toBe(false);
  });
});
