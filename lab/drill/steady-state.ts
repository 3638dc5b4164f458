import { LabError } from "../base/error";
import { until } from "../base/process";
import type { Lab } from "../verify/finding";
import { isSuccess, ofKind } from "./events";
import type { Hosts } from "./hosts";
import { statusHint, type Probe } from "./probe";

/** Seconds within which the lab must reach the steady state. */
const timeoutSeconds = 240;

/** Runs etcdctl from etcd's container, because the host has none. */
export const etcdctl = `etcdctl() {
  local pki=/etc/kubernetes/pki/etcd
  "/proc/$(pgrep -x etcd | head -1)/root/usr/local/bin/etcdctl" --endpoints "$1" --cacert $pki/ca.crt --cert $pki/server.crt --key $pki/server.key "\${@:2}"
}
`;

/** Runs shell text on the first master, with the administrator's kubeconfig and {@link etcdctl}. */
export function onMaster(hosts: Hosts, lab: Lab, script: string, seconds?: number): Promise<string> {
  const tools = `export KUBECONFIG=/etc/kubernetes/admin.conf\n${etcdctl}`;
  return hosts.shell(lab.stack.masters[0]?.name ?? "", `${tools}${script}`, seconds);
}

/** The sources of the steady state's conditions. */
interface View {
  readonly lab: Lab;
  readonly hosts: Hosts;
  readonly probe: Probe;
  /** The load balancer that preempts the virtual IP; undefined with `nopreempt`. */
  readonly preferred?: string;
}

/** The lab is not in the steady state, so further drills make no sense. */
export class NotSteady extends LabError {}

/**
 * Waits for the steady state.
 *
 * @param when for the error: `before the fault`, `after the recovery`
 * @returns the time, in milliseconds since 1970
 */
export async function waitForSteadyState(view: View, report: (what: string) => void, when: string): Promise<number> {
  const check = async () => {
    view.probe.assertRunning();
    const problems = [...endpointProblems(view), ...clientProblems(view)];
    // the cluster last: its check loads the hosts
    if (problems.length === 0) problems.push(...(await clusterProblems(view)));
    if (problems[0] !== undefined) report(`not in the steady state yet: ${problems[0]}`);
    return problems;
  };
  const problems = await until(check, ({ length }) => length === 0, { seconds: timeoutSeconds });
  if (problems.length > 0) {
    throw new NotSteady(
      `the lab did not reach the steady state within ${timeoutSeconds} s ${when}`,
      statusHint,
      problems.join("\n"),
    );
  }
  return Date.now();
}

/** One load balancer holds the virtual IP, the preferred one if there is one. Every HAProxy reports every API server as up. */
function endpointProblems({ lab, probe, preferred }: View): string[] {
  const problems: string[] = [];
  const states = probe.states();
  const names = lab.stack.loadBalancers.map(({ name }) => name);
  const holders = names.filter((name) => states.get(`holder ${name}`) === "yes");
  if (holders.length !== 1 || holders[0] !== (preferred ?? holders[0])) {
    const wanted = preferred === undefined ? "" : `, not by ${preferred}`;
    problems.push(`the virtual IP is held by ${holders.join(" and ") || "no load balancer"}${wanted}`);
  }
  for (const name of names) {
    for (const master of lab.stack.masters) {
      const state = states.get(`server ${name} ${master.name}`) ?? "?";
      if (state !== "UP" && state !== "no check") problems.push(`${name} reports ${master.name} as ${state}`);
    }
  }
  const answers = states.get("arp") ?? "";
  if (answers === "") problems.push("no host answers ARP for the virtual IP");
  if (answers.includes(" ")) problems.push("two hosts answer ARP for the virtual IP");
  return problems;
}

/** The last 20 new connections succeeded. */
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
    const output = await onMaster(hosts, lab, script);
    return output.split("\n").filter((line) => line !== "");
  } catch (error) {
    return [(error as Error).message];
  }
}
