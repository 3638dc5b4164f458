import { isIPv4 } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import type * as command from "@pulumi/command";
import type { Host } from "../../host/host";
import { refuse } from "../../host/refusal";
import { acrossHostsScript, hostScript } from "../../host/script";
import { podNetwork, type CniArgs } from "./cni";
import { defaults } from "./defaults";
import { containerdConfiguration, registryHosts, type ContainerdArgs } from "./containerd";
import {
  encryptionFile,
  initConfiguration,
  joinConfiguration,
  uploadConfiguration,
  type Cluster,
  type EtcdTiming,
} from "./kubeadm";
import { refusals } from "./refusals";
import { scripts } from "./scripts";

export interface ControlPlaneArgs {
  /**
   * The fully qualified name by which everything reaches the API servers. It has to resolve on every node to a master or
   * to an address among {@link certificateNames} before the first master is made. It cannot be changed afterwards.
   */
  readonly endpoint: pulumi.Input<string>;
  /** TCP port of the endpoint and of every API server. @default `defaults.port` */
  readonly port?: number;
  /** The masters: the first is initialised, the others join it in turn. At least one; an odd number. */
  readonly nodes: readonly Host[];
  /** Further nodes, which run pods and nothing of the control plane. Default: none. */
  readonly workers?: readonly Host[];
  /** Names and addresses for the API servers' certificates besides the endpoint and the masters: the virtual IP. */
  readonly certificateNames?: readonly string[];
  /** Version of Kubernetes, e.g. `v1.37.2`. On a running cluster it is changed by `kubeadm upgrade`, not here. */
  readonly version: string;
  /** IPv4 network of the pods, e.g. `10.244.0.0/16`. */
  readonly podSubnet: string;
  /** IPv4 network of the Services, e.g. `10.96.0.0/12`. */
  readonly serviceSubnet: string;
  /**
   * Flat apt repository with kubeadm, kubelet and kubectl, and its key: the armoured text, or where hosts fetch it, and the
   * fingerprint that the fetched key must have. Default: any.
   */
  readonly repository: {
    readonly url: string;
    readonly key?: string;
    readonly keyUrl?: string;
    readonly keyFingerprint?: string;
  };
  /** Where the control plane's images come from. @default `defaults.imageRepository` */
  readonly imageRepository?: string;
  /** The pod network. @default `defaults.cni` */
  readonly cni?: CniArgs;
  /** Further fields of every node's KubeletConfiguration. */
  readonly kubelet?: Readonly<Record<string, unknown>>;
  /** Further fields of the KubeProxyConfiguration. */
  readonly kubeProxy?: Readonly<Record<string, unknown>>;
  readonly containerd?: ContainerdArgs;
  /** Encrypts Secrets in etcd, with a key made on the first master that never leaves the masters. @default `defaults.encryptionAtRest` */
  readonly encryptionAtRest?: boolean;
  /** How soon etcd notices that its leader is gone. @default `defaults.etcd` */
  readonly etcd?: EtcdTiming;
  /** Seconds for which an API server that is told to stop serves on, while `/readyz` says that it will. @default `defaults.shutdownDelay` */
  readonly shutdownDelay?: number;
}

type Role = "master" | "worker";

/**
 * A highly available Kubernetes control plane made by kubeadm. It is there when every node is Ready, etcd has one started
 * voter per master, and each API server says so itself.
 *
 * ```ts
 * const controlPlane = new ControlPlane("kubernetes", {
 *   endpoint: endpoint.fqdn, nodes: settings.masters, certificateNames: ["192.168.2.140"], ...settings.kubernetes,
 * }, { dependsOn: endpoint });
 * ```
 */
export class ControlPlane extends pulumi.ComponentResource {
  /** The administrator's kubeconfig, whose server is the endpoint. */
  readonly kubeconfig: pulumi.Output<string>;
  /** The steps, for whatever has to wait for one of them. */
  readonly steps: {
    readonly init: pulumi.Resource;
    readonly joins: readonly pulumi.Resource[];
    readonly ready: pulumi.Resource;
  };

