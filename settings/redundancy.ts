import type { Draft } from "./draft";
import { keyOf, type Mistake } from "./mistakes";

/**
 * The priority of a load balancer that names none: 250, 240, 230 … in the order of the list. High ones, for a backup waits
 * the longer the lower its priority is.
 */
export function defaultPriority(index: number): number {
  return Math.max(1, 250 - 10 * index);
}

function checkMasters(draft: Draft): Mistake[] {
  const count = draft.list("masters").length;
  return count === 0 || count % 2 === 1
    ? []
    : [
        {
          key: keyOf(["masters"]),
          what: `lists ${count} masters, an even number: etcd survives no more failures with it than with ${count - 1}`,
          remedy: `List ${count - 1} or ${count + 1}.`,
        },
      ];
}

function checkPriorities(draft: Draft): Mistake[] {
  const priorities = draft
    .list("loadBalancers")
    .map((_, index) => draft.number(["loadBalancers", index, "priority"], defaultPriority(index)));
  return priorities.flatMap((priority, index) => {
    const first = priorities.indexOf(priority);
    return first === index
      ? []
      : [
          {
            key: keyOf(["loadBalancers", index, "priority"]),
            value: priority,
            what: `is the VRRP priority of ${keyOf(["loadBalancers", first])} already, so both could hold the virtual IP`,
            remedy:
              "Give each load balancer a priority of its own, the highest to the one that shall hold the address.",
          },
        ];
  });
}

function checkAdverts(draft: Draft): Mistake[] {
  const key = keyOf(["virtualIp", "advertInterval"]);
  const value = draft.value("virtualIp", "advertInterval");
  if (typeof value !== "number") {
    return [];
  }
  if (draft.number(["virtualIp", "vrrpVersion"], 3) === 2) {
    return Number.isInteger(value) && value >= 1 && value <= 255
      ? []
      : [
          {
            key,
            value,
            what: "is not whole seconds from 1 to 255, which is all that VRRP version 2 can say",
            remedy: "Give whole seconds, or choose kube-control:virtualIp.vrrpVersion 3, which takes 0.04.",
          },
        ];
  }
  const hundredths = value * 100;
  return value >= 0.01 && value <= 40.95 && Math.abs(hundredths - Math.round(hundredths)) < 1e-6
    ? []
    : [
        {
          key,
          value,
          what: "is not seconds from 0.01 to 40.95 in hundredths, which is what VRRP version 3 can say",
          remedy: "Give seconds, e.g. 0.04; where hosts share their processors with others, 0.1 is on the safe side.",
        },
      ];
}

/** etcd does not start where this is broken. */
function checkElection(draft: Draft): Mistake[] {
  const path = ["kubernetes", "etcd", "electionTimeout"];
  const election = draft.number(path, 300);
  const heartbeat = draft.number(["kubernetes", "etcd", "heartbeatInterval"], 50);
  return election >= 5 * heartbeat
    ? []
    : [
        {
          key: keyOf(path),
          value: election,
          what: `is less than five times ${keyOf(["kubernetes", "etcd", "heartbeatInterval"])}, ${heartbeat}: etcd does not start`,
          remedy: `Give ${5 * heartbeat} or more, or a shorter heartbeat. 50 and 300 suit members of one site, 100 and 1000 are etcd's own.`,
        },
      ];
}

/** Mistakes in what makes the cluster survive failures: how many of each, who is first, and how soon one is missed. */
export function checkRedundancy(draft: Draft): Mistake[] {
  return [checkMasters, checkPriorities, checkAdverts, checkElection].flatMap((check) => check(draft));
}
