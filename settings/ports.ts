import type { Draft } from "./draft";
import { keyOf, type Mistake } from "./mistakes";

/** TCP ports that a master's own programs listen on. */
const takenOnMasters: Readonly<Record<number, string>> = {
  2379: "etcd (clients)",
  2380: "etcd (peers)",
  2381: "etcd (metrics)",
  10248: "kubelet (health)",
  10249: "kube-proxy (metrics)",
  10250: "kubelet",
  10256: "kube-proxy (health)",
  10257: "kube-controller-manager",
  10259: "kube-scheduler",
};

const nodePorts = { first: 30000, last: 32767 };

/** UDP ports that the agent itself listens on in its container. */
const takenByAgent: Readonly<Record<number, string>> = { 8125: "DogStatsD, the agent's own metrics port" };

function clash(path: readonly PropertyKey[], value: number, taker: string, remedy: string): Mistake {
  return { key: keyOf(path), value, what: `is the port of ${taker} already`, remedy };
}

/** Ports that two programs of one machine would want. */
export function checkPorts(draft: Draft): Mistake[] {
  const endpoint = draft.number(["endpoint", "port"], 6443);
  const ssh = draft.number(["ssh", "port"], 22);
  const nas = draft.number(["nas", "port"], 15141);
  const health = draft.number(["haproxy", "healthPort"], 8404);
  const mistakes: Mistake[] = [];
  const free = "Choose a free port; 6443 is the usual one.";
  if (endpoint === ssh) {
    mistakes.push(clash(["endpoint", "port"], endpoint, "sshd on every host (kube-control:ssh.port)", free));
  }
  const usual = "Choose a free port; 8404 is the usual one.";
  if (health === endpoint) {
    mistakes.push(clash(["haproxy", "healthPort"], health, "the API servers (kube-control:endpoint.port)", usual));
  } else if (health === ssh) {
    mistakes.push(clash(["haproxy", "healthPort"], health, "sshd on every host (kube-control:ssh.port)", usual));
  }
  const taker = takenOnMasters[endpoint];
  if (taker !== undefined) {
    mistakes.push(clash(["endpoint", "port"], endpoint, `${taker} on the masters`, free));
  }
  if (endpoint >= nodePorts.first && endpoint <= nodePorts.last) {
    mistakes.push({
      key: keyOf(["endpoint", "port"]),
      value: endpoint,
      what: `lies among the node ports (${nodePorts.first}–${nodePorts.last}) that Services take on every node`,
      remedy: free,
    });
  }
  const agent = takenByAgent[nas];
  if (agent !== undefined) {
    mistakes.push(clash(["nas", "port"], nas, agent, "Choose a free UDP port of the monitor, e.g. 15141."));
  }
  return mistakes;
}
