/** Defaults of a control plane's arguments. */
export const defaults = {
  /** TCP port of the endpoint and of every API server. */
  port: 6443,
  /** Version of Kubernetes. */
  version: "v1.37.2",
  podSubnet: "10.244.0.0/16",
  serviceSubnet: "10.96.0.0/12",
  imageRepository: "registry.k8s.io",
  cni: "flannel",
  encryptionAtRest: true,
  /** The key of kubeadm init. */
  encryptionKeyGeneration: 1,
  /** The audit log's file on each master, and its rotation. */
  auditLog: { path: "/var/log/kubernetes/audit/audit.log", maxAgeDays: 30, maxBackups: 10, maxSizeMB: 100 },
  /** Milliseconds. They suit members within one site; etcd's own defaults are 100 and 1000. */
  etcd: { heartbeatInterval: 50, electionTimeout: 300 },
  /** Seconds. */
  shutdownDelay: 2,
  /** kubeadm's default. */
  certificateValidity: "8760h",
  /** Seconds. */
  drainTimeout: 300,
  concurrentWorkers: 1,
  /** Folder in which the package kubernetes-cni installs the CNI plugins. */
  binDir: "/opt/cni/bin",
} as const;
