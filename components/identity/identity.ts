import * as pulumi from "@pulumi/pulumi";
import { cleanUp } from "../../host/clean-up";
import { UserError } from "../../host/error";
import type { DialledHost } from "../../host/host";
import { sessionOf } from "../../host/session";
import { isMember, parseMark } from "../../host/marks";
import type { Role } from "../../host/facts";
import { loginByHand } from "../../host/login";
import { survey, type Survey, type Surveyed } from "../../host/survey";
import { minorOf, type NodeVersion, upgradeFindings, versionFindings } from "../control-plane";
import { crossFindings, expectations, type FindingOptions, hostFindings, virtualIpFindings } from "../preflight";
import { type ListedHost, listOf, nodeMaskSize, type StackIdentity } from "./changes";
import { keyGeneration } from "./encryption-changes";
import { foundingFindings, leftoverFindings } from "./founding";
import { observedIdentity } from "./observed";

type Scalar = string | number | boolean;
/** The value of a flag, or several of a flag that is given several times. */
type FlagValue = Scalar | readonly Scalar[];

export interface IdentityArgs {
  readonly endpoint: { readonly fqdn: string; readonly port: number };
  readonly kubernetes: {
    readonly version: string;
    readonly podSubnet: string;
    readonly serviceSubnet: string;
    readonly encryptionAtRest: boolean;
    readonly encryptionKeyGeneration?: number;
    readonly controllerManager?: { readonly extraArgs?: Readonly<Record<string, FlagValue>> };
    readonly imageRepository: string;
    readonly etcd: { readonly heartbeatInterval: number; readonly electionTimeout: number };
    readonly shutdownDelay: number;
    readonly kubelet: Readonly<Record<string, unknown>>;
    readonly kubeProxy: Readonly<Record<string, unknown>>;
    readonly repository: { readonly url: string };
    readonly cni: { readonly name: FindingOptions["podNetwork"] };
  };
  readonly masters: readonly DialledHost[];
  readonly workers: readonly DialledHost[];
  readonly loadBalancers: readonly DialledHost[];
  readonly virtualIp: { readonly address: string };
  readonly monitor: DialledHost;
  readonly nas: { readonly port: number };
}

/** The outputs of the identity's resource, once this run is recorded. */
interface Recorded {
  readonly former: readonly ListedHost[];
  readonly recordedAt: number;
  readonly confirmed: readonly string[];
  readonly machines: Readonly<Record<string, string>>;
}

/**
 * The identity of a stack: its endpoint, subnets and hosts. Already at preview, the provider compares it with the
 * state, without connecting to a host, and refuses changes that would destroy, split or stop a cluster.
 */
class Identity extends pulumi.CustomResource {
  declare readonly former: pulumi.Output<readonly ListedHost[] | undefined>;
  declare readonly recordedAt: pulumi.Output<number | undefined>;
  declare readonly confirmed: pulumi.Output<readonly string[] | undefined>;
  declare readonly machines: pulumi.Output<Readonly<Record<string, string>> | undefined>;

  constructor(
    name: string,
    inputs: StackIdentity & { readonly observed?: StackIdentity; readonly leftovers?: readonly string[] },
  ) {
    super("kube-control-hosts:index:Identity", name, {
      ...inputs,
      former: undefined,
      recordedAt: undefined,
      confirmed: undefined,
    });
  }

  /** Waits until the resource is registered. Returns empty values in a preview, which has no outputs. */
  recorded(): Promise<Recorded> {
    return new Promise((resolve) => {
      if (pulumi.runtime.isDryRun()) {
        this.urn.apply(() => resolve({ former: [], recordedAt: 0, confirmed: [], machines: {} }));
        return;
      }
      pulumi
        .all([this.former, this.recordedAt, this.confirmed, this.machines])
        .apply(([former = [], recordedAt = Date.now(), confirmed = [], machines = {}]) =>
          resolve({ former, recordedAt, confirmed, machines }),
        );
    });
  }
}

/** Facts about the stack that the rest of the program needs. */
export interface Established {
  /** Whether the monitor does not answer, and has never answered in this stack. */
  readonly isMonitorAbsent: boolean;
  /** Whether the agent's container already exists. */
  readonly runsAgent: boolean;
}

/**
 * Surveys every host of the stack, records the stack's identity, refuses dangerous changes of it, and refuses
 * unsuitable hosts. This happens before any host is changed, and before any other resource is created. A preview
 * connects to no host, and only compares with the state.
 *
 * @throws UserError with every finding, and what to do about each
 */
