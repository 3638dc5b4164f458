import { stringify } from "yaml";
import { defaults } from "./defaults";

const api = "kubeadm.k8s.io/v1beta4";
const criSocket = "unix:///run/containerd/containerd.sock";
/** Where the key lies with which the API server encrypts Secrets. The API server's pod has this folder mounted already. */
export const encryptionFile = "/etc/kubernetes/pki/encryption-at-rest.yaml";

/**
 * What is filled in while a node joins, and is stored nowhere: the token, the CA's hash, the certificates' key, and the address of
 * the master that made them.
 */
export const placeholders = {
  token: "@TOKEN@",
  caHash: "@CA_HASH@",
  certificateKey: "@CERTIFICATE_KEY@",
  address: "@ADDRESS@",
} as const;

/** How soon etcd notices that its leader is gone, in milliseconds. */
export interface EtcdTiming {
  /** How often the leader is heard. @default `defaults.etcd.heartbeatInterval` */
  readonly heartbeatInterval?: number;
  /** How long a member waits for it, at least five heartbeats; the election begins after one to two of these. @default `defaults.etcd.electionTimeout` */
  readonly electionTimeout?: number;
}

/** The cluster as kubeadm sees it. */
export interface Cluster {
  /** The name by which everything reaches the API servers, e.g. `kube-control.example.com`. */
  readonly endpoint: string;
  /** TCP port of the endpoint and of every API server. */
  readonly port: number;
  /** e.g. `v1.37.2`. */
  readonly version: string;
  readonly podSubnet: string;
  readonly serviceSubnet: string;
  readonly imageRepository: string;
  /** Names and addresses for the API servers' certificates, besides those that kubeadm adds. */
  readonly certificateNames: readonly string[];
  readonly encryptionAtRest: boolean;
  readonly etcd: EtcdTiming;
  /** Whole seconds for which an API server that is told to stop says so at `/readyz` and serves on. */
  readonly shutdownDelay: number;
  /** Further fields of the KubeletConfiguration. */
  readonly kubelet: Readonly<Record<string, unknown>>;
  /** Further fields of the KubeProxyConfiguration. */
  readonly kubeProxy: Readonly<Record<string, unknown>>;
}

/** A machine in that cluster. */
export interface Node {
  readonly name: string;
  readonly address: string;
}

/** The configuration of `kubeadm init`. Holds no secret: the certificates are uploaded at each join with a key of its own. */
export function initConfiguration(cluster: Cluster, node: Node): string {
  return documents(
    {
      apiVersion: api,
      kind: "InitConfiguration",
      // init insists on making a token; this one, which nobody uses, is gone after a minute instead of a day
      bootstrapTokens: [{ description: "made by kubeadm init, unused", ttl: "1m0s" }],
      localAPIEndpoint: localApiEndpoint(cluster, node),
      nodeRegistration: registration(node),
    },
    clusterConfiguration(cluster),
    {
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      cgroupDriver: "systemd",
      ...cluster.kubelet,
    },
    { apiVersion: "kubeproxy.config.k8s.io/v1alpha1", kind: "KubeProxyConfiguration", ...cluster.kubeProxy },
  );
}

/** The configuration of `kubeadm join`, with {@link placeholders}; a master fetches the certificates as well. */
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
      // without it kubeadm looks for one at the default route, and fails where there is none
      localAPIEndpoint: { advertiseAddress: placeholders.address },
      nodeRegistration: { criSocket },
    },
    { apiVersion: api, kind: "ClusterConfiguration", kubernetesVersion: cluster.version },
  );
}

function clusterConfiguration(cluster: Cluster): object {
  return {
    apiVersion: api,
    kind: "ClusterConfiguration",
    kubernetesVersion: cluster.version,
    controlPlaneEndpoint: `${cluster.endpoint}:${cluster.port}`,
    imageRepository: cluster.imageRepository,
    networking: { podSubnet: cluster.podSubnet, serviceSubnet: cluster.serviceSubnet },
    apiServer: {
      certSANs: [...new Set([cluster.endpoint, ...cluster.certificateNames])],
      extraArgs: [
        ...(cluster.encryptionAtRest ? [{ name: "encryption-provider-config", value: encryptionFile }] : []),
        { name: "shutdown-delay-duration", value: `${cluster.shutdownDelay}s` },
      ],
    },
    etcd: {
      local: {
        extraArgs: [
          {
            name: "heartbeat-interval",
            value: String(cluster.etcd.heartbeatInterval ?? defaults.etcd.heartbeatInterval),
          },
          { name: "election-timeout", value: String(cluster.etcd.electionTimeout ?? defaults.etcd.electionTimeout) },
        ],
      },
    },
  };
}

function localApiEndpoint(cluster: Cluster, node: Node): object {
  return { advertiseAddress: node.address, bindPort: cluster.port };
}

/** The address is said, so that a host with several does not register another one. */
function registration(node: Node): object {
  return { name: node.name, criSocket, kubeletExtraArgs: [{ name: "node-ip", value: node.address }] };
}

function documents(...all: object[]): string {
  return all.map((one) => stringify(one, { sortMapEntries: true, lineWidth: 0 })).join("---\n");
}
