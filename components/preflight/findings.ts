import { resetNode } from "../../host/clean-up";
import type { Clock, Expectation, Facts } from "../../host/facts";
import { isOfCluster, parseMark } from "../../host/marks";
import { packageFindings } from "./package-findings";
import { nodeFindings, type PodNetwork } from "./node-findings";
import { loadBalancerFindings } from "./load-balancer-findings";
import { nameFindings } from "./name-findings";
import { monitorFindings } from "./monitor-findings";

/**
 * The oldest releases whose packages support every option in the configuration files. Derived distributions are not
 * checked.
 */
const oldestReleases: Readonly<Record<string, number>> = { debian: 12, ubuntu: 22.04 };
/** kubeadm's own minimum for a master, in MiB. */
const masterMemory = 1700;
const masterCpus = 2;
/** KiB that must be free in /tmp: steps and apt keep scratch files there. */
const tmpRoom = 10 * 1024;
/** Milliseconds by which hosts' clocks may differ. etcd and certificates tolerate that. */
const clockTolerance = 2000;

export interface FindingOptions {
  readonly swapAllowed: boolean;
  readonly cgroupV1Allowed: boolean;
  /** The cluster that the hosts must belong to, `FQDN:PORT`. */
  readonly cluster: string;
  readonly podNetwork: PodNetwork;
  readonly virtualIp: string;
}

/** Problems of one host, a line each, with what to do. */
export function hostFindings(host: Expectation, facts: Facts, options: FindingOptions): string[] {
  const findings: string[] = [];
  const find = (what: string, whatToDo: string) => findings.push(`${host.name}: ${what}. ${whatToDo}`);
  const fact = (name: string) => facts[name] ?? "";
  const isNode = host.roles.includes("master") || host.roles.includes("worker");

  findings.push(
    ...strangerFindings(host, facts, options.cluster),
    ...nodeFindings(host, facts, options.podNetwork),
    ...loadBalancerFindings(host, facts, options.cluster),
  );
  if (fact("hostname") !== host.name) {
    find(
      fact("hostname") === "" ? "has no host name" : `has the host name ${fact("hostname")}`,
      `Run hostnamectl set-hostname ${host.name} there, or configure its real name: it is the Kubernetes node's name.`,
    );
  }
  if (!/\b(debian|ubuntu)\b/.test(fact("os")) || fact("apt") === "" || fact("systemd") === "") {
    find(
      `is not Debian or Ubuntu with apt and systemd (os: ${fact("os") || "unknown"})`,
      "Use a host with Debian or Ubuntu.",
    );
  }
  const [distribution = ""] = fact("os").split(" ");
  const oldest = oldestReleases[distribution];
  // Debian's testing has no version number
  if (oldest !== undefined && fact("os-version") !== "" && Number(fact("os-version")) < oldest) {
    find(
      `runs ${distribution} ${fact("os-version")}, whose HAProxy, Keepalived or containerd is too old`,
      `Upgrade it to ${distribution} ${oldest} or newer.`,
    );
  }
  if (facts["tmp-kib"] !== undefined && Number(facts["tmp-kib"]) < tmpRoom) {
    find(
      facts["tmp-kib"] === "" ? "cannot write to /tmp" : `has ${facts["tmp-kib"]} KiB free in /tmp`,
      `Steps and apt keep scratch files there: make it writable, with ${tmpRoom} KiB free.`,
    );
  }
  if (fact("iproute2") === "") {
    find("has no ip command", "Run apt-get install iproute2 there.");
  } else if (!fact("addresses").split(" ").includes(host.address)) {
    find(
      `does not have the address ${host.address}; it has ${fact("addresses").split(" ").join(", ")}`,
      "Correct the address in the configuration, or the host's network.",
    );
  }
  if (isNode && fact("swap") !== "" && !options.swapAllowed) {
    find(
      `swap is on (${fact("swap")}): kubelet does not start with swap`,
      "Run swapoff --all there and remove swap from /etc/fstab, or set kubernetes.kubelet.failSwapOn to false.",
    );
  }
  if (isNode && fact("cgroup") === "v1" && !options.cgroupV1Allowed) {
    find(
      "runs cgroup v1: kubelet v1.35 and newer do not start with it",
      "Boot it with cgroup v2 (kernel parameter systemd.unified_cgroup_hierarchy=1), or set kubernetes.kubelet.failCgroupV1 " +
        "to false before the first up. Kubernetes will remove this setting.",
    );
  }
  if (isNode) findings.push(...nameFindings(host.name, facts, options));
  if (host.roles.includes("master")) {
    if (Number(fact("memory-mib")) < masterMemory) {
      find(`has ${fact("memory-mib")} MiB of memory`, `Give a master at least ${masterMemory} MiB.`);
    }
    if (Number(fact("cpus")) < masterCpus) {
      find(`has ${fact("cpus")} CPU`, `Give a master at least ${masterCpus}.`);
    }
  }
  for (const [protocol, ports] of [
    ["tcp", host.tcpPorts],
    ["udp", host.udpPorts],
  ] as const) {
    for (const [port, ours] of Object.entries(ports)) {
      const strangers = fact(`${protocol}-${port}`)
        .split(" ")
        .filter((program) => program !== "" && !ours.includes(program));
      if (strangers.length > 0) {
        find(
          `another program uses ${protocol} port ${port}: ${strangers.join(", ")}`,
          "Stop it, or let it use another port.",
        );
      }
    }
  }
  if (host.roles.includes("monitor")) {
    findings.push(...monitorFindings(host, facts, options.cluster));
  }
  findings.push(...packageFindings(host, facts));
  return findings;
}

