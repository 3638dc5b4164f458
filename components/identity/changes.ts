import { createHash } from "node:crypto";
import type { Role } from "../../host/facts";
import { encryptionChanges, isOfEncryption } from "./encryption-changes";
import { fixedFieldChanges } from "./fixed-fields";
import type { RefusedChange } from "./refused-change";

/** A host as the configuration lists it. */
export interface ListedHost {
  readonly name: string;
  readonly address: string;
  readonly role: Role;
  /** The host's public key, with which it can still be surveyed after it left the list. */
  readonly hostKey?: string;
}

/** The properties of a stack that must not change by accident. */
export interface StackIdentity {
  /** Values that are decided when the cluster is initialised, by setting: endpoint, subnets, encryption at rest. */
  readonly decided: Readonly<Record<string, string>>;
  /**
   * Values of settings that are applied to a running cluster, by setting. The name is that of versions that could not
   * apply them: they find the present values in the state.
   */
  readonly initOnly: Readonly<Record<string, string>>;
  readonly hosts: readonly ListedHost[];
  /** The /etc/machine-id of each host that was surveyed, by the host's name. */
  readonly machines: Readonly<Record<string, string>>;
  /** SHA-256 of the cluster's CA certificate; empty until a master with it was surveyed. */
  readonly authority: string;
}

/** The environment variable with the tokens of confirmed changes, separated by commas. */
export const confirmVariable = "KUBE_CONTROL_CONFIRM";

/** The token that confirms one change: a digest of the setting, the old value and the new value. */
export function tokenOf({ setting, before, after }: RefusedChange): string {
  return createHash("sha256")
    .update(JSON.stringify([setting, before, after]))
    .digest("hex")
    .slice(0, 10);
}

/**
 * The changes between two identities of a stack that are refused.
 *
 * @param isFirstRecord `before` was read from the hosts, because the state has no identity yet: no host may be added or
 * removed
 */
export function refusals(before: StackIdentity, after: StackIdentity, isFirstRecord = false): RefusedChange[] {
  return [
    ...(isFirstRecord ? otherHosts(before.hosts, after.hosts) : []),
    ...decidedChanges(before.decided, after.decided),
    ...encryptionChanges(before.decided, after.decided),
    ...maskSizeChanges(before.decided, after.decided),
    ...fixedFieldChanges(before.initOnly, after.initOnly),
    ...lostGroups(before.hosts, after.hosts),
    ...movedHosts(before.hosts, after.hosts),
    ...sameMachines(before, after),
    ...otherAuthority(before.authority, after.authority),
  ];
}

const rebuild = "Set it back. For another value, create another cluster: pulumi destroy, then pulumi up.";

const decidedReasons: Readonly<Record<string, Pick<RefusedChange, "reason" | "lost">>> = {
  "endpoint.fqdn": {
    reason: "the certificates of the API servers and every kubelet's configuration contain the name",
    lost: "every node and client of the cluster, until each is pointed at the new name by hand",
  },
  "endpoint.port": {
    reason: "the API servers listen on the port that kubeadm init gave them",
    lost: "the endpoint: the load balancers would send connections to a port on which no API server listens",
  },
  "kubernetes.podSubnet": {
    reason: "each node has its part of the subnet since it joined, and the pod network refuses another one",
    lost: "the pod network of each node, at its next start",
  },
  "kubernetes.serviceSubnet": {
    reason: "the Services have their addresses, and the certificates of the API servers contain one of them",
    lost: "no data; the cluster keeps the old subnet, and the settings show another one",
  },
  "kubernetes.encryptionAtRest": {
    reason:
      "the Secrets in etcd are written as kubeadm init was told, and only the API servers' configuration can read them",
    lost: "the encryption key on masters that join; if no other master is left, also the Secrets",
  },
};

function decidedChanges(before: StackIdentity["decided"], after: StackIdentity["decided"]): RefusedChange[] {
  const changed = changedKeys(before, after).filter(
    (setting) => setting !== nodeMaskSize && !isOfEncryption(setting, before, after),
  );
  return changed.map((setting) => ({
    setting,
    before: before[setting] ?? "",
    after: after[setting] ?? "",
    instead: rebuild,
    ...(decidedReasons[setting] ?? { reason: "it is decided when the cluster is initialised", lost: "unknown" }),
  }));
}

