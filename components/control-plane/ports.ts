/** A TCP port of a node's own programs. */
export interface NodePort {
  readonly port: number;
  /** The program, as a message names it. */
  readonly what: string;
  /**
   * The processes that may listen there when a host is surveyed. Left out where the port is not surveyed: a pod network may
   * replace kube-proxy, and kubelet and etcd can be told another port for their health and metrics.
   */
  readonly processes?: readonly string[];
}

const kubelet: NodePort = { port: 10250, what: "kubelet", processes: ["kubelet"] };

/** Ports of every node's own programs. */
export const workerPorts: readonly NodePort[] = [kubelet];

/**
 * Ports of a master's own programs, besides the API server's.
 *
 * @see https://kubernetes.io/docs/reference/networking/ports-and-protocols/
 */
export const masterPorts: readonly NodePort[] = [
  { port: 2379, what: "etcd (clients)", processes: ["etcd"] },
  { port: 2380, what: "etcd (peers)", processes: ["etcd"] },
  { port: 2381, what: "etcd (metrics)" },
  { port: 10248, what: "kubelet (health)" },
  { port: 10249, what: "kube-proxy (metrics)" },
  kubelet,
  { port: 10256, what: "kube-proxy (health)" },
  { port: 10257, what: "kube-controller-manager", processes: ["kube-controller", "kube-controller-manager"] },
  { port: 10259, what: "kube-scheduler", processes: ["kube-scheduler"] },
];
