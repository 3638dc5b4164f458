import { cleanUp, resetNode } from "../../host/clean-up";
import { isMember, isRestored } from "../../host/marks";
import type { Facts } from "../../host/facts";
import type { ListedHost } from "./changes";

/** The facts that decide whether `kubeadm init` may run on the first master. */
export interface Founding {
  /** In the order of the configuration. */
  readonly masters: readonly ListedHost[];
  /** Masters that were listed earlier. */
  readonly former: readonly ListedHost[];
  /** By host. A host that does not answer is not in it. */
  readonly facts: Readonly<Record<string, Facts>>;
  /** `FQDN:PORT`. */
  readonly cluster: string;
  /** Whether the state contained the stack before this run. */
  readonly isKnown: boolean;
  /** Whether the cluster exists and load balancers serve it. */
  readonly isServing: boolean;
}

/**
 * Why `kubeadm init` may not run, a line each. Empty if it may run, or if the first master is already a member. If a
 * member runs, a second init would create a second cluster; if hosts that do not answer may be members, it could. If the
 * first master has the files of a backup, the cluster was given up: `npm run restore` has reset the masters that answered.
 */
export function foundingFindings(given: Founding): string[] {
  const { masters, former, facts, cluster, isKnown, isServing } = given;
  const [first, ...others] = masters;
  if (first === undefined || isMember(facts[first.name], cluster)) {
    return [];
  }
  const restored = masters.find(({ name }) => isRestored(facts[name], cluster));
  if (restored !== undefined) {
    return restoredFindings(restored, given);
  }
  const member = others.find(({ name }) => isMember(facts[name], cluster));
  if (facts[first.name] === undefined) {
    return member === undefined && !isKnown
      ? [
          `${first.name}: does not answer, and there is no cluster yet: kubeadm init runs on the first master of the list. ` +
            "Start it, or list another master first.",
        ]
      : [];
  }
  if (member !== undefined) {
    return isKnown || isServing ? [behind(first, member)] : [];
  }
  const living = former.find(({ name }) => isMember(facts[name], cluster));
  if (living !== undefined) {
    return [
      `${first.name}: no listed master is a member of the cluster yet, but ${living.name} (${living.address}) still is a ` +
        `member, and is not listed any more. List ${living.name} before ${first.name}, run pulumi up, then remove ${living.name} from the list.`,
    ];
  }
  const silent = [...others, ...former].filter(({ name }) => facts[name] === undefined);
  return isKnown && silent.length > 0
    ? [
        `${first.name}: is not a member of a cluster, and ${silent.map(({ name }) => name).join(", ")} may be one but ` +
          `${silent.length === 1 ? "does" : "do"} not answer: kubeadm init could create a second cluster. Start ${silent.length === 1 ? "it" : "them"}; ` +
          "if the cluster is lost for good, restore it: npm run restore (docs/operations.md); to build an empty one, run " +
          "pulumi destroy first.",
      ]
    : [];
}

/** Findings about masters, if one has the files of a backup. */
function restoredFindings(restored: ListedHost, { masters, former, facts, cluster }: Founding): string[] {
  const [first] = masters;
  const members = [...masters, ...former].filter(({ name }) => isMember(facts[name], cluster));
  return [
    ...(restored === first
      ? []
      : [
          `${restored.name}: has the files of a backup, of which kubeadm init makes the cluster again, and init runs on the ` +
            `first master of the list. List ${restored.name} before ${first?.name}.`,
        ]),
    ...members.map(
      ({ name }) =>
        `${name}: still is a member of the cluster that was given up when ${restored.name} got the files of a backup. ` +
        `Its data are lost with this command; run it there: ${resetNode}`,
    ),
  ];
}

function behind(first: ListedHost, member: ListedHost): string {
  return (
    `${first.name}: is not a member of the cluster, and ${member.name} is: ${first.name} must join this cluster and not create ` +
    `a second one. List ${first.name} after ${member.name} in kube-control:masters.`
  );
}

/**
 * A line for each node of a cluster with this name. Used if that cluster does not serve: a destroy did not reach the
 * node, or the cluster is down.
 */
export function leftoverFindings(
  nodes: readonly ListedHost[],
  facts: Readonly<Record<string, Facts>>,
  cluster: string,
): string[] {
  return nodes
    .filter(({ name }) => isMember(facts[name], cluster))
    .map(({ name, role }) => {
      const authority = facts[name]?.["authority"] ?? "";
      return (
        `${name}: is a ${role} of a cluster ${cluster}${authority === "" ? "" : ` (CA ${authority.slice(0, 16)}…)`} that is not ` +
        "in the state of this stack. Its API server does not answer, or no load balancer serves it. If pulumi destroy did not " +
        `reach this host and you do not need its data, run there: ${cleanUp[role].remove}. ` +
        "To keep the cluster, run there: sudo systemctl start containerd kubelet."
      );
    });
}