/** Size of each node's part of the pod subnet. The state contains it only if it is set. */
export const nodeMaskSize = "kubernetes.controllerManager.extraArgs.node-cidr-mask-size";

/** @see https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/ */
function maskSizeChanges(before: StackIdentity["decided"], after: StackIdentity["decided"]): RefusedChange[] {
  const [old, value] = [before[nodeMaskSize] ?? "24", after[nodeMaskSize] ?? "24"];
  return old === value
    ? []
    : [
        {
          setting: nodeMaskSize,
          before: old,
          after: value,
          reason:
            "each node has its part of the subnet since it joined, and the controller manager refuses parts of another size",
          instead: rebuild,
          lost: "the controller manager, which does not start while a node has a part of the old size",
        },
      ];
}

/** The keys that are in both and differ. A setting that a new version of kube-control adds is not a change. */
function changedKeys(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): string[] {
  return Object.keys(after).filter((key) => key in before && before[key] !== after[key]);
}

const groups: Readonly<
  Partial<Record<Role, { readonly setting: string; readonly reason: string; readonly lost: string }>>
> = {
  master: {
    setting: "masters",
    reason:
      "none of the current masters is left in the list: kubeadm would create a new, empty cluster, and the old one would be deleted",
    lost: "the whole cluster with all its data",
  },
  "load balancer": {
    setting: "loadBalancers",
    reason:
      "none of the current load balancers is left in the list: no load balancer would hold the virtual IP until the new ones serve",
    lost: "the endpoint, from the removal of the old load balancers until the new ones serve",
  },
};

function lostGroups(before: readonly ListedHost[], after: readonly ListedHost[]): RefusedChange[] {
  return Object.entries(groups).flatMap(([role, { setting, reason, lost }]) => {
    const [olds, news] = [before, after].map((hosts) => hosts.filter((host) => host.role === role)) as [
      ListedHost[],
      ListedHost[],
    ];
    // a machine with another name counts as left in the list: movedHosts refuses it
    const left = news.some((host) => olds.some((old) => old.name === host.name || old.address === host.address));
    return olds.length === 0 || left
      ? []
      : [
          {
            setting,
            before: shown(olds),
            after: shown(news),
            reason,
            instead:
              "Run pulumi up twice: first with the new hosts beside at least one of the old ones, then without the old ones." +
              (role === "master"
                ? " If the cluster is lost, restore it first: npm run restore (docs/operations.md)."
                : ""),
            lost,
          },
        ];
  });
}

/**
 * Refuses any change of the hosts: without hosts in the state, an intended change cannot be distinguished from a
 * mistake.
 */
function otherHosts(before: readonly ListedHost[], after: readonly ListedHost[]): RefusedChange[] {
  const told = (hosts: readonly ListedHost[]) => hosts.map(describe).sort().join(", ");
  return told(before) === told(after)
    ? []
    : [
        {
          setting: "masters, workers, loadBalancers, monitor",
          before: told(before),
          after: told(after),
          reason:
            "this is the first up of this version on the stack: it records which hosts belong to it, and changes none",
          instead: "Set the lists back and run pulumi up. Then make the change and run it again.",
          lost: "the data on the hosts that are no longer listed",
        },
      ];
}

/** The setting that lists the hosts of a role. */
export const listOf: Readonly<Record<Role, string>> = {
  master: "masters",
  worker: "workers",
  "load balancer": "loadBalancers",
  monitor: "monitor",
};

function movedHosts(before: readonly ListedHost[], after: readonly ListedHost[]): RefusedChange[] {
  return after.flatMap((host): RefusedChange[] => {
    const named = before.find(({ name }) => name === host.name);
    const placed = before.find(({ address }) => address === host.address);
    const old = named ?? placed;
    if (old === undefined || (named === placed && named?.role === host.role)) {
      return [];
    }
    return [
      {
        setting: listOf[host.role],
        before: describe(old),
        after: describe(host),
        reason: whyMoved(host, named, placed),
        instead: twoRuns(old, host, before),
        lost: `the data on ${old.name}: the host is set up under one name and then removed under the other`,
      },
    ];
  });
}

function whyMoved(host: ListedHost, named: ListedHost | undefined, placed: ListedHost | undefined): string {
  if (named === undefined) {
    return `the address belongs to ${placed?.name ?? ""}: the same machine would be set up as ${host.name} and then removed as ${placed?.name ?? ""}`;
  }
  if (named === placed) {
    return `the host is a ${named.role}: what it runs as that would stay on it`;
  }
  return placed === undefined
    ? `${host.name} is at ${named.address}: the machine there would keep running under the same name`
    : `${host.name} is at ${named.address}, and ${host.address} belongs to ${placed.name}: two hosts would be exchanged`;
}