export async function establishIdentity(name: string, args: IdentityArgs): Promise<Established> {
  const started = Date.now();
  const { fqdn, port } = args.endpoint;
  const cluster = `${fqdn}:${port}`;
  const { kubelet, version, cni, repository } = args.kubernetes;
  const resolvConf = typeof kubelet["resolvConf"] === "string" ? kubelet["resolvConf"] : undefined;
  const hosts = expectations({ ...args, endpointPort: port, logPort: args.nas.port, repository, resolvConf });
  const seen = await survey(hosts, fqdn);
  for (const host of [...args.masters, ...args.workers]) {
    const facts = seen.facts[host.name];
    sessionOf(host).isMember = isMember(facts, cluster);
    sessionOf(host).authority = facts?.["authority"] ?? "";
  }
  const wanted = wantedIdentity(args, seen);
  const serves = isServing(args, seen, cluster);
  // if the cluster does not serve, its hosts may be left from a destroy: do not record them as this stack
  const observed = serves ? observedIdentity(wanted, seen.facts, cluster) : undefined;
  const leftovers = serves ? [] : leftoversOf(args, wanted, seen, cluster);
  const recorded = await new Identity(name, { ...wanted, observed, leftovers }).recorded();
  const isKnown = recorded.recordedAt < started;
  const options = {
    swapAllowed: kubelet["failSwapOn"] === false,
    cgroupV1Allowed: kubelet["failCgroupV1"] === false || (minorOf(version) ?? 0) < 35,
    cluster,
    podNetwork: cni.name,
    virtualIp: args.virtualIp.address,
  };
  const findings = pulumi.runtime.isDryRun()
    ? []
    : [
        ...hosts.flatMap((host) => findingsOf(host, seen, options, recorded.confirmed)),
        ...crossFindings(seen.facts, seen.clocks),
        ...virtualIpFindings(args.virtualIp.address, seen.facts),
        ...(isKnown || serves ? [] : versionFindings(version)),
        ...versionsOf(args, seen, cluster),
        ...(recorded.confirmed.includes("masters")
          ? []
          : await founding(args, wanted, seen, recorded, isKnown, serves)),
      ];
  if (findings.length > 0) {
    throw new UserError(
      `${findings.join("\n")}\nNo host was changed, and no resource except the identity was created. ` +
        "Correct the findings above, then run the same command again.",
    );
  }
  return {
    isMonitorAbsent:
      sessionOf(args.monitor).unreachable !== undefined &&
      !(args.monitor.name in recorded.machines) &&
      (isKnown || observed === undefined),
    runsAgent: seen.facts[args.monitor.name]?.["agent"] !== undefined,
  };
}

function wantedIdentity({ endpoint, kubernetes, ...groups }: IdentityArgs, { facts }: Survey): StackIdentity {
  const hosts = [
    ...groups.masters.map((host) => listed(host, "master")),
    ...groups.workers.map((host) => listed(host, "worker")),
    ...groups.loadBalancers.map((host) => listed(host, "load balancer")),
    listed(groups.monitor, "monitor"),
  ];
  const machines = hosts.flatMap(({ name }) => {
    const id = facts[name]?.["machine-id"] ?? "";
    return id === "" ? [] : [[name, id] as const];
  });
  const authority = groups.masters.map(({ name }) => facts[name]?.["authority"]).find((one) => one !== undefined);
  const { encryptionKeyGeneration = 1, controllerManager } = kubernetes;
  const maskSize = controllerManager?.extraArgs?.["node-cidr-mask-size"];
  return {
    decided: {
      "endpoint.fqdn": endpoint.fqdn,
      "endpoint.port": String(endpoint.port),
      "kubernetes.podSubnet": kubernetes.podSubnet,
      "kubernetes.serviceSubnet": kubernetes.serviceSubnet,
      "kubernetes.encryptionAtRest": String(kubernetes.encryptionAtRest),
      // stored only if they are not the default, so that the state of a stack without them stays as it is
      ...(encryptionKeyGeneration > 1 ? { [keyGeneration]: String(encryptionKeyGeneration) } : {}),
      ...(maskSize === undefined ? {} : { [nodeMaskSize]: String(maskSize) }),
    },
    initOnly: {
      "kubernetes.etcd.heartbeatInterval": String(kubernetes.etcd.heartbeatInterval),
      "kubernetes.etcd.electionTimeout": String(kubernetes.etcd.electionTimeout),
      "kubernetes.shutdownDelay": String(kubernetes.shutdownDelay),
      "kubernetes.imageRepository": kubernetes.imageRepository,
      "kubernetes.kubelet": JSON.stringify(kubernetes.kubelet),
      "kubernetes.kubeProxy": JSON.stringify(kubernetes.kubeProxy),
    },
    hosts,
    machines: Object.fromEntries(machines),
    authority: authority ?? "",
  };
}

const listed = ({ name, address, ssh }: DialledHost, role: Role): ListedHost => ({
  name,
  address,
  role,
  hostKey: ssh.hostKey,
});

