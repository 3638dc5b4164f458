import { isIPv4 } from "node:net";
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import { digestOf } from "../../host/digest";
import { HostState, readHost } from "../../host/host-state";
import { acrossHostsScript, hostScript } from "../../host/script";
import { generationOf, sessionOf, silentOf } from "../../host/session";
import { encryptionFile } from "./api-server";
import type { ControlPlaneArgs } from "./args";
import { kubeconfigBefore } from "./certificate-validity";
import { certificateProgram, secondOf } from "./certificates";
import { ClusterVersion } from "./cluster-version";
import type { PodNetwork } from "./cni";
import { containerdConfiguration, registryHosts } from "./containerd";
import { type ControlPlaneFiles, controlPlaneFiles } from "./control-plane-files";
import { defaults } from "./defaults";
import {
  type Cluster,
  initConfiguration,
  joinConfiguration,
  type Node,
  sharedConfiguration,
  uploadConfiguration,
} from "./kubeadm";
import { Kubeconfig } from "./kubeconfig";
import { repositoryOf } from "./repository";
import { scripts } from "./scripts";

type Role = "master" | "worker";
type Resources = readonly pulumi.Resource[];

/** The arguments in which the steps across hosts differ. */
interface AcrossArgs {
  /** Suffix of the resource's name. */
  readonly what: string;
  readonly step: string;
  /** The host that the step changes or removes, if it is about one host. */
  readonly about?: Host;
  /** Hosts besides the masters and `about` that the step connects to. */
  readonly further?: readonly Host[];
  readonly script: string;
  readonly variables: Readonly<Record<string, pulumi.Input<string>>>;
  readonly secrets?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly needs?: Host;
  readonly deletes?: boolean;
  readonly generation?: pulumi.Input<number>;
  readonly timeoutSeconds: number;
}

/** The steps of a control plane on its hosts, each a child of the component. */
export class ControlPlaneSteps {
  private readonly port: number;
  private readonly version: string;
  private readonly podSubnet: string;
  private readonly endpoint: pulumi.Output<string>;
  /** The cluster's name in the marks of the hosts: `FQDN:PORT`. */
  private readonly clusterName: pulumi.Output<string>;
  private readonly cluster: pulumi.Output<Cluster>;
  private readonly imageRepository: string;
  /** Path of the encryption configuration; empty if Secrets are not encrypted. */
  private readonly encryption: string;
  /** Name of the key that encrypts Secrets. */
  private readonly encryptionKey: string;
  /** The files that the API servers read. */
  private readonly files: ControlPlaneFiles;
  /** Addresses of the endpoint, except those of masters. */
  private readonly virtualAddresses: pulumi.Output<string[]>;
  private readonly memberships = new Map<Host, pulumi.Resource>();
  private readonly prepared = new Map<Host, pulumi.Resource>();

  constructor(
    private readonly parent: pulumi.ComponentResource,
    private readonly name: string,
    private readonly args: ControlPlaneArgs,
    private readonly masters: readonly Host[],
    private readonly workers: readonly Host[],
  ) {
    const {
      port = defaults.port,
      version = defaults.version,
      podSubnet = defaults.podSubnet,
      serviceSubnet = defaults.serviceSubnet,
      imageRepository = defaults.imageRepository,
      encryptionAtRest = defaults.encryptionAtRest,
      encryptionKeyGeneration = defaults.encryptionKeyGeneration,
      shutdownDelay = defaults.shutdownDelay,
    } = args;
    const certificateNames = [...(args.certificateNames ?? []), ...masters.map((host) => host.address)];
    this.port = port;
    this.version = version;
    this.podSubnet = podSubnet;
    this.imageRepository = imageRepository;
    this.encryption = encryptionAtRest ? encryptionFile : "";
    this.encryptionKey = `key${encryptionKeyGeneration}`;
    const files = controlPlaneFiles(args.apiServer);
    this.files = files;
    this.endpoint = pulumi.output(args.endpoint);
    this.clusterName = pulumi.interpolate`${this.endpoint}:${port}`;
    this.virtualAddresses = pulumi
      .all(args.certificateNames ?? [])
      .apply((names) => names.filter((one) => isIPv4(one)));
    this.cluster = pulumi.all([this.endpoint, pulumi.all(certificateNames)]).apply(([endpoint, names]) => ({
      endpoint,
      port,
      version,
      podSubnet,
      serviceSubnet,
      imageRepository,
      certificateNames: names,
      encryptionAtRest,
      encryptionKeyGeneration,
      apiServer: args.apiServer,
      files,
      controllerManager: args.controllerManager,
      scheduler: args.scheduler,
      etcd: args.etcd ?? {},
      certificateValidity: args.certificateValidity,
      shutdownDelay,
      kubelet: args.kubelet ?? {},
      kubeProxy: args.kubeProxy ?? {},
    }));
  }