/** The two runs that remove a host and add it again, with lists that are valid in each run. */
function twoRuns(old: ListedHost, host: ListedHost, before: readonly ListedHost[]): string {
  const count = before.filter(({ role }) => role === old.role).length;
  const putIn = `then with ${describe(host)}`;
  const head = "Run pulumi up twice:";
  switch (old.role) {
    case "worker":
      return `${head} first without ${old.name}, ${putIn}.`;
    case "master":
      return count === 1
        ? `Add two further masters first. Then, ${head.toLowerCase()} first without ${old.name} and one of these, ${putIn} and that one.`
        : `${head} first without ${old.name} and without one further master (their number has to be odd), ${putIn} and that master.`;
    case "load balancer":
      return count > 2
        ? `${head} first without ${old.name}, ${putIn}.`
        : `${head} first with another machine in the place of ${old.name}, ${putIn} in the place of that machine.`;
    case "monitor":
      return `${head} first with another machine as the monitor, ${putIn}.`;
  }
}

/** Refuses a new host whose machine id is already in the stack under another name. */
function sameMachines(before: StackIdentity, after: StackIdentity): RefusedChange[] {
  return Object.entries(after.machines).flatMap(([name, id]): RefusedChange[] => {
    const host = after.hosts.find((one) => one.name === name);
    const known = Object.entries(before.machines).find(([other, seen]) => other !== name && seen === id)?.[0];
    // movedHosts checks hosts that were in the stack before, by name and address
    if (host === undefined || known === undefined || before.hosts.some((one) => one.name === name)) {
      return [];
    }
    return [
      {
        setting: listOf[host.role],
        before: `${known} (machine ${id})`,
        after: `${describe(host)} (machine ${id})`,
        reason: `the machine at ${host.address} is ${known} in the stack: it would be set up as ${name} and then removed as ${known}`,
        instead: `Run pulumi up twice: first without ${known} and ${name}, then with ${name}. A clone needs a machine id of its own: rm /etc/machine-id && systemd-machine-id-setup.`,
        lost: `the data on ${known}`,
      },
    ];
  });
}

function otherAuthority(before: string, after: string): RefusedChange[] {
  return before === "" || after === "" || before === after
    ? []
    : [
        {
          setting: "masters",
          before: `CA ${before}`,
          after: `CA ${after}`,
          reason: "the masters belong to another cluster than the one that this stack built: their CA differs",
          instead:
            "Correct the addresses of the masters. If the cluster was rebuilt by hand, or has new authorities, allow the change.",
          lost: "no data; the stack then treats that cluster as its own",
        },
      ];
}

const describe = ({ name, address, role }: ListedHost) => `${name} ${address} (${role})`;
const shown = (hosts: readonly ListedHost[]) => hosts.map(({ name, address }) => `${name} ${address}`).join(", ");

/** The message about refused changes; undefined if there are none. */
export function refusalMessage(refused: readonly RefusedChange[]): string | undefined {
  if (refused.length === 0) {
    return undefined;
  }
  const paragraphs = refused.map((one) =>
    [
      `kube-control:${one.setting}: this change is refused; nothing was changed.`,
      `  old value: ${one.before}`,
      `  new value: ${one.after}`,
      `  reason:    ${one.reason}.`,
      `  instead:   ${one.instead}`,
      `  you lose:  ${one.lost}.`,
      `  to allow this change: ${confirmVariable}=${tokenOf(one)} pulumi up`,
    ].join("\n"),
  );
  const several = refused.length > 1 ? `\n(several tokens: ${confirmVariable}=TOKEN,TOKEN)` : "";
  return `\n${paragraphs.join("\n\n")}${several}`;
}

/** Separates changes that stay refused from those that a token confirms. */
export function partByTokens(
  all: readonly RefusedChange[],
  confirmed: string,
): { refused: RefusedChange[]; passed: RefusedChange[] } {
  const tokens = new Set(confirmed.split(/[\s,]+/).filter((token) => token !== ""));
  return {
    refused: all.filter((one) => !tokens.has(tokenOf(one))),
    passed: all.filter((one) => tokens.has(tokenOf(one))),
  };
}
