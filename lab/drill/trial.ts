import { explain, LabError } from "../base/error";
import { pause, cleanUp } from "../base/process";
import { bridgeOf } from "../hosts/network";
import { theHost } from "../hosts/plan";
import type { Lab } from "../verify/finding";
import type { Context, Fault } from "./faults";
import { Hosts } from "./hosts";
import { lostWrites, measure, type Parts } from "./measure";
import { NodeClients } from "./node-clients";
import { Operator } from "./operator";
import { statusHint, Probe, type ProbeEvent } from "./probe";
import { waitForSteadyState, onMaster } from "./steady-state";

const namespace = "kube-control-drill";

/** One run of a fault. Times are in milliseconds since 1970. */
export interface Trial extends Parts {
  readonly fault: string;
  readonly title: string;
  /** Names of the targets. */
  readonly targets: string;
  readonly injectionStarted: number;
  readonly injectionEnded: number;
  /** When the drill began to recover the targets; if the stack recovers by itself, the same as `steadyAt`. */
  readonly recoveryStarted: number;
  /** When the lab had reached the steady state again. */
  readonly steadyAt: number;
  /** The number of acknowledged writes that are missing afterwards. */
  readonly lost: number;
  readonly events: readonly ProbeEvent[];
  /** The load balancers by their MAC addresses, which ARP answers contain. */
  readonly macs: Readonly<Record<string, string>>;
}

/** The lab's properties that a drill needs, discovered once. */
export interface Environment {
  readonly lab: Lab;
  /** The probe's configuration, without the values of a single trial. */
  readonly config: object;
  readonly macs: Trial["macs"];
  /** The load balancer that preempts the virtual IP; undefined with `nopreempt`. */
  readonly preferred?: string;
}

/**
 * Discovers the environment of the drills, and creates the namespace that they write to.
 *
 * @param stays whether the virtual IP stays where it is; by default read from Keepalived's configuration
 */
export async function discover(lab: Lab, stays?: boolean): Promise<Environment> {
  const { place, stack } = lab;
  const hosts = new Hosts(place);
  const linesOf = async (host: string, script: string) => (await hosts.shell(host, script)).split("\n");
  const credentials = await onMaster(
    hosts,
    lab,
    `kubectl create namespace ${namespace} --dry-run=client -o yaml | kubectl apply -f - >&2
     kubectl config view --raw -o jsonpath='{.clusters[0].cluster.certificate-authority-data}
{.users[0].user.client-certificate-data}
{.users[0].user.client-key-data}'`,
  );
  const [CA, Certificate, Key] = credentials.split("\n");
  const balancers = await Promise.all(
    stack.loadBalancers.map(async ({ name }) => {
      const script = `cat /sys/class/net/eth0/address; ip -4 -o address show to ${stack.virtualIp}`;
      const [mac = "", address] = await linesOf(name, script);
      return { name, mac, holds: address !== undefined };
    }),
  );
  const [holder, ...more] = balancers.filter(({ holds }) => holds).map(({ name }) => name);
  if (holder === undefined || more.length > 0) {
    throw new LabError(
      `${holder === undefined ? "no load balancer holds" : "more than one load balancer holds"} the virtual IP`,
      `A drill begins in the steady state. ${statusHint}`,
    );
  }
  const [Backend, StatsSocket, preempts] = await linesOf(
    holder,
    `awk '$1 == "backend" { print $2; exit }' /etc/haproxy/haproxy.cfg
     awk '$1 == "stats" && $2 == "socket" { print $3; exit }' /etc/haproxy/haproxy.cfg
     grep -qw nopreempt /etc/keepalived/keepalived.conf && echo no || echo yes`,
  );
  return {
    lab,
    preferred: (stays === undefined ? preempts === "yes" : !stays) ? holder : undefined,
    macs: Object.fromEntries(balancers.map(({ mac, name }) => [mac, name])),
    config: {
      ...{ FQDN: stack.fqdn, Port: stack.port, VirtualIP: stack.virtualIp, Bridge: bridgeOf(place) },
      NameServer: `${theHost(lab.hosts, "name-server").address}:53`,
      ...{ CA, Certificate, Key, Namespace: namespace, Backend, StatsSocket },
    },
  };
}

/**
 * Injects a fault once, recovers, and waits for the steady state. Recovers the targets after an error too.
 *
 * @throws NotSteady with the reasons, if the lab is not in the steady state before or after
 */
