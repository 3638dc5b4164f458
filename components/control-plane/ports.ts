/** A TCP port on which a program of Kubernetes listens on a node. */
export interface NodePort {
  readonly port: number;
  /** Name of the program in messages. */
  readonly what: string;
  /**
   * The processes that may listen on this port when a host is surveyed. Omitted if the survey does not check the port:
   * a pod network may replace kube-proxy, and the ports of kubelet's health and etcd's metrics can be configured.
   */
  readonly processes?: readonly string[];
}

const kubelet: NodePort = { port: 10250, what: "kubelet", processes: ["kubelet"] };

/** Ports of the programs that run on every node. */
export const workerPorts: readonly NodePort[] = [kubelet];

/**
 * Ports of the programs that run on a master, except the API server's port.
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