/** Why the members of the cluster cannot be brought to the configured version; empty if they can, or if they have it. */
function versionsOf({ kubernetes, masters, workers }: IdentityArgs, { facts }: Survey, cluster: string): string[] {
  const nodes = [...masters, ...workers].flatMap(({ name }): NodeVersion[] => {
    const { kubelet, "control-plane": controlPlane } = facts[name] ?? {};
    return kubelet === undefined || !isMember(facts[name], cluster)
      ? []
      : [{ name, kubelet, ...(controlPlane === undefined ? {} : { controlPlane }) }];
  });
  const silent = [...masters, ...workers].filter((host) => sessionOf(host).unreachable !== undefined);
  const isOther = ({ controlPlane }: NodeVersion) => controlPlane !== undefined && controlPlane !== kubernetes.version;
  const begins = nodes.some(isOther) && nodes.every((node) => node.controlPlane === undefined || isOther(node));
  return [
    ...upgradeFindings(kubernetes.version, nodes),
    ...(begins ? silent : []).map(
      ({ name }) =>
        `${name}: does not answer, so the upgrade to ${kubernetes.version} does not begin: a cluster is upgraded while all its ` +
        "nodes are ready. Repair the host, or remove it from the configuration.",
    ),
  ];
}

function findingsOf(host: Surveyed, seen: Survey, options: FindingOptions, confirmed: readonly string[]): string[] {
  const failure = seen.failures[host.name];
  if (failure !== undefined) {
    return [
      `${host.name}: ${failure}. Correct that, then try: ${loginByHand(host.address, host.host.ssh)} sudo -n date +%s`,
    ];
  }
  const facts = seen.facts[host.name];
  if (facts === undefined) {
    return [];
  }
  const { node, role } = parseMark(facts["mark-member"] ?? facts["mark-restored"] ?? facts["mark-begun"] ?? "");
  const expected = host.roles.find((one) => one === "master" || one === "worker");
  const isOther = expected !== undefined && node !== "" && (node !== host.name || role !== expected);
  if (isOther && host.roles.some((one) => confirmed.includes(listOf[one]))) {
    sessionOf(host.host).formerName = node;
    return hostFindings(host, facts, options);
  }
  return [
    ...(isOther
      ? [
          `${host.name}: says that it is ${node}, a ${role} of ${options.cluster}; expected ${host.name}, a ${expected}. ` +
            "Correct its name, address or role in the configuration.",
        ]
      : []),
    ...hostFindings(host, facts, options),
  ];
}

/** Like {@link foundingFindings}. If no listed master is a member, it also surveys masters that were listed earlier. */
async function founding(
  args: IdentityArgs,
  wanted: StackIdentity,
  seen: Survey,
  { former }: Recorded,
  isKnown: boolean,
  serves: boolean,
): Promise<string[]> {
  const { masters, endpoint } = args;
  const cluster = `${endpoint.fqdn}:${endpoint.port}`;
  const given = {
    masters: wanted.hosts.filter(({ role }) => role === "master"),
    cluster,
    isKnown,
    isServing: serves,
  };
  const first = foundingFindings({ ...given, former: [], facts: seen.facts });
  const [access] = masters;
  if (first.length > 0 || former.length === 0 || access === undefined || isAnyMember(seen, wanted)) {
    return first;
  }
  const earlier = former.map((host): Surveyed => ({
    ...host,
    roles: ["master"],
    tcpPorts: {},
    udpPorts: {},
    packages: {},
    host: { ...host, ssh: { ...access.ssh, hostKey: host.hostKey ?? "" } },
  }));
  const { facts } = await survey(earlier, args.endpoint.fqdn);
  return foundingFindings({ ...given, former, facts: { ...seen.facts, ...facts } });
}

/**
 * Whether the cluster serves: every load balancer that answers is set up, or an API server answers and a load balancer
 * is set up. If no load balancer answers, an API server is enough. After a destroy, a host that did not answer then may
 * still be set up, but these conditions are not met.
 */
function isServing({ masters, loadBalancers }: IdentityArgs, { facts }: Survey, cluster: string): boolean {
  const answers = masters.some(({ name }) => isMember(facts[name], cluster) && (facts[name]?.["nodes"] ?? "") !== "");
  const answering = loadBalancers.map(({ name }) => facts[name]).filter((one) => one !== undefined);
  const setUp = answering.filter((one) => one["haproxy-servers"] !== undefined);
  return answering.length === 0 ? answers : setUp.length === answering.length || (answers && setUp.length > 0);
}

/** What a destroy may have left on hosts, a line each, with what to do. Empty in a preview, which surveys no host. */
function leftoversOf({ monitor }: IdentityArgs, { hosts }: StackIdentity, seen: Survey, cluster: string): string[] {
  const found = [...leftoverFindings(hosts, seen.facts, cluster), ...leftoverAgent(monitor, seen)];
  return found.length === 0
    ? []
    : [...found, "No host was changed. Correct the findings above, then run the same command again."];
}

function isAnyMember({ facts }: Survey, { hosts }: StackIdentity): boolean {
  return hosts.some(({ name, role }) => role === "master" && facts[name]?.["mark-member"] !== undefined);
}

/** An agent on the monitor that a destroy may have left. */
function leftoverAgent(monitor: DialledHost, { facts }: Survey): string[] {
  return facts[monitor.name]?.["agent"] === undefined
    ? []
    : [
        `${monitor.name}: runs a container dd-agent that is not in the state of this stack. If nobody needs it, run there: ` +
          cleanUp.monitor.remove,
      ];
}
