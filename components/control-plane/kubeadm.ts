import { stringify } from "yaml";
import { apiServerOf } from "./api-server";
import type { ControlPlaneFiles } from "./control-plane-files";
import { defaults } from "./defaults";
import {
  type ApiServerArgs,
  argumentsOf,
  type ComponentArgs,
  componentOf,
  environmentOf,
  type EtcdArgs,
} from "./static-pods";

const api = "kubeadm.k8s.io/v1beta4";
const criSocket = "unix:///run/containerd/containerd.sock";
/**
 * Placeholders that are replaced while a node joins: the token, the CA's hash, the certificate key, and the address of
 * the master that created them. The values are stored nowhere.
 */
export const placeholders = {
  token: "@TOKEN@",
  caHash: "@CA_HASH@",
  certificateKey: "@CERTIFICATE_KEY@",
  address: "@ADDRESS@",
} as const;

/** The values of kubeadm's configuration that are the same on every node. */
export interface Cluster {
  /** Fully qualified name of the endpoint, e.g. `kube-control.example.com`. */
  readonly endpoint: string;
  /** TCP port of the endpoint and of every API server. */
  readonly port: number;
  /** Version of Kubernetes, e.g. `v1.37.2`. */
  readonly version: string;
  readonly podSubnet: string;
  readonly serviceSubnet: string;
  readonly imageRepository: string;
  /** Names and addresses in the API servers' certificates, in addition to those that kubeadm adds. */
  readonly certificateNames: readonly string[];
  readonly encryptionAtRest: boolean;
  /** Number of the key that encrypts Secrets. From 2 on, the API servers reload the file with the keys. */
  readonly encryptionKeyGeneration?: number;
  readonly apiServer?: ApiServerArgs;
  /** The files of the API servers' arguments, as they are on the masters. */
  readonly files?: ControlPlaneFiles;
  readonly controllerManager?: ComponentArgs;
  readonly scheduler?: ComponentArgs;
  readonly etcd: EtcdArgs;
  /** Validity of issued certificates, e.g. `720h`. @default kubeadm's and the controller manager's, a year */
  readonly certificateValidity?: string;
  /** Whole seconds for which an API server that is told to stop continues to serve, while `/readyz` already fails. */
  readonly shutdownDelay: number;
  /** Additional fields of the KubeletConfiguration. */
  readonly kubelet: Readonly<Record<string, unknown>>;
  /** Additional fields of the KubeProxyConfiguration. */
  readonly kubeProxy: Readonly<Record<string, unknown>>;
}

/** A node of the cluster. */
export interface Node {
  readonly name: string;
  readonly address: string;
}

/** The configuration of `kubeadm init`. It contains no secret: each join uploads the certificates with a new key. */
export function initConfiguration(cluster: Cluster, node: Node): string {
  return documents(
    {
      apiVersion: api,
      kind: "InitConfiguration",
      // init always creates a token; nothing uses it, so let it expire after a minute instead of a day
      bootstrapTokens: [{ description: "made by kubeadm init, unused", ttl: "1m0s" }],
      localAPIEndpoint: localApiEndpoint(cluster, node),
      nodeRegistration: registration(node),
    },
    ...sharedDocuments(cluster),
  );
}

/** The part of {@link initConfiguration} that is the same on every node, and that kubeadm stores in the cluster. */
export function sharedConfiguration(cluster: Cluster): string {
  return documents(...sharedDocuments(cluster));
}

function sharedDocuments(cluster: Cluster): object[] {
  return [
    clusterConfiguration(cluster),
    {
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      cgroupDriver: "systemd",
      // the cluster's authority signs kubelets' serving certificates (certificates-program.sh)
      serverTLSBootstrap: true,
      ...cluster.kubelet,
    },
    { apiVersion: "kubeproxy.config.k8s.io/v1alpha1", kind: "KubeProxyConfiguration", ...cluster.kubeProxy },
  ];
}

/** The configuration of `kubeadm join`, with {@link placeholders}. A master also downloads the certificates. */
export function joinConfiguration(cluster: Cluster, node: Node, role: "master" | "worker"): string {
  return documents({
    apiVersion: api,
    kind: "JoinConfiguration",
    discovery: {
      bootstrapToken: {
        apiServerEndpoint: `${cluster.endpoint}:${cluster.port}`,
        token: placeholders.token,
        caCertHashes: [placeholders.caHash],
      },
    },
    nodeRegistration: registration(node),
    ...(role === "master"
      ? {
          controlPlane: {
            localAPIEndpoint: localApiEndpoint(cluster, node),
            certificateKey: placeholders.certificateKey,
          },
        }
      : {}),
  });
}

/** The configuration of `kubeadm init phase upload-certs`, with {@link placeholders}. */
export function uploadConfiguration(cluster: Cluster): string {
  return documents(
    {
      apiVersion: api,
      kind: "InitConfiguration",
      certificateKey: placeholders.certificateKey,
      // without it, kubeadm takes the address of the default route, and fails if there is none
      localAPIEndpoint: { advertiseAddress: placeholders.address },
      nodeRegistration: { criSocket },
    },
    { apiVersion: api, kind: "ClusterConfiguration", kubernetesVersion: cluster.version },
  );
}

function clusterConfiguration(cluster: Cluster): object {
  const { certificateValidity: validity } = cluster;
  return {
    apiVersion: api,
    kind: "ClusterConfiguration",
    kubernetesVersion: cluster.version,
    ...(validity === undefined ? {} : { certificateValidityPeriod: validity }),
    controlPlaneEndpoint: `${cluster.endpoint}:${cluster.port}`,
    imageRepository: cluster.imageRepository,
    networking: { podSubnet: cluster.podSubnet, serviceSubnet: cluster.serviceSubnet },
    apiServer: {
      certSANs: [...new Set([cluster.endpoint, ...cluster.certificateNames])],
      ...apiServerOf(cluster),
    },
    controllerManager: componentOf(
      cluster.controllerManager,
      validity === undefined ? [] : [{ name: "cluster-signing-duration", value: validity }],
    ),
    scheduler: componentOf(cluster.scheduler),
    etcd: {
      local: {
        extraArgs: [
          {
            name: "heartbeat-interval",
            value: String(cluster.etcd.heartbeatInterval ?? defaults.etcd.heartbeatInterval),
          },
          { name: "election-timeout", value: String(cluster.etcd.electionTimeout ?? defaults.etcd.electionTimeout) },
          ...argumentsOf(cluster.etcd),
        ],
        ...environmentOf(cluster.etcd),
      },
    },
  };
}

function localApiEndpoint(cluster: Cluster, node: Node): object {
  return { advertiseAddress: node.address, bindPort: cluster.port };
}

/** Sets node-ip, so that kubelet does not register another address of the host. */
function registration(node: Node): object {
  return { name: node.name, criSocket, kubeletExtraArgs: [{ name: "node-ip", value: node.address }] };
}

function documents(...all: object[]): string {
  // kubeadm reads YAML 1.1, in which the texts on, off, yes, no, y and n are booleans
  const options = { sortMapEntries: true, lineWidth: 0, compat: "yaml-1.1" as const };
  return all.map((one) => stringify(one, options)).join("---\n");
}
