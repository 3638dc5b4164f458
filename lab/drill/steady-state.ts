import { LabError } from "../base/error";
import { until } from "../base/process";
import type { Lab } from "../verify/finding";
import { isSuccess, ofKind } from "./events";
import type { Hosts } from "./hosts";
import { statusHint, type Probe } from "./probe";

/** Seconds within which all has to be whole. */
const patience = 240;

/** etcdctl lies in etcd's image; it is run from there, for the host has none. */
export const etcdctl = `etcdctl() {
  local pki=/etc/kubernetes/pki/etcd
  "/proc/$(pgrep -x etcd | head -1)/root/usr/local/bin/etcdctl" --endpoints "$1" --cacert $pki/ca.crt --cert $pki/server.crt --key $pki/server.key "\${@:2}"
}
`;

/** Runs shell text on the first master, where it finds `kubectl` with an administrator's rights, and {@link etcdctl}. */
export function onMaster(hosts: Hosts, lab: Lab, script: string, seconds?: number): Promise<string> {
  const tools = `export KUBECONFIG=/etc/kubernetes/admin.conf\n${etcdctl}`;
  return hosts.shell(lab.stack.masters[0]?.name ?? "", `${tools}${script}`, seconds);
}

/** What is looked at to see whether all is whole. */
interface View {
  readonly lab: Lab;
  readonly hosts: Hosts;
  readonly probe: Probe;
  /** The load balancer that takes the virtual IP back whenever it can; undefined where it stays where it is. */
  readonly preferred?: string;
}

/** The lab is not whole, and no further drill would say anything. */
export class NotSteady extends LabError {}

/**
 * Waits until all is whole.
 *
 * @param when for the error: before what, or after what
 * @returns when it was, milliseconds since 1970
 */
export async function waitForSteadyState(view: View, tell: (what: string) => void, when: string): Promise<number> {
  const look = async () => {
    view.probe.assertRunning();
    const why = [...endpointProblems(view), ...clientProblems(view)];
    // asking the cluster takes time on the hosts: only once the rest is well
    if (why.length === 0) why.push(...(await clusterProblems(view)));
    if (why[0] !== undefined) tell(`not whole yet: ${why[0]}`);
    return why;
  };
  const why = await until(look, ({ length }) => length === 0, { seconds: patience });
  if (why.length > 0)
    throw new NotSteady(`the lab is not whole within ${patience} s ${when}`, statusHint, why.join("\n"));
  return Date.now();
}

/** The virtual IP is on one load balancer alone, the preferred one if there is one; every HAProxy has every API server for up. */
function endpointProblems({ lab, probe, preferred }: View): string[] {
  const why: string[] = [];
  const seen = probe.seen();
  const names = lab.stack.loadBalancers.map(({ name }) => name);
  const holders = names.filter((name) => seen.get(`holder ${name}`) === "yes");
  if (holders.length !== 1 || holders[0] !== (preferred ?? holders[0])) {
    const wanted = preferred === undefined ? "" : `, not by ${preferred}`;
    why.push(`the virtual IP is held by ${holders.join(" and ") || "nobody"}${wanted}`);
  }
  for (const name of names) {
    for (const master of lab.stack.masters) {
      const state = seen.get(`server ${name} ${master.name}`) ?? "?";
      if (state !== "UP" && state !== "no check") why.push(`${name} has ${master.name} for ${state}`);
    }
  }
  const answers = seen.get("arp") ?? "";
  if (answers === "") why.push("nobody answers for the virtual IP");
  if (answers.includes(" ")) why.push("two answer for the virtual IP");
  return why;
}

/** The last twenty new connections all succeeded. */
function clientProblems({ probe }: View): string[] {
  const last = ofKind(probe.events, "connect").slice(-20);
  const failed = last.filter((event) => !isSuccess(event)).length;
  return failed === 0 ? [] : [`${failed} of the last 20 connections failed`];
}

async function clusterProblems({ lab, hosts }: View): Promise<string[]> {
  const wanted = lab.stack.masters.length;
  const script = `
    kubectl get nodes --no-headers --request-timeout=5s | awk '$2 != "Ready" { print $1 " is " $2 }'
    healthy=$(etcdctl https://127.0.0.1:2379 endpoint health --cluster 2>&1 | grep -c 'is healthy') || true
    [[ $healthy == ${wanted} ]] || echo "$healthy of ${wanted} etcd members are healthy"
    voters=$(etcdctl https://127.0.0.1:2379 member list | grep -c 'started.*false') || true
    [[ $voters == ${wanted} ]] || echo "etcd has $voters of ${wanted} voters"`;
  try {
    const said = await onMaster(hosts, lab, script);
    return said.split("\n").filter((line) => line !== "");
  } catch (error) {
    return [(error as Error).message];
  }
}
