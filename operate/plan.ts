import { alertBefore } from "../components/control-plane/certificate-validity";
import { containerName } from "../components/datadog-agent/container";
import { checkedSection } from "../components/haproxy-pair/haproxy";
import type { Role } from "../host/facts";
import { shellAssignments } from "../host/shell";
import { type SshTarget, targetOf } from "../host/ssh";
import { hostMaker } from "../settings/hosts";
import type { StackConfiguration } from "../settings/schema";

/** A host of the stack, and its SSH login. */
export interface HostPlan {
  readonly name: string;
  readonly address: string;
  readonly role: Role;
  readonly target: SshTarget;
}

export interface BackupPlan {
  readonly intervalHours: number;
  readonly copyTo: string;
  /** Name of the bucket to which {@link copyTo} uploads the copies. @default none */
  readonly bucket?: string;
}

/** The data of the stack that a round needs. */
export interface Plan {
  readonly stack: string;
  readonly fqdn: string;
  readonly port: number;
  readonly virtualIp: string;
  readonly nameServers: readonly string[];
  /** The configured version, e.g. `v1.37.2`. */
  readonly kubernetes: string;
  readonly listener: { readonly name: string; readonly type: string; readonly port: number };
  readonly statsSocket: string;
  readonly healthPort: number;
  /** HAProxy's section with the checks of the API servers. */
  readonly checkedSection: string;
  /** Seconds that a certificate of kubeadm must have left: below that, it was not renewed in time. */
  readonly certificateSeconds: number;
  /** Omitted if the stack has no backup. */
  readonly backup?: BackupPlan;
  /** Time limit of the drain of a node. */
  readonly drainSeconds: number;
  readonly hosts: readonly HostPlan[];
}

/** The agent's listener for the NAS, with its name in index.ts. */
const listener = { name: "qnap", type: "udp" };

/** Name of the load balancers in index.ts. HAProxy's section has this name. */
const pair = "k8s-managers";

/** @throws UserError if the private key or a host's key cannot be read */
export function planOf(stack: string, values: StackConfiguration): Plan {
  const toHost = hostMaker(values.ssh);
  const hosts = (role: Role, machines: readonly { name: string; address: string }[]): HostPlan[] =>
    machines.map(({ name, address }) => ({ name, address, role, target: targetOf(toHost({ name, address })) }));
  const { fqdn, port, nameServers } = values.endpoint;
  const { recipients, intervalHours, copyTo = values.monitor.name, s3 } = values.backup;
  return {
    stack,
    fqdn,
    port,
    virtualIp: values.virtualIp.address,
    nameServers,
    kubernetes: values.kubernetes.version,
    listener: { ...listener, port: values.nas.port },
    statsSocket: values.haproxy.statsSocket,
    healthPort: values.haproxy.healthPort,
    checkedSection: checkedSection(pair),
    certificateSeconds: alertBefore(values.kubernetes.certificateValidity),
    ...(recipients.length === 0 ? {} : { backup: { intervalHours, copyTo, bucket: s3?.bucket } }),
    drainSeconds: values.kubernetes.drainTimeout,
    hosts: [
      ...hosts("master", values.masters),
      ...hosts("worker", values.workers),
      ...hosts("load balancer", values.loadBalancers),
      ...hosts("monitor", [values.monitor]),
    ],
  };
}

/** The variables of the scripts that run on a host. */
export function variablesOf(plan: Plan, { role, address }: HostPlan): string {
  return shellAssignments({
    ROLE: role,
    ADDRESS: address,
    FQDN: plan.fqdn,
    PORT: String(plan.port),
    VIRTUAL_IP: plan.virtualIp,
    STATS_SOCKET: plan.statsSocket,
    HEALTH_PORT: String(plan.healthPort),
    CONTAINER: containerName,
  });
}
