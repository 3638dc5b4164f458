import type { Lab } from "../verify/finding";
import { etcdctl } from "./etcdctl";
import type { Hosts } from "./hosts";
import type { Probe, ProbeEvent } from "./probe";

/** Why the lab is not whole, a line for each reason; none where it is. */
export async function whyNotWhole(lab: Lab, hosts: Hosts, probe: Probe, preferred?: string): Promise<string[]> {
  const fromOutside = [...whyEndpoint(lab, probe.seen(), preferred), ...whyClients(probe.events)];
  // asking the cluster takes time on the hosts: only once the rest is well
  return fromOutside.length > 0 ? fromOutside : whyCluster(lab, hosts);
}

/** The virtual IP is on one load balancer alone, the preferred one if there is one; every HAProxy has every API server for up. */
function whyEndpoint(lab: Lab, seen: ReadonlyMap<string, string>, preferred?: string): string[] {
  const why: string[] = [];
  const names = lab.stack.loadBalancers.map(({ name }) => name);
  const holders = names.filter((name) => seen.get(`holder ${name}`) === "yes");
  if (holders.length !== 1 || holders[0] !== (preferred ?? holders[0])) {
    why.push(
      `the virtual IP is held by ${holders.join(" and ") || "nobody"}${preferred === undefined ? "" : `, not by ${preferred}`}`,
    );
  }
  for (const name of names) {
    for (const master of lab.stack.masters) {
      const state = seen.get(`server ${name} ${master.name}`) ?? "?";
      if (state !== "UP" && state !== "no check") why.push(`${name} has ${master.name} for ${state}`);
    }
  }
  const answers = seen.get("arp") ?? "";
  if (answers === "" || answers.includes(" ")) {
    why.push(`${answers === "" ? "nobody answers" : "two answer"} for the virtual IP`);
  }
  return why;
}

/** The last twenty new connections all succeeded. */
function whyClients(events: readonly ProbeEvent[]): string[] {
  const last = events.filter(({ kind }) => kind === "connect").slice(-20);
  const failed = last.filter(({ error }) => error !== undefined).length;
  return failed === 0 ? [] : [`${failed} of the last 20 connections failed`];
}

async function whyCluster(lab: Lab, hosts: Hosts): Promise<string[]> {
  const wanted = lab.stack.masters.length;
  const script = `${etcdctl}
    export KUBECONFIG=/etc/kubernetes/admin.conf
    kubectl get nodes --no-headers --request-timeout=5s | awk '$2 != "Ready" { print $1 " is " $2 }'
    healthy=$(etcdctl https://127.0.0.1:2379 endpoint health --cluster 2>&1 | grep -c 'is healthy') || true
    [[ $healthy == ${wanted} ]] || echo "$healthy of ${wanted} etcd members are healthy"
    voters=$(etcdctl https://127.0.0.1:2379 member list | grep -c 'started.*false') || true
    [[ $voters == ${wanted} ]] || echo "etcd has $voters of ${wanted} voters"`;
  try {
    const [first] = lab.stack.masters;
    const said = await hosts.shell(first?.name ?? "", script, 30);
    return said.split("\n").filter((line) => line !== "");
  } catch (error) {
    return [(error as Error).message];
  }
}
