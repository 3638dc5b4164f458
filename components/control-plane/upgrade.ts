import { minorOf } from "./minor";

/** The versions that a node runs, e.g. `v1.37.2`. */
export interface NodeVersion {
  readonly name: string;
  readonly kubelet: string;
  /** The oldest image of the control plane; undefined on a worker. */
  readonly controlPlane?: string;
}

/**
 * How many minor versions a kubelet may be older than the API servers.
 *
 * @see https://kubernetes.io/releases/version-skew-policy/
 */
const kubeletSkew = 3;

const setting = "kube-control:kubernetes.version";

/** Why nodes cannot be brought to a version, a line each, with what to do. Empty if they can, or if they have it. */
export function upgradeFindings(wanted: string, nodes: readonly NodeVersion[]): string[] {
  return nodes.flatMap(({ name, kubelet, controlPlane }) => {
    const newest = controlPlane === undefined || byVersion(kubelet, controlPlane) > 0 ? kubelet : controlPlane;
    if (byVersion(newest, wanted) > 0) {
      return [
        `${setting}: ${name} runs Kubernetes ${newest}, which is newer than ${wanted}. Kubernetes supports no downgrade: ` +
          `set ${newest} or a newer version.`,
      ];
    }
    const wantedMinor = minorOf(wanted) ?? 0;
    const minor = minorOf(controlPlane) ?? wantedMinor;
    if (wantedMinor - minor > 1) {
      return [
        `${setting}: ${name} runs Kubernetes ${controlPlane}, and an upgrade to ${wanted} would skip a minor version. Upgrade ` +
          `one minor version after another: set the newest v1.${minor + 1} first.`,
      ];
    }
    if (wantedMinor - (minorOf(kubelet) ?? 0) > kubeletSkew) {
      return [
        `${setting}: kubelet on ${name} has the version ${kubelet}, which API servers of ${wanted} do not support. Upgrade it ` +
          `to v1.${wantedMinor - kubeletSkew} or newer first.`,
      ];
    }
    return [];
  });
}

/** The nodes of a cluster, in the order in which they are upgraded. */
export interface UpgradeOrder {
  readonly masters: readonly string[];
  readonly workers: readonly string[];
  readonly concurrentWorkers: number;
}

/** What an upgrade does, a line per step, for a preview. */
export function upgradePlan(from: string, to: string, { masters, workers, concurrentWorkers }: UpgradeOrder): string {
  const perMaster =
    masters.length === 1
      ? "kubeadm upgrade, kubelet, kubectl. It is the only master: clients cannot reach the API while its static pods restart"
      : "drain, etcd leadership moves away, out of HAProxy, kubeadm upgrade, kubelet, kubectl, wait until ready, back in HAProxy";
  const atOnce = concurrentWorkers === 1 ? "" : `, ${concurrentWorkers} at a time`;
  const steps = [
    "check that every other node is Ready and etcd is healthy; save etcd's data in /var/lib/kube-control/snapshots of a master",
    ...masters.map((name) => `${name}: ${perMaster}`),
    ...(workers.length === 0
      ? []
      : [`${workers.join(", ")}${atOnce}: drain, kubeadm upgrade, kubelet, wait until ready`]),
  ];
  return [
    `Kubernetes ${from} → ${to}, one node after another. A failure stops it, and the same command continues it:`,
    ...steps.map((step, index) => `  ${index + 1}. ${step}`),
  ].join("\n");
}

/** Compares two versions such as `v1.37.2`. */
export function byVersion(one: string, other: string): number {
  const [a, b] = [one, other].map((version) => version.replace(/^v/, "").split(".").map(Number)) as [
    number[],
    number[],
  ];
  const at = a.findIndex((part, index) => part !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
