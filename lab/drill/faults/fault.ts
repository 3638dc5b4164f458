import type { Lab } from "../../verify/finding";
import type { Hosts } from "../hosts";
import type { Operator } from "../operator";

/** The lab as it is when a fault is injected. */
export interface Context {
  readonly lab: Lab;
  readonly hosts: Hosts;
  readonly operator: Operator;
  /** The load balancer that holds the virtual IP. */
  readonly holder: string;
  /** The one that would take it over. */
  readonly backup: string;
  /** The master that leads etcd. */
  readonly leader: string;
  /** A master that follows, the last of the list: it has joined, so its etcd knows the others. */
  readonly follower: string;
}

/** Something that is done to a fault's targets. */
export type Action = (context: Context, targets: readonly string[]) => Promise<unknown>;

/** Something that breaks and how it recovers, or a change and how it is taken back. */
export interface Fault {
  /** What it is called on the command line and in reports: `haproxy-killed`. */
  readonly name: string;
  /** In a sentence, for the report. */
  readonly title: string;
  readonly targets: (context: Context) => readonly string[];
  /** What has to be the case before the fault; it is not measured. */
  readonly prepare?: Action;
  readonly inject: Action;
  /** Default: it recovers by itself. */
  readonly recover?: Action;
  /** Seconds from when it is injected to its recovery. Default 12: by then each kubelet has renewed its lease, which it does every 10 s. */
  readonly seconds?: number;
  /** Only where it is asked for by its name: it takes long. */
  readonly onlyNamed?: boolean;
  /** Each node makes requests by the name meanwhile; none of them may fail. */
  readonly onNodes?: boolean;
  /** Nothing in it is a reason for the virtual IP to move. */
  readonly stays?: boolean;
  /** The virtual IP has to move between the fault and its recovery; where it does not, the drill showed nothing. */
  readonly moves?: boolean;
  /**
   * Milliseconds that a blackout of new connections may take, from the fault to its recovery and after it: several times what was
   * measured (docs/benchmarks.md), so that only a regression exceeds it. Default: {@link defaultBound}.
   */
  readonly bound?: number;
}

/** A fault by what a report says of it, and what is done. */
export function fault(
  name: string,
  title: string,
  targets: Fault["targets"],
  how: Omit<Fault, "name" | "title" | "targets">,
): Fault {
  return { name, title, targets, ...how };
}

/** Six times the longest blackout of a fault that one load balancer or one master can cover for. */
export const defaultBound = 1000;

/** Runs shell text on one target after the other. */
export function shell(script: string): Action {
  return async ({ hosts }, targets) => {
    for (const host of targets) await hosts.shell(host, script, 120);
  };
}
