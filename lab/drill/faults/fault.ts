import type { Lab } from "../../verify/finding";
import type { Hosts } from "../hosts";
import type { Operator } from "../operator";

/** The lab's state when a fault is injected. */
export interface Context {
  readonly lab: Lab;
  readonly hosts: Hosts;
  readonly operator: Operator;
  /** The load balancer that holds the virtual IP. */
  readonly holder: string;
  /** The load balancer that would take it over. */
  readonly backup: string;
  /** The master whose etcd member is the leader. */
  readonly leader: string;
  /** The last master in the list whose etcd member is a follower. It joined, so its manifest lists other members. */
  readonly follower: string;
}

/** An action on a fault's targets. */
export type Action = (context: Context, targets: readonly string[]) => Promise<unknown>;

/** A fault and its recovery, or a change and its reversal. */
export interface Fault {
  /** Name on the command line and in reports: `haproxy-killed`. */
  readonly name: string;
  /** A sentence for the report. */
  readonly title: string;
  readonly targets: (context: Context) => readonly string[];
  /** Preparation before the fault, not measured. */
  readonly prepare?: Action;
  readonly inject: Action;
  /** @default none: the stack recovers by itself */
  readonly recover?: Action;
  /**
   * Seconds from the injection to the recovery.
   *
   * @default 12: each kubelet renews its lease every 10 s
   */
  readonly seconds?: number;
  /** Runs only if it is named on the command line, because it takes long. */
  readonly onlyNamed?: boolean;
  /** Each node sends requests by the name during the fault, and none of them may fail. */
  readonly onNodes?: boolean;
  /** The fault is no reason for the virtual IP to move. */
  readonly stays?: boolean;
  /** The virtual IP must move between the fault and its recovery; otherwise the drill tested nothing. */
  readonly moves?: boolean;
  /**
   * The longest allowed blackout of new connections, in milliseconds, during the fault and after it. Several times the measured
   * value (docs/benchmarks.md), so that only a regression exceeds it.
   *
   * @default {@link defaultBound}
   */
  readonly bound?: number;
}

/** Creates a fault from its name, title, targets and actions. */
export function fault(
  name: string,
  title: string,
  targets: Fault["targets"],
  how: Omit<Fault, "name" | "title" | "targets">,
): Fault {
  return { name, title, targets, ...how };
}

/** Milliseconds: six times the longest measured blackout of a fault that leaves a load balancer and a master. */
export const defaultBound = 1000;

/** Runs shell text on one target after the other. */
export function shell(script: string): Action {
  return async ({ hosts }, targets) => {
    for (const host of targets) await hosts.shell(host, script, 120);
  };
}