  membership(host: Host, after: Resources): command.local.Command {
    const membership = this.across(after, {
      what: `${host.name}-membership`,
      step: "take part in the cluster",
      about: host,
      script: scripts.membership,
      variables: { ROLE: this.roleOf(host), CLUSTER: this.clusterName, POD_SUBNET: this.podSubnet },
      deletes: true,
      timeoutSeconds: 900,
    });
    this.memberships.set(host, membership);
    return membership;
  }

  /** Before the steps that correct what it finds. */
  readBack(host: Host): HostState {
    const checks = [
      { what: "packages and containerd", ...this.preparation(host) },
      {
        what: "node",
        script: scripts.member,
        variables: { ...this.ofCluster(host), ROLE: this.roleOf(host), CLUSTER: this.clusterName },
      },
    ];
    const ofMaster = { what: "renewal of certificates", ...this.renewal(host) };
    return readHost(
      `${this.name}-${host.name}-state`,
      host,
      this.roleOf(host) === "master" ? [...checks, ofMaster] : checks,
      { parent: this.parent },
    );
  }

  private preparation(host: Host) {
    return {
      script: scripts.prepare(registryHosts(this.args.containerd ?? {})),
      variables: { ROLE: this.roleOf(host), ...this.ofPackages() },
    };
  }

  /** The variables of kubernetes-packages.sh and containerd.sh. */
  private ofPackages() {
    const { version } = this;
    const { containerd = {} } = this.args;
    const repository = repositoryOf(version, this.args.repository);
    return {
      VERSION: version,
      REPOSITORY_URL: repository.url,
      REPOSITORY_KEY: repository.key ?? "",
      REPOSITORY_KEY_URL: repository.keyUrl ?? "",
      REPOSITORY_KEY_FINGERPRINT: repository.keyFingerprint ?? "",
      IMAGE_REPOSITORY: this.imageRepository,
      CONTAINERD_CONFIGURATION: containerdConfiguration(containerd),
      REGISTRY_HOSTS: Object.keys(registryHosts(containerd)).join(" "),
    };
  }

  /** Waits for the host's membership. */
  prepare(host: Host, after: Resources): command.remote.Command {
    const prepared = hostScript(
      `${this.name}-${host.name}-prepare`,
      {
        host,
        step: "prepare for Kubernetes",
        ...this.preparation(host),
        timeoutSeconds: 1200,
      },
      { parent: this.parent, dependsOn: [before(this.memberships, host), ...after] },
    );
    this.prepared.set(host, prepared);
    return prepared;
  }

  /** Installs the timer that renews a master's certificates and approves those of all kubelets. Waits for the host's membership. */
  renewCertificates(host: Host): command.remote.Command {
    return hostScript(
      `${this.name}-${host.name}-certificates`,
      { host, step: "install the renewal of certificates", ...this.renewal(host) },
      { parent: this.parent, dependsOn: before(this.memberships, host) },
    );
  }

  private renewal(host: Host) {
    const { masters, workers } = this;
    const nodes = [...masters, ...workers].map(({ name, address }) => ({ name, address }));
    return {
      script: scripts.certificates,
      variables: {
        PROGRAM: pulumi.output(nodes).apply((known) => certificateProgram(known, this.args.certificateValidity)),
        SECOND: secondOf(masters.indexOf(host), masters.length),
      },
    };
  }

  initialise(host: Host, after: Resources): command.remote.Command {
    return hostScript(
      `${this.name}-${host.name}-init`,
      {
        host,
        step: "initialise the control plane",
        script: scripts.init(this.files),
        variables: {
          CLUSTER: this.clusterName,
          NODE: host.name,
          ROLE: "master",
          ENDPOINT: this.endpoint,
          // until other masters and the load balancers serve, only this host can answer
          ENDPOINT_ADDRESSES: this.endpointAddresses([host]),
          API: pulumi.interpolate`https://${host.address}:${this.port}`,
          CONFIGURATION: this.configuration(host, initConfiguration),
          CONFIGURATION_DIGEST: this.cluster.apply((cluster) => digestOf([sharedConfiguration(cluster)])),
          ENCRYPTION_FILE: this.encryption,
          ENCRYPTION_KEY: this.encryptionKey,
          POD_SUBNET: this.podSubnet,
          CGROUP_V1: this.cgroupV1,
        },
        timeoutSeconds: 900,
      },
      { parent: this.parent, dependsOn: [...after] },
    );
  }

