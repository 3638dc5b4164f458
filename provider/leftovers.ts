import type { CreateResult, DiffResult, UpdateResult } from "@pulumi/pulumi/provider";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Role } from "../host/facts";
import { runOverSsh, type SshTarget } from "../host/ssh";
import type { Warn } from "./engine-log";

/** A host, and what kube-control set up there. */
export interface LeftoversInputs extends SshTarget {
  readonly role: Role;
  /** `FQDN:PORT`. */
  readonly cluster: string;
}

const looked = () => readFileSync(join(__dirname, "leftovers.sh"), "utf8");

const kubernetes = {
  what: "Kubernetes (/etc/kubernetes, /var/lib/etcd, kubelet, packet rules) and the control plane's name in /etc/hosts",
  remove:
    "sudo kubeadm reset -f && sudo rm -rf /etc/kubernetes /etc/cni/net.d /var/lib/etcd /var/lib/kube-control; " +
    "sudo /usr/local/sbin/kube-control-hosts remove",
};

/** What a role leaves on a host that could not be reached, and the command that removes it there. */
const left: Readonly<Record<Role, { readonly what: string; readonly remove: string }>> = {
  master: kubernetes,
  worker: kubernetes,
  "load balancer": {
    what: "HAProxy and Keepalived, which takes the virtual IP",
    remove:
      "sudo systemctl disable --now keepalived haproxy-watch haproxy && sudo apt-get purge keepalived haproxy && " +
      "sudo rm -rf /var/lib/kube-control /etc/systemd/system/haproxy-watch.service /usr/local/sbin/haproxy-watch",
  },
  monitor: {
    what: "the Datadog agent (container dd-agent) and its configuration",
    remove: "docker rm -f dd-agent; sudo rm -rf /opt/datadog-monitor",
  },
};

/**
 * Looks whether a host that left the stack was given back, and says what remains. It never fails: a host that does not
 * answer must not keep the rest of a deletion from being done.
 */
export async function remove(warn: Warn, urn: string, host: LeftoversInputs): Promise<void> {
  const answer = await runOverSsh(host, looked(), { seconds: 30, patienceSeconds: 0 });
  const { what, remove: command } = left[host.role];
  if (answer.kind !== "answered") {
    const why = answer.kind === "unreachable" ? "does not answer" : "could not be looked at";
    await warn(
      urn,
      `${host.name} (${host.address}) ${why} (${answer.said}), so it was not cleaned up. What remains there: ${what}. ` +
        `When it is back, before it meets the network: ${command}`,
    );
    return;
  }
  const found = answer.output.trim();
  if (found !== "") {
    await warn(
      urn,
      `${host.name} (${host.address}) was left as it is. Expected there: ${host.name}, a ${host.role} of ${host.cluster}. ` +
        `Found: ${printable(found)}. If that may be removed, there: ${command}`,
    );
  }
}

/** What a host says is shown in one line, without control characters. */
function printable(text: string): string {
  return text
    .replaceAll("\n", "; ")
    .replaceAll(/\p{Cc}/gu, "?")
    .slice(0, 400);
}

export const create = (inputs: LeftoversInputs): CreateResult => ({ id: inputs.name, outs: inputs });
export const update = (_olds: LeftoversInputs, news: LeftoversInputs): UpdateResult => ({ outs: news });
export const diff = (olds: LeftoversInputs, news: LeftoversInputs): DiffResult => ({
  changes: JSON.stringify(Object.entries(olds).sort()) !== JSON.stringify(Object.entries(news).sort()),
});