export async function trial(
  environment: Environment,
  fault: Fault,
  run: string,
  report: (what: string) => void,
): Promise<Trial> {
  const { lab, macs } = environment;
  const names = lab.stack.loadBalancers.map(({ name }) => name);
  const hosts: Hosts = new Hosts(lab.place, async () => probe.send(await hosts.pids(names)));
  const start = async () =>
    Probe.start(lab.place, { ...environment.config, Run: run, LoadBalancers: await hosts.pids(names) });
  const steady = (when: string) => waitForSteadyState({ ...environment, hosts, probe }, report, when);
  report("starting the probe");
  let probe = await start();
  let toRecover: Context | undefined;
  let onNodes: NodeClients | undefined;
  try {
    await steady("before the fault");
    const context = await contextOf(lab, hosts, probe);
    const targets = fault.targets(context);
    const targetNames = targets.join(", ");
    await Promise.all(lab.hosts.map(({ name }) => hosts.bridgePortOf(name)));
    toRecover = context;
    if (fault.prepare !== undefined) {
      await fault.prepare(context, targets);
      // the preparation is not measured: start with a new probe
      await probe.stop();
      await written(context, run);
      probe = await start();
    }
    if (fault.onNodes === true) onNodes = new NodeClients(lab);
    await pause(2);

    report(`injecting into ${targetNames}`);
    const injectionStarted = Date.now();
    await fault.inject(context, targets);
    const injectionEnded = Date.now();
    await pause(fault.seconds ?? 12);
    let recoveryStarted: number | undefined;
    if (fault.recover !== undefined) {
      report(`recovering ${targetNames}`);
      recoveryStarted = Date.now();
      await fault.recover(context, targets);
    }
    toRecover = undefined;
    const steadyAt = await steady("after the recovery");
    await pause(1);
    const events = [...(await probe.stop()), ...((await onNodes?.stop()) ?? [])];
    onNodes = undefined;
    const kept = await written(context, run);
    const times = { injectionStarted, injectionEnded, recoveryStarted: recoveryStarted ?? steadyAt, steadyAt };
    const recovery = recoveryStarted === undefined ? undefined : { from: recoveryStarted, to: steadyAt };
    return {
      ...{ fault: fault.name, title: fault.title, targets: targetNames, ...times, events, macs },
      during: measure({ events, targets, span: { from: injectionStarted, to: times.recoveryStarted } }),
      after: recovery === undefined ? undefined : measure({ events, span: recovery, clipped: true }),
      lost: lostWrites(events, kept),
    };
  } finally {
    if (toRecover !== undefined) await recover(fault, toRecover);
    // the events of a failed drill are not needed
    await onNodes?.stop().catch(() => undefined);
    await probe.stop();
  }
}

/** The roles of the hosts before the fault. */
async function contextOf(lab: Lab, hosts: Hosts, probe: Probe): Promise<Context> {
  const states = probe.states();
  const [holder = "", backup = ""] = lab.stack.loadBalancers
    .map(({ name }) => name)
    .sort((a, b) => Number(states.get(`holder ${b}`) === "yes") - Number(states.get(`holder ${a}`) === "yes"));
  const masters = lab.stack.masters.map(({ name }) => name);
  const said = await onMaster(hosts, lab, "etcdctl https://127.0.0.1:2379 endpoint status --cluster -w json");
  const members = JSON.parse(said) as { Endpoint: string; Status: { leader: number; header: { member_id: number } } }[];
  const leading = members.find(({ Status }) => Status.header.member_id === Status.leader)?.Endpoint ?? "";
  const leader = lab.stack.masters.find(({ address }) => leading.includes(`${address}:`))?.name ?? masters[0] ?? "";
  const follower = masters.filter((name) => name !== leader).at(-1) ?? "";
  return { lab, hosts, operator: new Operator(lab), leader, follower, holder, backup };
}

/** The numbers of a run's existing writes. Deletes them, so that they do not fill etcd. */
async function written({ hosts, lab }: Context, run: string): Promise<Set<number>> {
  const said = await onMaster(
    hosts,
    lab,
    `kubectl -n ${namespace} get configmaps -o name --request-timeout=30s | sed -n 's|^configmap/${run}-||p'
     # the API server ends a request after 60 s, and may not have deleted all
     for attempt in 1 2 3 4 5; do kubectl delete --raw /api/v1/namespaces/${namespace}/configmaps >/dev/null && break; done`,
    // a drill of ten minutes writes thousands of them
    420,
  );
  return new Set(said.split("\n").map(Number));
}

/** Recovers after an interruption, wherever that was: runs every step, and reports the failed ones. */
function recover(fault: Fault, context: Context): Promise<void> {
  const { hosts, lab } = context;
  const names = lab.hosts.map(({ name }) => name);
  const tried = async (what: Promise<unknown> | undefined) => {
    await what?.catch((error: unknown) => process.stderr.write(`not recovered: ${explain(error)}\n  ${statusHint}\n`));
  };
  return cleanUp(async () => {
    await tried(fault.recover?.(context, fault.targets(context)));
    // the interruption may have left hosts without power or network
    await tried(hosts.powerOn(names));
    await Promise.all(names.map((name) => tried(hosts.reconnect([name]))));
  });
}
