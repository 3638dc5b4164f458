import { isMember } from "../../host/marks";
import type { Facts } from "../../host/facts";
import type { ListedHost, StackIdentity } from "./changes";

/**
 * The identity of the stack as read from its hosts, for a state that has none. Undefined if there is no cluster.
 *
 * @param wanted the identity by the configuration, for values that no host reports
 * @param facts by host, without hosts that do not answer
 * @param cluster `FQDN:PORT`
 */
export function observedIdentity(
  wanted: StackIdentity,
  facts: Readonly<Record<string, Facts>>,
  cluster: string,
): StackIdentity | undefined {
  const members = wanted.hosts.filter(({ name, role }) => role === "master" && isMember(facts[name], cluster));
  const balancers = wanted.hosts.filter(({ name }) => facts[name]?.["haproxy-servers"] !== undefined);
  if (members.length === 0 && balancers.length === 0) {
    return undefined;
  }
  const first = facts[members[0]?.name ?? ""] ?? {};
  return {
    ...observedSettings(wanted, first),
    hosts: [
      ...observedMasters(wanted, facts, members, balancers),
      ...observedWorkers(wanted, first),
      ...observedBalancers(wanted, facts, balancers),
      ...wanted.hosts.filter(({ name, role }) => role === "monitor" && isMonitor(facts[name])),
    ],
    machines: {},
    authority: first["authority"] ?? "",
  };
}

/** Whether a host has been set up as the monitor. A host that does not answer counts as set up. */
function isMonitor(facts: Facts | undefined): boolean {
  return facts === undefined || facts["agent"] !== undefined || facts["agent-conf"] !== undefined;
}

const words = (text: string | undefined) => (text ?? "").split(/\s+/).filter((word) => word !== "");

/** The settings of kubeadm init, read from the kubeconfig's server and from the flags of the static pods. */
function observedSettings(wanted: StackIdentity, facts: Facts): Pick<StackIdentity, "decided" | "initOnly"> {
  const flags = new Map(words(facts["flags"]).map((flag) => flag.replace(/^--/, "").split("=", 2) as [string, string]));
  const [, fqdn, port] = /^https:\/\/([^:/]+):(\d+)$/.exec(facts["server"] ?? "") ?? [];
  const known = (entries: Readonly<Record<string, string | undefined>>) =>
    Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as Record<string, string>;
  return {
    decided: {
      ...wanted.decided,
      ...known({
        "endpoint.fqdn": fqdn,
        "endpoint.port": port,
        "kubernetes.podSubnet": flags.get("cluster-cidr"),
        "kubernetes.serviceSubnet": flags.get("service-cluster-ip-range"),
        "kubernetes.encryptionAtRest": flags.size === 0 ? undefined : String(flags.has("encryption-provider-config")),
      }),
    },
    initOnly: {
      ...wanted.initOnly,
      ...known({
        "kubernetes.etcd.heartbeatInterval": flags.get("heartbeat-interval"),
        "kubernetes.etcd.electionTimeout": flags.get("election-timeout"),
        "kubernetes.shutdownDelay": flags.get("shutdown-delay-duration")?.replace(/s$/, ""),
      }),
    },
  };
}

/** The API servers in the load balancers' HAProxy. If there are none: the masters that are members or do not answer. */
function observedMasters(
  wanted: StackIdentity,
  facts: Readonly<Record<string, Facts>>,
  members: readonly ListedHost[],
  balancers: readonly ListedHost[],
): ListedHost[] {
  const servers = new Map(
    balancers.flatMap(({ name }) =>
      words(facts[name]?.["haproxy-servers"]).map((server) => server.split("=", 2) as [string, string]),
    ),
  );
  return servers.size === 0
    ? wanted.hosts.filter(
        (host) => host.role === "master" && (members.includes(host) || facts[host.name] === undefined),
      )
    : [...servers].map(([name, address]) => ({ name, address, role: "master" }));
}

/**
 * The nodes that are not masters, with the addresses of the configuration. If the nodes are unknown: the listed
 * workers.
 */
function observedWorkers(wanted: StackIdentity, facts: Facts): ListedHost[] {
  const workers = wanted.hosts.filter(({ role }) => role === "worker");
  const nodes = words(facts["nodes"]);
  if (nodes.length === 0) {
    return workers;
  }
  const masters = wanted.hosts.filter(({ role }) => role === "master").map(({ name }) => name);
  return nodes
    .filter((name) => !masters.includes(name))
    .map((name) => ({ name, address: workers.find((one) => one.name === name)?.address ?? "unknown", role: "worker" }));
}

/** The load balancers that are set up, and their VRRP peers. If there are none: the listed ones. */
function observedBalancers(
  wanted: StackIdentity,
  facts: Readonly<Record<string, Facts>>,
  balancers: readonly ListedHost[],
): ListedHost[] {
  const own = balancers.map(({ name, address }): [string, string] => [address, facts[name]?.["router-id"] ?? name]);
  const peers = balancers
    .flatMap(({ name }) => words(facts[name]?.["peers"]))
    .map((address): [string, string] => [
      address,
      wanted.hosts.find((host) => host.address === address)?.name ?? "unknown",
    ]);
  const all = new Map([...peers, ...own]);
  return all.size === 0
    ? wanted.hosts.filter(({ role }) => role === "load balancer")
    : [...all].map(([address, name]) => ({ name, address, role: "load balancer" }));
}