/** A Kubernetes node, or files of one, that does not belong to the cluster. */
function strangerFindings(host: Expectation, facts: Facts, cluster: string): string[] {
  const text = facts["mark-member"] ?? facts["mark-restored"] ?? facts["mark-begun"];
  const remove = `If you do not need its data, run there: ${resetNode}`;
  if (!host.roles.includes("master") && !host.roles.includes("worker")) {
    return [];
  }
  if (text === undefined) {
    return facts["kubernetes"] === "present"
      ? [`${host.name}: has a Kubernetes node, or files of one, that kube-control did not set up. ${remove}`]
      : [];
  }
  const mark = parseMark(text);
  if (mark.cluster === "") {
    const role = host.roles.includes("master") ? "master" : "worker";
    return [
      `${host.name}: the file in /var/lib/kube-control that names its cluster is incomplete, perhaps after a power failure. If it is a ` +
        `node of this cluster, run there: printf 'cluster ${cluster}\\nnode ${host.name}\\nrole ${role}\\n' | sudo tee /var/lib/kube-control/member. ${remove}`,
    ];
  }
  return isOfCluster(mark, cluster)
    ? []
    : [
        `${host.name}: belongs to another cluster: expected ${cluster}, found ${mark.cluster}` +
          `${mark.node === "" ? "" : ` (node ${mark.node}, ${mark.role})`}. ${remove}`,
      ];
}

/** Problems that a comparison of the hosts shows: equal machine ids, and different clocks. */
export function crossFindings(facts: Readonly<Record<string, Facts>>, clocks: readonly Clock[]): string[] {
  const findings: string[] = [];
  const byMachineId = new Map<string, string[]>();
  for (const [name, { "machine-id": id = "" }] of Object.entries(facts)) {
    byMachineId.set(id, [...(byMachineId.get(id) ?? []), name]);
  }
  for (const [id, names] of byMachineId) {
    if (id === "") {
      const have = names.length === 1 ? "has" : "have";
      findings.push(`${names.join(", ")}: ${have} no /etc/machine-id. Run systemd-machine-id-setup there.`);
    } else if (names.length > 1) {
      findings.push(
        `${names.join(", ")}: have the same /etc/machine-id, like cloned machines. ` +
          "On all except one, run: rm /etc/machine-id && systemd-machine-id-setup; then reboot them.",
      );
    }
  }
  const [earliest, latest] = farthest(clocks);
  if (earliest !== undefined && latest !== undefined) {
    const apart = latest.ahead - earliest.ahead;
    if (apart > clockTolerance + earliest.uncertainty + latest.uncertainty) {
      findings.push(
        `${latest.name}, ${earliest.name}: their clocks are ${(apart / 1000).toFixed(1)} s apart. ` +
          "Set them by NTP (timedatectl set-ntp true): etcd and certificates need the same time everywhere.",
      );
    }
  }
  return findings;
}

function farthest(clocks: readonly Clock[]): [Clock | undefined, Clock | undefined] {
  const sorted = [...clocks].sort((one, other) => one.ahead - other.ahead);
  return [sorted.at(0), sorted.at(-1)];
}
