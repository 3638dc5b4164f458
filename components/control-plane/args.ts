import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import type { CniArgs } from "./cni";
import type { ContainerdArgs } from "./containerd";
import type { ApiServerArgs, ComponentArgs, EtcdArgs } from "./static-pods";

/** A flat apt repository with kubeadm, kubelet and kubectl. */
export interface PackageRepository {
  /**
   * URL of the repository.
   *
   * @default the repository of the version at pkgs.k8s.io
   * @see https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/install-kubeadm/
   */
  readonly url?: string;
  /**
   * The repository's public key as ASCII-armoured text. Excludes {@link keyUrl}.
   *
   * @default hosts fetch the key
   */
  readonly key?: string;
  /**
   * URL from which hosts fetch the public key. Excludes {@link key}.
   *
   * @default `Release.key` in the repository
   */
  readonly keyUrl?: string;
  /**
   * The fingerprint that the key must have: 40 hexadecimal digits. The hosts check it.
   *
   * @default for a key that hosts fetch from pkgs.k8s.io its known fingerprint; otherwise any key is accepted
   */
  readonly keyFingerprint?: string;
}

export interface ControlPlaneArgs {
  /**
   * Fully qualified name of the endpoint. It cannot be changed once there is a cluster. When kubeadm runs on a node,
   * the name must resolve there to a master or to an address in {@link certificateNames}; on the first master, to this
   * master or to such an address.
   */
  readonly endpoint: pulumi.Input<string>;
  /**
   * TCP port of the endpoint and of every API server.
   *
   * @default `defaults.port`
   */
  readonly port?: number;
  /** The masters, an odd number. The first is initialised; the others join it one after another. */
  readonly nodes: Host[];
  /**
   * Nodes that run pods, but no part of the control plane.
   *
   * @default none
   */
  readonly workers?: Host[];
  /**
   * Names and addresses in the API servers' certificates, in addition to the endpoint and the masters, e.g. the virtual
   * IP.
   *
   * @default none
   */
  readonly certificateNames?: pulumi.Input<string>[];
  /**
   * Version of Kubernetes, e.g. `v1.37.2`. Set it explicitly: a later version of kube-control may have another default.
   * A newer patch version, or the next minor version, upgrades a running cluster, one node after another.
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
   * The apt repository from which nodes install Kubernetes' packages.
   *
   * @default pkgs.k8s.io
   */
  readonly repository?: PackageRepository;
  /**
   * Registry and path of the control plane's images.
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
   * Additional fields of every node's KubeletConfiguration.
   *
   * @see https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
   * @default none
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Pulumi's analyzer does not take unknown
  readonly kubelet?: Readonly<Record<string, any>>;
  /**
   * Additional fields of the KubeProxyConfiguration.
   *
   * @see https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
   * @default none
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Pulumi's analyzer does not take unknown
  readonly kubeProxy?: Readonly<Record<string, any>>;
  /**
   * Additions to containerd's configuration.
   *
   * @default none
   */
  readonly containerd?: ContainerdArgs;
  /**
   * Whether Secrets are encrypted in etcd. The key is generated on the first master, and is stored only on masters.
   *
   * @default `defaults.encryptionAtRest`
   */
  readonly encryptionAtRest?: boolean;
  /**
   * Number of the key that encrypts Secrets. A higher number rotates the key: the masters get a new one, every Secret
   * is written again, and the former key is removed.
   *
   * @see https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#rotating-a-decryption-key
   * @default `defaults.encryptionKeyGeneration`
   */
  readonly encryptionKeyGeneration?: number;
  /**
   * Validity of the certificates that kubeadm and the controller manager issue: whole hours or minutes, e.g. `8760h`. A timer on
   * each master renews those of kubeadm that have less than a third of it left; kubelets renew their own.
   *
   * @default `defaults.certificateValidity`
   */
  readonly certificateValidity?: string;
  /**
   * Additions to the API servers: flags, volumes, environment, audit log, authentication, admission.
   *
   * @default none
   */
  readonly apiServer?: ApiServerArgs;
  /**
   * Additions to the controller managers.
   *
   * @default none
   */
  readonly controllerManager?: ComponentArgs;
  /**
   * Additions to the schedulers.
   *
   * @default none
   */
  readonly scheduler?: ComponentArgs;
  /**
   * etcd's timers, which decide how soon its members notice that the leader has failed, and additions to etcd.
   *
   * @default `defaults.etcd`
   */
  readonly etcd?: EtcdArgs;
  /**
   * Seconds for which an API server that is told to stop continues to serve, while `/readyz` already fails.
   *
   * @default `defaults.shutdownDelay`
   */
  readonly shutdownDelay?: number;
  /**
   * Whole seconds within which the pods of a node must have moved to other nodes before the node is upgraded. After
   * that, the node is not changed.
   *
   * @default `defaults.drainTimeout`
   */
  readonly drainTimeout?: number;
  /**
   * Workers that are upgraded at the same time.
   *
   * @default `defaults.concurrentWorkers`
   */
  readonly concurrentWorkers?: number;
  /**
   * The load balancers in front of the API servers. A master leaves them while it is updated.
   *
   * @default none: an update of a master may end connections that a load balancer has just sent to it
   */
  readonly loadBalancers?: LoadBalancers;
  /**
   * Resources that running nodes are updated after, such as the load balancers.
   *
   * @default none
   */
  readonly updatesAfter?: pulumi.Resource[];
}

/** HAProxy load balancers whose servers' state can be changed through the stats socket. */
export interface LoadBalancers {
  readonly hosts: Host[];
  /** Path of HAProxy's stats socket. */
  readonly statsSocket: string;
  /** The section of HAProxy's configuration that checks the API servers; the servers have the names of the masters. */
  readonly backend: string;
}
