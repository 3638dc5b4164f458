import type { Expectation, Facts } from "../../host/facts";

/** The pod network that the stack deploys. */
export type PodNetwork = "flannel" | "none" | "manifest";

/** The files in /etc/cni/net.d that the stack's own pod network overwrites, if their names are known. */
const ownCniFiles: Readonly<Record<PodNetwork, readonly string[]>> = {
  flannel: ["10-flannel.conflist"],
  manifest: [],
  none: [],
};

/**
 * Files and settings of a host with which a new node would fail, a line each, with what to do. A member of the cluster
 * is not checked, because these files belong to it.
 */
export function nodeFindings(host: Expectation, facts: Facts, network: PodNetwork): string[] {
  const isNode = host.roles.includes("master") || host.roles.includes("worker");
  if (!isNode || facts["mark-member"] !== undefined) {
    return [];
  }
  // files of an interrupted init or join are removed before the next one; another Kubernetes is a separate finding
  const isUntouched =
    facts["mark-begun"] === undefined && facts["mark-restored"] === undefined && facts["kubernetes"] === undefined;
  return [
    ...(isUntouched && host.roles.includes("master") ? etcdFindings(host, facts) : []),
    ...(isUntouched && network !== "none" ? podNetworkFindings(host, facts, ownCniFiles[network]) : []),
    ...resolverFindings(host, facts),
    ...controllerFindings(host, facts),
  ];
}

const wordsOf = (fact: string | undefined) => (fact ?? "").split(" ").filter((word) => word !== "");

function etcdFindings(host: Expectation, facts: Facts): string[] {
  const entries = wordsOf(facts["etcd-folder"]);
  return entries.length === 0
    ? []
    : [
        `${host.name}: /var/lib/etcd is not empty (${entries.join(", ")}), and kubeadm creates a new etcd member there. ` +
          "Remove another etcd (apt-get purge etcd-server), copy the data that you need to another place, then delete the " +
          "content of the folder. A separate disk may be mounted there; lost+found may stay.",
      ];
}

/** containerd uses the first file of the folder, until a file appears that sorts before it. */
function podNetworkFindings(host: Expectation, facts: Facts, own: readonly string[]): string[] {
  const strangers = wordsOf(facts["cni-files"]).filter((file) => !own.includes(file));
  const [bridge] = wordsOf(facts["cni-bridge"]);
  return [
    ...(strangers.length === 0
      ? []
      : [
          `${host.name}: /etc/cni/net.d contains the configuration of another pod network (${strangers.join(", ")}): pods would get ` +
            "addresses of that network, and other nodes do not reach these addresses. Remove these files: " +
            `sudo rm ${strangers.map((file) => `/etc/cni/net.d/${file}`).join(" ")}.`,
        ]),
    ...(bridge === undefined
      ? []
      : [
          `${host.name}: has the bridge cni0 with the address ${bridge} of an older pod network: the new pod network cannot ` +
            "use it, and no pod would start. If no other Kubernetes runs there, run: sudo ip link delete cni0.",
        ]),
  ];
}

/** CoreDNS forwards to these servers from its own network namespace, where loopback is CoreDNS itself. */
function resolverFindings(host: Expectation, facts: Facts): string[] {
  const file = facts["resolv-conf"];
  const servers = wordsOf(facts["name-servers"]);
  const loopback = servers.filter((server) => /^(127\.|0\.0\.0\.0$|::1?$)/.test(server));
  const what =
    servers.length === 0
      ? `${file} contains no name server. Pods use this file, so CoreDNS would not start`
      : loopback.length > 0
        ? `${file} contains the name server ${loopback.join(", ")}. Pods use this file, so CoreDNS would query itself and exit`
        : servers.every((server) => server.includes(":"))
          ? `${file} contains only IPv6 name servers (${servers.join(", ")}). Pods use this file, but have only IPv4 addresses`
          : undefined;
  if (file === undefined || what === undefined) {
    return [];
  }
  return [
    `${host.name}: ${what}. Write name servers that pods can reach into this file. If a resolver on loopback must stay: ` +
      "write the site's name servers into another file, at the same path on every node, and set kubernetes.kubelet.resolvConf " +
      "to it before the first up; or use systemd-resolved (kubeadm then uses its file).",
  ];
}

/** The controllers of cgroup v2 that kubeadm's SystemVerification and kubelet require. */
const controllers = ["cpu", "cpuset", "memory", "pids"];

function controllerFindings(host: Expectation, facts: Facts): string[] {
  const there = wordsOf(facts["cgroup-controllers"]);
  const missing = controllers.filter((one) => !there.includes(one));
  return facts["cgroup"] !== "v2" || there.length === 0 || missing.length === 0
    ? []
    : [
        `${host.name}: its kernel lacks cgroup controllers that kubelet needs: ${missing.join(", ")}. Remove cgroup_disable from ` +
          "the kernel's command line; a Raspberry Pi needs cgroup_enable=memory in it. Then reboot the host.",
      ];
}
