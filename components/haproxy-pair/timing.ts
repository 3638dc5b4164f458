import * as pulumi from "@pulumi/pulumi";
import { defaults } from "./defaults";
import { checks, type HaproxyOptions, milliseconds, retries } from "./haproxy";
import { defaultAdvertInterval, type VirtualIp } from "./keepalived";

/** The settings that determine how soon a failure is noticed, as in the sections of the configuration. */
export interface Timing {
  readonly haproxy: Pick<HaproxyOptions, "connectTimeout" | "checkInterval">;
  readonly virtualIp: Pick<VirtualIp, "vrrpVersion" | "advertInterval">;
  readonly loadBalancers: readonly { readonly priority: number }[];
  readonly kubernetes: {
    /** Seconds for which a stopping API server continues to serve. */
    readonly shutdownDelay: number;
    readonly etcd: {
      /** Milliseconds. */
      readonly electionTimeout: number;
    };
  };
}

/** Upper bounds of times, in milliseconds. */
export interface Budgets {
  /** From the moment at which `/readyz` of a stopping API server fails until the server gets no new connections. */
  readonly serverOut: number;
  /** Until a client's connection is closed if no API server's host responds at all. */
  readonly connecting: number;
  /** From the last advert of a failed holder until the next load balancer takes the virtual IP. */
  readonly holderMissed: number;
  /** From the last heartbeat of etcd's leader until a member starts an election. */
  readonly leaderMissed: number;
}

/** Milliseconds that a client or a user waits for an answer without giving up. */
const patience = 1000;

/** Milliseconds for which an API server may answer late before HAProxy treats it as down. */
const lateness = checks.fall * milliseconds(checks.patience);

export function budgetsOf({ haproxy, virtualIp, loadBalancers, kubernetes }: Timing): Budgets {
  const interval = milliseconds(haproxy.checkInterval ?? defaults.checkInterval);
  const advert = 1000 * advertOf(virtualIp);
  // the holder has the highest priority; the lower the priority of the next one is, the longer it waits
  const [, successor = 1] = loadBalancers.map(({ priority }) => priority).sort((one, other) => other - one);
  return {
    serverOut: interval + (checks.fall - 1) * milliseconds(checks.fastInterval),
    connecting: (1 + retries) * milliseconds(haproxy.connectTimeout ?? defaults.connectTimeout),
    holderMissed: Math.round(advert * (3 + (256 - successor) / 256)),
    leaderMissed: 2 * kubernetes.etcd.electionTimeout,
  };
}

/**
 * A warning for each failure that would be noticed so late that requests of clients fail: the times, and what to set.
 * These are not errors, because a network may need slow timers. The defaults give no warning.
 */
export function timingWarnings(timing: Timing): string[] {
  const { serverOut, connecting, holderMissed, leaderMissed } = budgetsOf(timing);
  const { haproxy, virtualIp, kubernetes } = timing;
  const { shutdownDelay, etcd } = kubernetes;
  const warnings: string[] = [];
  if (serverOut >= 1000 * shutdownDelay) {
    const interval = haproxy.checkInterval ?? defaults.checkInterval;
    const enough = Math.floor(serverOut / 1000) + 1;
    warnings.push(
      `kube-control:haproxy.checkInterval: with ${interval}, HAProxy takes up to ${seconds(serverOut)} to see that an API ` +
        `server is about to stop, which serves on for ${shutdownDelay} s (kube-control:kubernetes.shutdownDelay): connections ` +
        `are refused at each planned stop. ${chosen(shutdownDelay, enough)}`,
    );
  }
  if (connecting > patience) {
    warnings.push(
      `kube-control:haproxy.connectTimeout: with ${haproxy.connectTimeout ?? defaults.connectTimeout}, a connection that meets ` +
        `masters which are gone is tried for up to ${seconds(connecting)} (${1 + retries} times), and clients give up ` +
        `after ${seconds(patience)}. Set ${Math.floor(patience / (1 + retries))}ms or less.`,
    );
  }
  // do not warn of 1 s with version 2: it has no shorter interval
  if (holderMissed > patience && !(virtualIp.vrrpVersion === 2 && advertOf(virtualIp) === 1)) {
    warnings.push(
      `kube-control:virtualIp.advertInterval: with ${advertOf(virtualIp)} s, a load balancer that died is missed after up ` +
        `to ${seconds(holderMissed)} (three adverts and the skew time), and clients cannot reach the API servers until then. ` +
        (virtualIp.vrrpVersion === 2
          ? "Set 1, or choose VRRP version 3."
          : `Set 0.2 or less; the default is ${defaults.advertInterval[3]}.`),
    );
  }
  if (leaderMissed > lateness) {
    warnings.push(
      `kube-control:kubernetes.etcd.electionTimeout: with ${etcd.electionTimeout} ms, etcd may be without a leader for ` +
        `${seconds(leaderMissed)} before a member stands for election, in which all API servers answer late, and HAProxy ` +
        `treats them as down after ${seconds(lateness)} and refuses clients. ` +
        `Set ${lateness / 2} or less before the first up; kubeadm init alone reads it.`,
    );
  }
  return warnings;
}

/** Logs {@link timingWarnings} at preview and at up. */
export function warnOfTimes(timing: Timing): void {
  for (const warning of timingWarnings(timing)) {
    void pulumi.log.warn(warning);
  }
}

function chosen(shutdownDelay: number, enough: number): string {
  const fastEnough = 1000 * shutdownDelay - (checks.fall - 1) * milliseconds(checks.fastInterval) - 1;
  const choices = [
    ...(fastEnough > 0 ? [`checkInterval to ${fastEnough}ms or less`] : []),
    ...(enough <= 60 ? [`shutdownDelay to ${enough} before the first up (kubeadm init alone reads it)`] : []),
  ];
  return choices.length === 0 ? "Leave both out: the defaults fit each other." : `Set ${choices.join(", or ")}.`;
}

function advertOf({ vrrpVersion = defaults.vrrpVersion, advertInterval }: Timing["virtualIp"]): number {
  return advertInterval ?? defaultAdvertInterval(vrrpVersion);
}

const seconds = (milliseconds: number) => `${Number((milliseconds / 1000).toFixed(2))} s`;
