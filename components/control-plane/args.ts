import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import type { CniArgs } from "./cni";
import type { ContainerdArgs } from "./containerd";
import type { EtcdTiming } from "./kubeadm";

/** A flat apt repository with kubeadm, kubelet and kubectl. */
export interface PackageRepository {
  /**
   * Its address.
   *
   * @default pkgs.k8s.io's of the version
   * @see https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/install-kubeadm/
   */
  readonly url?: string;
  /**
   * Its key as armoured text. Excludes {@link keyUrl}.
   *
   * @default hosts fetch the key
   */
  readonly key?: string;
  /**
   * Where hosts fetch its key. Excludes {@link key}.
   *
   * @default `Release.key` in the repository
   */
  readonly keyUrl?: string;
  /**
   * The fingerprint that the fetched key must have: 40 hexadecimal digits.
   *
   * @default that of pkgs.k8s.io's key for a key from there, otherwise any
   */
  readonly keyFingerprint?: string;
}

export interface ControlPlaneArgs {
  /**
   * The fully qualified name by which everything reaches the API servers. It has to resolve on every node to a master or
   * to an address among {@link certificateNames} before the first master is made. It cannot be changed afterwards.
   */
  readonly endpoint: pulumi.Input<string>;
  /**
   * TCP port of the endpoint and of every API server.
   *
   * @default `defaults.port`
   */
  readonly port?: number;
  /** The masters: the first is initialised, the others join it in turn. At least one; an odd number. */
  readonly nodes: Host[];
  /**
   * Further nodes, which run pods and nothing of the control plane.
   *
   * @default none
   */
  readonly workers?: Host[];
  /**
   * Names and addresses for the API servers' certificates besides the endpoint and the masters: the virtual IP.
   *
   * @default none
   */
  readonly certificateNames?: pulumi.Input<string>[];
  /**
   * Version of Kubernetes, e.g. `v1.37.2`. Name it: a later version of kube-control may have another default. On a running
   * cluster it is changed by `kubeadm upgrade`, not here.
   *
   * @default `defaults.version`
   */
  readonly version?: string;
  /**
   * IPv4 network of the pods, e.g. `10.244.0.0/16`.
   *
   * @default `defaults.podSubnet`
   */
  readonly podSubnet?: string;
  /**
   * IPv4 network of the Services, e.g. `10.96.0.0/12`.
   *
   * @default `defaults.serviceSubnet`
   */
  readonly serviceSubnet?: string;
  /**
   * Where nodes get Kubernetes' packages from.
   *
   * @default pkgs.k8s.io
   */
  readonly repository?: PackageRepository;
  /**
   * Where the control plane's images come from.
   *
   * @default `defaults.imageRepository`
   */
  readonly imageRepository?: string;
  /**
   * The pod network.
   *
   * @default `defaults.cni`
   */
  readonly cni?: CniArgs;
  /**
   * Further fields of every node's KubeletConfiguration.
   *
   * @see https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
   * @default none
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Pulumi's analyzer does not take unknown
  readonly kubelet?: Readonly<Record<string, any>>;
  /**
   * Further fields of the KubeProxyConfiguration.
   *
   * @see https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
   * @default none
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Pulumi's analyzer does not take unknown
  readonly kubeProxy?: Readonly<Record<string, any>>;
  /**
   * What differs from containerd's usual configuration.
   *
   * @default nothing
   */
  readonly containerd?: ContainerdArgs;
  /**
   * Encrypts Secrets in etcd, with a key made on the first master that never leaves the masters.
   *
   * @default `defaults.encryptionAtRest`
   */
  readonly encryptionAtRest?: boolean;
  /**
   * How soon etcd notices that its leader is gone.
   *
   * @default `defaults.etcd`
   */
  readonly etcd?: EtcdTiming;
  /**
   * Seconds for which an API server that is told to stop serves on, while `/readyz` says that it will.
   *
   * @default `defaults.shutdownDelay`
   */
  readonly shutdownDelay?: number;
}
