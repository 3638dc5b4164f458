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

/** One fault, once. Times are milliseconds since 1970. */
export interface Trial extends Parts {
  readonly fault: string;
  readonly title: string;
  /** The hosts that were struck. */
  readonly struck: string;
  /** When it was done to them: the deed took from the one to the other. */
  readonly begun: number;
  readonly done: number;
  /** When the drill began to end the fault; if the stack recovered by itself, when everything worked again. */
  readonly cured: number;
  readonly whole: number;
  /** Acknowledged writes that are gone, whenever they were made. */
  readonly lost: number;
  readonly events: readonly ProbeEvent[];
  /** The load balancers by their MAC addresses, which the answers to ARP bear. */
  readonly macs: Readonly<Record<string, string>>;
}

/** What a drill needs of the lab; asked for once. */
export interface Environment {
  readonly lab: Lab;
  /** The probe's configuration, but for what differs from trial to trial. */
  readonly config: object;
  readonly macs: Trial["macs"];
  /** The load balancer that takes the virtual IP back whenever it can; undefined where it stays where it is. */
  readonly preferred?: string;
}

/**
 * Looks up what the drills need, and makes the namespace that they write to.
 *
 * @param stays whether the virtual IP stays where it is; by default, as Keepalived's configuration has it
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
      `the virtual IP is held by ${holder === undefined ? "nobody" : "more than one"}`,
      `A drill begins when all is well. ${statusHint}`,
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
 * Injects a fault once, recovers, and waits until all is whole. The targets recover whatever happens.
 *
 * @throws NotSteady where it is not whole before, or does not become so, with the reasons
 */
export async function trial(
  environment: Environment,
  fault: Fault,
  run: string,
  tell: (what: string) => void,
): Promise<Trial> {
  const { lab, macs } = environment;
  const names = lab.stack.loadBalancers.map(({ name }) => name);
  const hosts: Hosts = new Hosts(lab.place, async () => probe.tell(await hosts.pids(names)));
  const start = async () =>
    Probe.start(lab.place, { ...environment.config, Run: run, LoadBalancers: await hosts.pids(names) });
  const whenWhole = (when: string) => waitForSteadyState({ ...environment, hosts, probe }, tell, when);
  tell("starting the probe");
  let probe = await start();
  let toRecover: Context | undefined;
  let onNodes: NodeClients | undefined;
  try {
    await whenWhole("before the fault");
    const context = await contextOf(lab, hosts, probe);
    const targets = fault.targets(context);
    const struck = targets.join(", ");
    await Promise.all(lab.hosts.map(({ name }) => hosts.bridgePortOf(name)));
    toRecover = context;
    if (fault.prepare !== undefined) {
      await fault.prepare(context, targets);
      // what clients saw of that is not the fault's
      await probe.stop();
      await written(context, run);
      probe = await start();
    }
    if (fault.onNodes === true) onNodes = new NodeClients(lab);
    await pause(2);

    tell(`injects it into ${struck}`);
    const begun = Date.now();
    await fault.inject(context, targets);
    const done = Date.now();
    await pause(fault.seconds ?? 12);
    let cured: number | undefined;
    if (fault.recover !== undefined) {
      tell(`recovers ${struck}`);
      cured = Date.now();
      await fault.recover(context, targets);
    }
    toRecover = undefined;
    const whole = await whenWhole("after the cure");
    await pause(1);
    const events = [...(await probe.stop()), ...((await onNodes?.stop()) ?? [])];
    onNodes = undefined;
    const kept = await written(context, run);
    const times = { begun, done, cured: cured ?? whole, whole };
    return {
      ...{ fault: fault.name, title: fault.title, struck, ...times, events, macs },
      during: measure({ events, struck: targets, span: { from: begun, to: times.cured } }),
      after: cured === undefined ? undefined : measure({ events, span: { from: cured, to: whole }, clipped: true }),
      lost: lostWrites(events, kept),
    };
  } finally {
    if (toRecover !== undefined) await recover(fault, toRecover);
    // of a drill that failed, what they met counts for nothing
    await onNodes?.stop().catch(() => undefined);
    await probe.stop();
  }
}

/** Who is who, before the fault. */
async function contextOf(lab: Lab, hosts: Hosts, probe: Probe): Promise<Context> {
  const seen = probe.seen();
  const [holder = "", backup = ""] = lab.stack.loadBalancers
    .map(({ name }) => name)
    .sort((a, b) => Number(seen.get(`holder ${b}`) === "yes") - Number(seen.get(`holder ${a}`) === "yes"));
  const masters = lab.stack.masters.map(({ name }) => name);
  const said = await onMaster(hosts, lab, "etcdctl https://127.0.0.1:2379 endpoint status --cluster -w json");
  const members = JSON.parse(said) as { Endpoint: string; Status: { leader: number; header: { member_id: number } } }[];
  const leading = members.find(({ Status }) => Status.header.member_id === Status.leader)?.Endpoint ?? "";
  const leader = lab.stack.masters.find(({ address }) => leading.includes(`${address}:`))?.name ?? masters[0] ?? "";
  const follower = masters.filter((name) => name !== leader).at(-1) ?? "";
  return { lab, hosts, operator: new Operator(lab), leader, follower, holder, backup };
}

/** The numbers of the writes of a run that are there. They are deleted, so that the next run finds room. */
async function written({ hosts, lab }: Context, run: string): Promise<Set<number>> {
  const said = await onMaster(
    hosts,
    lab,
    `kubectl -n ${namespace} get configmaps -o name --request-timeout=30s | sed -n 's|^configmap/${run}-||p'
     kubectl delete --raw /api/v1/namespaces/${namespace}/configmaps >/dev/null`,
    // ten minutes' worth of them is thousands
    300,
  );
  return new Set(said.split("\n").map(Number));
}

/** After an interruption in between: as much as can be done without knowing how far it went. */
function recover(fault: Fault, context: Context): Promise<void> {
  const { hosts, lab } = context;
  const names = lab.hosts.map(({ name }) => name);
  const tried = async (what: Promise<unknown> | undefined) => {
    await what?.catch((error: unknown) => process.stderr.write(`not mended: ${explain(error)}\n  ${statusHint}\n`));
  };
  return cleanUp(async () => {
    await tried(fault.recover?.(context, fault.targets(context)));
    // broken off, maybe, between a power cut and the power's return, or between a cut cable and the power cut
    await tried(hosts.start(names));
    await Promise.all(names.map((name) => tried(hosts.reconnect([name]))));
  });
}
