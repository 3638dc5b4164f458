/** What a control plane has where its arguments say nothing else. */
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
  /** Milliseconds, for members within one site. etcd's own defaults are 100 and 1000. */
  etcd: { heartbeatInterval: 50, electionTimeout: 300 },
  /** Seconds. */
  shutdownDelay: 2,
  /** Folder of the CNI plugins: where the package kubernetes-cni puts them. */
  binDir: "/opt/cni/bin",
} as const;
