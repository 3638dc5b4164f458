import { LabError } from "../base/error";
import type { Place } from "../base/place";
import type { LabSecrets } from "./secrets";
import type { SshKeys } from "./ssh-keys";
import type { Machine, Stack } from "./stack";
import type { Subnet } from "./subnet";

export type Role = "master" | "worker" | "load-balancer" | "monitor" | "name-server" | "services" | "nas";

/** A host of the lab. */
export interface LabHost extends Machine {
  readonly role: Role;
  /** Folders with a volume each, because the kernel refuses an overlay on an overlay. Removed with the host. */
  readonly volumes: readonly string[];
}

/** The inputs from which all hosts are created. */
export interface HostsPlan {
  readonly place: Place;
  readonly stack: Stack;
  readonly hosts: readonly LabHost[];
  readonly secrets: LabSecrets;
  readonly keys: SshKeys;
  /** Folders of the package repositories. */
  readonly debian: string;
  readonly kubernetes: string;
  /** Repository → folders of its images. */
  readonly images: Readonly<Record<string, readonly string[]>>;
}

const kubernetesVolumes = ["/var/lib/containerd", "/var/lib/kubelet", "/var/lib/etcd"];
const dockerVolumes = ["/var/lib/containerd", "/var/lib/docker"];

/** The stack's machines, and the lab's own: name server, services and NAS. */
export function planHosts(stack: Stack, subnet: Subnet): LabHost[] {
  const own = (name: string, last: number) => [{ name, address: `${subnet.prefix}${last}` }];
  const as = (role: Role, machines: readonly Machine[], volumes: readonly string[] = []): LabHost[] =>
    machines.map(({ name, address }) => ({ name, address, role, volumes }));
  const hosts = [
    ...as("name-server", own("ns1", 53)),
    ...as("services", own("services", 10)),
    ...as("nas", own("nas", 20)),
    ...as("master", stack.masters, kubernetesVolumes),
    ...as("worker", stack.workers, kubernetesVolumes),
    ...as("load-balancer", stack.loadBalancers),
    ...as("monitor", [stack.monitor], dockerVolumes),
  ];
  const outside = hosts.find((host) => !host.address.startsWith(subnet.prefix));
  if (outside !== undefined) {
    throw new LabError(
      `Pulumi.dev.yaml: the address ${outside.address} of ${outside.name} is not in the lab's subnet ${subnet.prefix}0/24`,
      "Use an address in that subnet.",
    );
  }
  for (const key of ["name", "address"] as const) {
    const twice = hosts.find((host, index) => hosts.findIndex((other) => other[key] === host[key]) !== index);
    if (twice !== undefined) {
      throw new LabError(
        `Pulumi.dev.yaml: two hosts have the ${key} ${twice[key]}`,
        "Use another one. The lab's own hosts are ns1 (.53), services (.10) and nas (.20).",
      );
    }
  }
  return hosts;
}

export const withRole = (hosts: readonly LabHost[], role: Role) => hosts.filter((host) => host.role === role);

/** The host of a role that has exactly one. */
export function theHost(hosts: readonly LabHost[], role: "monitor" | "name-server" | "services" | "nas"): LabHost {
  const [host] = withRole(hosts, role);
  if (host === undefined) throw new Error(`the plan has no ${role}`);
  return host;
}