  applyNetwork(network: PodNetwork, after: Resources): command.local.Command {
    const { parent, masters } = this;
    const given = this.networkScript(network);
    const checks = [{ what: "pod network", ...given, variables: { ...given.variables, ...this.ofCluster(undefined) } }];
    const state = new HostState(`${this.name}-cni-state`, { about: this.name, hosts: masters, checks }, { parent });
    return this.across(after, {
      what: "cni",
      step: "apply the pod network",
      ...given,
      generation: pulumi.all([state.generation, generationOf(masters)]).apply(([own = 0, ofHosts]) => own + ofHosts),
      deletes: true,
      timeoutSeconds: 420,
    });
  }

  private networkScript({ manifest, url, sha256, secretValues }: PodNetwork) {
    const text = { MANIFEST: manifest };
    // kubectl prints objects that it cannot apply: mask the values of Secrets in its output
    const masked = Object.fromEntries(secretValues.map((value, index) => [`SECRET_VALUE_${index + 1}`, value]));
    const isSecret = secretValues.length > 0;
    return {
      script: scripts.cni,
      variables: {
        ...(isSecret ? {} : text),
        MANIFEST_URL: url,
        MANIFEST_SHA256: sha256,
        POD_SUBNET: this.podSubnet,
      },
      ...(isSecret ? { secrets: { ...text, ...masked } } : {}),
    };
  }

  /** Waits for the host's preparation. */
  join(host: Host, role: Role, after: Resources): command.local.Command {
    return this.across([before(this.prepared, host), ...after], {
      what: `${host.name}-join`,
      step: `join as ${role}`,
      about: host,
      script: scripts.join(this.filesOf(host)),
      needs: host,
      variables: {
        ROLE: role,
        CLUSTER: this.clusterName,
        FORMER_NODE: sessionOf(host).formerName,
        ENDPOINT: this.endpoint,
        ENDPOINT_ADDRESSES: this.endpointAddresses(this.masters),
        JOIN_CONFIGURATION: this.configuration(host, (cluster, node) => joinConfiguration(cluster, node, role)),
        UPLOAD_CONFIGURATION: this.cluster.apply((cluster) => uploadConfiguration(cluster)),
        ENCRYPTION_FILE: role === "master" ? this.encryption : "",
        POD_SUBNET: this.podSubnet,
        CGROUP_V1: this.cgroupV1,
      },
      timeoutSeconds: 1800,
    });
  }

  /**
   * Gives every master a file with keys, before the API servers are told to read it. Without a second key there is
   * nothing to do: init and joins have written the first one. It runs also if a master does not answer, and fails if the
   * others would need a file: the updates that depend on it must not run without one.
   */
  writeMissingKeys(after: Resources): pulumi.Resource[] {
    return this.onKeys(after, {
      what: "encryption-file",
      step: "write missing encryption keys",
      script: scripts.encryptionMissing,
      timeoutSeconds: 600,
    });
  }

  /** Makes the key of `encryptionKeyGeneration` the only one. The API servers must reload their keys by then. */
  rotateKey(after: Resources): pulumi.Resource[] {
    return this.onKeys(after, {
      what: "encryption-key",
      step: "rotate the encryption key",
      script: scripts.encryption,
      // all masters change together: while one does not answer, the step remains to be done
      needs: this.masters.find((host) => sessionOf(host).unreachable !== undefined),
      timeoutSeconds: 3600,
    });
  }

  /** A step that needs the keys of all masters. There is none without a second key. */
  private onKeys(after: Resources, args: Omit<AcrossArgs, "variables">): pulumi.Resource[] {
    const { encryption, encryptionKey } = this;
    if (encryption === "" || encryptionKey === `key${defaults.encryptionKeyGeneration}`) {
      return [];
    }
    const variables = { ENCRYPTION_FILE: encryption, ENCRYPTION_KEY: encryptionKey };
    return [this.across(after, { ...args, variables })];
  }

  /** Changes the version and the settings of a running node. Waits for `after`: one master after another. */
  update(host: Host, after: Resources): command.local.Command {
    const { hosts = [], statsSocket = "", backend = "" } = this.args.loadBalancers ?? {};
    return this.across(after, {
      what: `${host.name}-update`,
      step: "update to the configured version and settings",
      about: host,
      script: scripts.update(registryHosts(this.args.containerd ?? {}), this.filesOf(host)),
      needs: host,
      further: hosts,
      variables: {
        ROLE: this.roleOf(host),
        CLUSTER: this.clusterName,
        CONFIGURATION: this.configuration(host, initConfiguration),
        CONFIGURATION_DIGEST: this.cluster.apply((cluster) => digestOf([sharedConfiguration(cluster)])),
        CGROUP_V1: this.cgroupV1,
        DRAIN_SECONDS: String(this.args.drainTimeout ?? defaults.drainTimeout),
        LOAD_BALANCERS: hosts.map(({ name }) => name).join(" "),
        STATS_SOCKET: statsSocket,
        BACKEND: backend,
        ...this.ofPackages(),
      },
      timeoutSeconds: 3600,
    });
  }

