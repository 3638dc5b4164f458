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
  /** Folders on volumes of their own: an overlay on an overlay is refused by the kernel. Gone with the host. */
  readonly volumes: readonly string[];
}

/** What all hosts are made from. */
export interface HostsPlan {
  readonly place: Place;
  readonly stack: Stack;
  readonly hosts: readonly LabHost[];
  readonly secrets: LabSecrets;
  readonly keys: SshKeys;
  /** Folders of the package repositories. */
  readonly debian: string;
  readonly kubernetes: string;
  /** Folders of the images, by repository. */
  readonly images: Readonly<Record<string, string>>;
}

const kubernetesVolumes = ["/var/lib/containerd", "/var/lib/kubelet", "/var/lib/etcd"];
const dockerVolumes = ["/var/lib/containerd", "/var/lib/docker"];

/** The machines that the stack names, and those that stand for the world around it. */
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
      `Pulumi.dev.yaml: ${outside.name} has the address ${outside.address}, and the lab's hosts lie in ${subnet.prefix}0/24`,
      "Give it an address in the lab's subnet.",
    );
  }
  for (const key of ["name", "address"] as const) {
    const twice = hosts.find((host, index) => hosts.findIndex((other) => other[key] === host[key]) !== index);
    if (twice !== undefined) {
      throw new LabError(
        `Pulumi.dev.yaml: the ${key} ${twice[key]} is taken twice`,
        "The lab's own hosts are ns1 (.53), services (.10) and nas (.20).",
      );
    }
  }
  return hosts;
}

export const withRole = (hosts: readonly LabHost[], role: Role) => hosts.filter((host) => host.role === role);

/** The one host of a role that there is one of. */
export function theHost(hosts: readonly LabHost[], role: "monitor" | "name-server" | "services" | "nas"): LabHost {
  const [host] = withRole(hosts, role);
  if (host === undefined) throw new Error(`the plan has no ${role}`);
  return host;
}
