import type { Hosts } from "../hosts";
import type { Operator } from "../operator";

/** The lab as it is when a fault strikes. */
export interface Field {
  readonly hosts: Hosts;
  readonly operator: Operator;
  /** The control plane's name. */
  readonly fqdn: string;
  /** The load balancer that holds the virtual IP. */
  readonly holder: string;
  /** The one that would take it over. */
  readonly backup: string;
  /** The master that leads etcd. */
  readonly leader: string;
  /** A master that follows, the last of the list: it has joined, so its etcd knows the others. */
  readonly follower: string;
  readonly masters: readonly string[];
  readonly nameServer: string;
}

/** Something that breaks and how it is mended, or a change and how it is taken back. */
export interface Fault {
  /** What it is called on the command line and in reports: `haproxy-killed`. */
  readonly name: string;
  /** In a sentence, for the report. */
  readonly title: string;
  /** What has to be the case before it strikes; it is not measured. */
  readonly prepare?: (field: Field) => Promise<void>;
  /** Does it; says whom it has struck. */
  readonly inject: (field: Field) => Promise<string>;
  /** Mends it. Default: it mends itself. */
  readonly cure?: (field: Field) => Promise<void>;
  /** Seconds from when it is done to its cure. Default 12: by then each kubelet has renewed its lease, which it does every 10 s. */
  readonly seconds?: number;
  /** Only where it is asked for by its name: it takes long. */
  readonly onlyNamed?: boolean;
  /** Nothing in it is a reason for the virtual IP to move. */
  readonly stays?: boolean;
  /**
   * Milliseconds that a blackout of new connections may take, from the fault to its cure and after it: several times what was
   * measured (docs/benchmarks.md), so that only a regression exceeds it. Default: {@link usualBound}.
   */
  readonly bound?: number;
}

/** Six times the longest blackout of a fault that one load balancer or one master can cover for. */
export const usualBound = 1000;

type Who = (field: Field) => string;

/** A host's power goes, and comes back. */
export function losesPower(name: string, title: string, who: Who): Fault {
  return {
    name,
    title,
    inject: async (field) => {
      await field.hosts.kill(who(field));
      return who(field);
    },
    cure: (field) => field.hosts.start(who(field)),
  };
}

/** A host's network is cut without a word, and mended. */
export function isCutOff(name: string, title: string, who: Who): Fault {
  return {
    name,
    title,
    inject: async (field) => {
      await field.hosts.cut(who(field));
      return who(field);
    },
    cure: (field) => field.hosts.mend(who(field)),
  };
}

/** A shell script does it on one host. */
export function onHost(who: Who, script: string): Fault["inject"] {
  return async (field) => {
    await field.hosts.shell(who(field), script);
    return who(field);
  };
}
