import type { Reboot } from "./arguments";
import type { HostWork } from "./survey";

/** The maintenance of one host. */
export interface Step {
  readonly work: HostWork;
  /** Why the host is rebooted; undefined if it is not. */
  readonly reboot?: string;
  /** What clients and pods notice. */
  readonly effects: readonly string[];
}

/**
 * The steps of a maintenance, in their order. A host with nothing to do has none. An interrupted host comes first: it is
 * out of service. Then the load balancers, the holder of the virtual IP last; the masters; the workers; the monitor.
 */
export function stepsOf(works: readonly HostWork[], reboot: Reboot): Step[] {
  const run = interruptedRun(works);
  const steps = works.flatMap((work) => stepOf(work, reboot, run) ?? []);
  return steps.sort((one, other) => rank(one.work) - rank(other.work));
}

/** The interrupted run with `--reboot always` that has not rebooted all hosts yet. */
export function interruptedRun(works: readonly HostWork[]): string | undefined {
  return works.find(({ rebootRequest }) => rebootRequest?.pending)?.rebootRequest?.run;
}

function stepOf(work: HostWork, when: Reboot, run: string | undefined): Step | undefined {
  const { rebootRequest, updates, reboots, interrupted } = work;
  const rebooted = run !== undefined && rebootRequest?.run === run && !rebootRequest.pending;
  const reasons = [...reboots, ...(when === "always" && reboots.length === 0 && !rebooted ? ["always"] : [])];
  const reason = when === "never" || reasons.length === 0 ? undefined : reasons.join("; ");
  if (updates.length === 0 && reason === undefined && !interrupted) return undefined;
  return { work, ...(reason === undefined ? {} : { reboot: reason }), effects: effectsOf(work, reason !== undefined) };
}

const roles = ["load balancer", "master", "worker", "monitor"] as const;

function rank({ host, interrupted, holdsVirtualIp }: HostWork): number {
  return (interrupted ? 0 : 10) + 2 * roles.indexOf(host.role) + (holdsVirtualIp ? 1 : 0);
}

function effectsOf({ host, updates, holdsVirtualIp }: HostWork, reboots: boolean): string[] {
  const updated = (pattern: RegExp) => updates.some(({ name }) => pattern.test(name));
  switch (host.role) {
    case "load balancer":
      return holdsVirtualIp && (reboots || updated(disturbing))
        ? ["the virtual IP moves to another load balancer: open connections end once"]
        : [];
    case "master":
    case "worker":
      return [
        ...(reboots ? ["drained: its pods move to other nodes"] : []),
        ...(updated(/^containerd/) && !reboots ? ["containerd restarts, containers keep running"] : []),
      ];
    case "monitor":
      return reboots || updated(/^(docker|containerd)/)
        ? ["the agent restarts: lines that the NAS sends meanwhile are lost"]
        : [];
  }
}

/** The packages in load-balancer.sh whose update moves the virtual IP away first. */
const disturbing =
  /^(haproxy|keepalived|systemd|dbus|libc6|ifupdown|netplan|networkd|network-manager|isc-dhcp|dhcpcd|cloud-init)/;