  constructor(name: string, args: ControlPlaneArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:ControlPlane", name, {}, opts);

    const { nodes: masters, workers = [] } = args;
    const [first, ...others] = masters;
    refuse(name, refusals(args));
    if (first === undefined) {
      throw new Error("a control plane without a node was not refused: a defect of refusals.ts");
    }
    const port = args.port ?? defaults.port;
    const certificateNames = [...(args.certificateNames ?? []), ...masters.map((host) => host.address)];
    const endpoint = pulumi.output(args.endpoint);
    const clusterName = pulumi.interpolate`${endpoint}:${port}`;
    const cluster = endpoint.apply((fqdn): Cluster => ({
      endpoint: fqdn,
      port,
      version: args.version,
      podSubnet: args.podSubnet,
      serviceSubnet: args.serviceSubnet,
      imageRepository: args.imageRepository ?? defaults.imageRepository,
      certificateNames,
      encryptionAtRest: args.encryptionAtRest ?? defaults.encryptionAtRest,
      etcd: args.etcd ?? {},
      shutdownDelay: args.shutdownDelay ?? defaults.shutdownDelay,
      kubelet: args.kubelet ?? {},
      kubeProxy: args.kubeProxy ?? {},
    }));
    const cgroupV1 = args.kubelet?.["failCgroupV1"] === false ? "allowed" : "refused";
    const encryption = (args.encryptionAtRest ?? defaults.encryptionAtRest) ? encryptionFile : "";
    const child = (options: pulumi.CustomResourceOptions) => ({ ...options, parent: this });
    const networkArgs = podNetwork(args.cni ?? { name: defaults.cni });
    const virtualAddresses = (args.certificateNames ?? []).filter((one) => isIPv4(one));

    const memberships = registerMemberships();
    const prepared = new Map([...masters, ...workers].map((host) => [host, prepare(host)] as const));
    const init = initialise(first);
    const network = applyNetwork();
    const joins = joinMasters();
    const workerJoins = workers.map((host) => join(host, "worker", [...joins, init]));
    const ready = waitUntilReady();

    this.kubeconfig = readKubeconfig().stdout;
    this.steps = { init, joins: [...joins, ...workerJoins], ready };
    this.registerOutputs({ kubeconfig: this.kubeconfig });

    /** In a chain, so that nodes leave one by one and the first master last: etcd's majority is never taken at once. */
    function registerMemberships(): Map<Host, command.local.Command> {
      const all = new Map<Host, command.local.Command>();
      let before: pulumi.Resource[] = [];
      for (const [host, role] of roles()) {
        const membership = across(`${host.name}-membership`, "take part in the cluster", host, scripts.membership, {
          variables: { ROLE: role, CLUSTER: clusterName, POD_SUBNET: args.podSubnet },
          dependsOn: before,
          deletes: true,
          timeoutSeconds: 900,
        });
        all.set(host, membership);
        before = [membership];
      }
      return all;
    }

    function prepare(host: Host): command.remote.Command {
      const role = roleOf(host);
      return hostScript(
        `${name}-${host.name}-prepare`,
        {
          host,
          step: "prepare for Kubernetes",
          script: scripts.prepare(registryHosts(args.containerd ?? {})),
          variables: {
            ROLE: role,
            VERSION: args.version,
            REPOSITORY_URL: args.repository.url,
            REPOSITORY_KEY: args.repository.key ?? "",
            REPOSITORY_KEY_URL: args.repository.keyUrl ?? "",
            REPOSITORY_KEY_FINGERPRINT: args.repository.keyFingerprint ?? "",
            IMAGE_REPOSITORY: args.imageRepository ?? defaults.imageRepository,
            CONTAINERD_CONFIGURATION: containerdConfiguration(args.containerd ?? {}),
            REGISTRY_HOSTS: Object.keys(registryHosts(args.containerd ?? {})).join(" "),
          },
          timeoutSeconds: 1200,
        },
        child({ dependsOn: memberships.get(host) }),
      );
    }

    function initialise(host: Host): command.remote.Command {
      return hostScript(
        `${name}-${host.name}-init`,
        {
          host,
          step: "initialise the control plane",
          script: scripts.init,
          variables: {
            CLUSTER: clusterName,
            NODE: host.name,
            ROLE: "master",
            ENDPOINT: endpoint,
            // before there is a load balancer only this address can answer
            ENDPOINT_ADDRESSES: [host.address, ...virtualAddresses].join(" "),
            API: `https://${host.address}:${port}`,
            CONFIGURATION: cluster.apply((one) => initConfiguration(one, host)),
            ENCRYPTION_FILE: encryption,
            POD_SUBNET: args.podSubnet,
            CGROUP_V1: cgroupV1,
          },
          timeoutSeconds: 900,
        },
        // of all the masters: what cannot become one is found out before there is a cluster
        child({ dependsOn: masters.map((master) => preparedHost(master)) }),
      );
    }

    function applyNetwork(): command.local.Command | undefined {
      if (networkArgs === undefined) {
        return undefined;
      }
      const { manifest, url, sha256, secretValues } = networkArgs;
      const text = { MANIFEST: manifest };
      const isSecret = secretValues.length > 0;
      return across("cni", "apply the pod network", undefined, scripts.cni, {
        variables: {
          ...(isSecret ? {} : text),
          MANIFEST_URL: url,
          MANIFEST_SHA256: sha256,
          POD_SUBNET: args.podSubnet,
        },
        ...(isSecret
          ? {
              secrets: {
                ...text,
                // kubectl prints single objects where it cannot apply them
                ...Object.fromEntries(secretValues.map((value, index) => [`SECRET_VALUE_${index + 1}`, value])),
              },
            }
          : {}),
        dependsOn: [init],
        deletes: true,
        timeoutSeconds: 420,
      });
    }

    /** etcd admits one new member at a time. */
    function joinMasters(): command.local.Command[] {
      const done: command.local.Command[] = [];
      for (const host of others) {
        done.push(join(host, "master", [init, ...done.slice(-1)]));
      }
      return done;
    }

    function join(host: Host, role: Role, dependsOn: pulumi.Resource[]): command.local.Command {
      return across(`${host.name}-join`, `join as ${role}`, host, scripts.join, {
        needs: host,
        variables: {
          ROLE: role,
          CLUSTER: clusterName,
          FORMER_NODE: host.session?.formerName ?? "",
          ENDPOINT: endpoint,
          ENDPOINT_ADDRESSES: [...masters.map((master) => master.address), ...virtualAddresses].join(" "),
          JOIN_CONFIGURATION: cluster.apply((one) => joinConfiguration(one, host, role)),
          UPLOAD_CONFIGURATION: cluster.apply((one) => uploadConfiguration(one)),
          ENCRYPTION_FILE: role === "master" ? encryption : "",
          POD_SUBNET: args.podSubnet,
          CGROUP_V1: cgroupV1,
        },
        dependsOn: [preparedHost(host), ...dependsOn],
        timeoutSeconds: 1800,
      });
    }

    function waitUntilReady(): command.local.Command {
      return across("ready", "wait for the cluster", undefined, scripts.ready, {
        variables: {
          NODES: [...masters, ...workers].map((host) => host.name).join(" "),
          NODES_READY: networkArgs === undefined ? "0" : "1",
          SKIPPED: silentOf([...masters, ...workers]),
          CLUSTER: clusterName,
        },
        // its deletion tells the masters that the whole cluster goes: a replacement takes that back
        deletes: true,
        opts: { deleteBeforeReplace: true },
        dependsOn: [init, ...joins, ...workerJoins, ...(network === undefined ? [] : [network])],
        timeoutSeconds: 520,
      });
    }

    /** As soon as there is one, so that a cluster that does not become ready can be looked into. */
    function readKubeconfig(): command.local.Command {
      return across("kubeconfig", "read the kubeconfig", undefined, scripts.kubeconfig, {
        variables: {},
        dependsOn: [init],
        secretOutput: true,
        timeoutSeconds: 120,
      });
    }

    /** A step that takes more than one host: the one it is about, if any, and whichever master answers. */
    function across(
      what: string,
      step: string,
      about: Host | undefined,
      script: string,
      {
        variables,
        dependsOn,
        opts = {},
        ...rest
      }: {
        readonly variables: Readonly<Record<string, pulumi.Input<string>>>;
        readonly secrets?: Readonly<Record<string, pulumi.Input<string>>>;
        readonly dependsOn: readonly pulumi.Resource[];
        readonly needs?: Host;
        readonly deletes?: boolean;
        readonly opts?: pulumi.CustomResourceOptions;
        readonly secretOutput?: boolean;
        readonly timeoutSeconds: number;
      },
    ): command.local.Command {
      return acrossHostsScript(
        `${name}-${what}`,
        {
          ...rest,
          step,
          about: about?.name ?? name,
          hosts: about === undefined || masters.includes(about) ? masters : [...masters, about],
          script,
          variables: {
            ...variables,
            NODE: about?.name ?? "",
            NODE_ADDRESS: about?.address ?? "",
            MASTERS: lines(masters),
            PORT: String(port),
          },
        },
        child({ ...opts, dependsOn: [...dependsOn] }),
      );
    }

    function roles(): [Host, Role][] {
      return [
        ...masters.map((host): [Host, Role] => [host, "master"]),
        ...workers.map((host): [Host, Role] => [host, "worker"]),
      ];
    }
    function roleOf(host: Host): Role {
      return masters.includes(host) ? "master" : "worker";
    }
    function preparedHost(host: Host): pulumi.Resource {
      const preparation = prepared.get(host);
      if (preparation === undefined) {
        throw new Error(`${host.name} is not among the nodes`);
      }
      return preparation;
    }
  }
}

/** The hosts that do not answer in this run. */
function silentOf(hosts: readonly Host[]): string {
  return hosts.flatMap(({ name, session }) => (session?.unreachable === undefined ? [] : [name])).join(" ");
}

const lines = (hosts: readonly Host[]) => hosts.map((host) => `${host.name} ${host.address}`).join("\n");
