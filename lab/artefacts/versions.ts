/** A version of Kubernetes, and the versions of the other images that its kubeadm pulls. */
export interface Release {
  readonly kubernetes: string;
  readonly etcd: string;
  readonly coreDns: string;
  readonly pause: string;
}

/** The version that every lab serves. modules/e2e-kubeadm pins the same version. */
export const kubernetesVersion = "1.37.2";

/**
 * The versions of Kubernetes that the lab can serve, oldest first. modules/ pins each version of Kubernetes, etcd and CoreDNS
 * with its dependencies.
 */
export const releases: readonly Release[] = [
  { kubernetes: "1.34.4", etcd: "3.6.5", coreDns: "1.12.1", pause: "3.10.1" },
  { kubernetes: "1.35.4", etcd: "3.6.6", coreDns: "1.13.1", pause: "3.10.1" },
  { kubernetes: "1.36.1", etcd: "3.6.8", coreDns: "1.14.2", pause: "3.10.2" },
  { kubernetes: "1.36.3", etcd: "3.6.8", coreDns: "1.14.2", pause: "3.10.2" },
  { kubernetes: kubernetesVersion, etcd: "3.7.0", coreDns: "1.14.6", pause: "3.10.2" },
];

export const cniPluginsVersion = "1.7.1";
/** lab/language-host pins the same version. */
export const pulumiVersion = "3.259.0";
export const versityGatewayVersion = "1.7.0";