  /** Records the version of all nodes. A preview of another one prints what the upgrade will do. */
  recordVersion(after: Resources): ClusterVersion {
    const { concurrentWorkers = defaults.concurrentWorkers } = this.args;
    const names = (hosts: readonly Host[]) => hosts.map(({ name }) => name);
    return new ClusterVersion(
      `${this.name}-version`,
      { version: this.version, masters: names(this.masters), workers: names(this.workers), concurrentWorkers },
      { parent: this.parent, dependsOn: [...after] },
    );
  }

  waitUntilReady(hasNetwork: boolean, after: Resources): command.local.Command {
    const nodes = [...this.masters, ...this.workers];
    // its deletion notes on the masters that the whole cluster is deleted; its creation removes that note
    const opts = { deleteBeforeReplace: true };
    const args: AcrossArgs = {
      what: "ready",
      step: "wait for the cluster",
      script: scripts.ready,
      variables: {
        NODES: nodes.map((host) => host.name).join(" "),
        NODES_READY: hasNetwork ? "1" : "0",
        SKIPPED: silentOf(nodes),
        CLUSTER: this.clusterName,
      },
      deletes: true,
      timeoutSeconds: 520,
    };
    return this.across(after, args, opts);
  }

  readKubeconfig(after: Resources): Kubeconfig {
    const { masters } = this;
    const [authority = ""] = masters.map((host) => sessionOf(host).authority).filter((one) => one !== "");
    const renewBefore = kubeconfigBefore(this.args.certificateValidity);
    return new Kubeconfig(
      `${this.name}-kubeconfig`,
      { masters, generation: generationOf(masters), authority, renewBefore },
      { parent: this.parent, dependsOn: [...after] },
    );
  }

  /** A step that connects to several hosts: to the host that it is about, if any, and to a master that answers. */
  private across(
    after: Resources,
    { what, about, further = [], variables, ...rest }: AcrossArgs,
    opts: pulumi.CustomResourceOptions = {},
  ): command.local.Command {
    const { masters } = this;
    return acrossHostsScript(
      `${this.name}-${what}`,
      {
        ...rest,
        about: about?.name ?? this.name,
        hosts: [...(about === undefined || masters.includes(about) ? masters : [...masters, about]), ...further],
        variables: { ...variables, ...this.ofCluster(about) },
      },
      { ...opts, parent: this.parent, dependsOn: [...after] },
    );
  }

  /** The variables of cluster.sh. */
  private ofCluster(about: Host | undefined) {
    const { masters } = this;
    const addresses = pulumi.all(masters.map((host) => host.address));
    return {
      NODE: about?.name ?? "",
      NODE_ADDRESS: about?.address ?? "",
      MASTERS: addresses.apply((all) => masters.map((host, at) => `${host.name} ${all[at]}`).join("\n")),
      PORT: String(this.port),
    };
  }

  /** The addresses to which the name may resolve: those of these hosts, and the virtual ones. */
  private endpointAddresses(hosts: readonly Host[]): pulumi.Output<string> {
    return pulumi
      .all([pulumi.all(hosts.map((host) => host.address)), this.virtualAddresses])
      .apply(([own, virtual]) => [...own, ...virtual].join(" "));
  }

  private configuration(
    { name, address }: Host,
    render: (cluster: Cluster, node: Node) => string,
  ): pulumi.Output<string> {
    return pulumi.output(address).apply((known) => this.cluster.apply((one) => render(one, { name, address: known })));
  }

  private get cgroupV1(): "allowed" | "refused" {
    return this.args.kubelet?.["failCgroupV1"] === false ? "allowed" : "refused";
  }

  private filesOf(host: Host): ControlPlaneFiles {
    return this.roleOf(host) === "master" ? this.files : {};
  }

  private roleOf(host: Host): Role {
    return this.masters.includes(host) ? "master" : "worker";
  }
}

function before(steps: ReadonlyMap<Host, pulumi.Resource>, host: Host): pulumi.Resource {
  const step = steps.get(host);
  if (step === undefined) {
    throw new Error(`${host.name} has no step to wait for`);
  }
  return step;
}
