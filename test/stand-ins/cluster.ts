import * as pulumi from "@pulumi/pulumi";
import type { ControlPlaneArgs } from "../../components/control-plane";
import { ControlPlane } from "../../components/control-plane";
import { revealed } from "../recorder";
import { hostAt, registered } from "../components/registered";
import { StandInHosts } from "./hosts";

// The hosts of a control plane, as folders. Several test files run the component's scripts on them.

export const addresses: Readonly<Record<string, string>> = {
  "k8s-master1": "192.0.2.11",
  "k8s-master2": "192.0.2.12",
  "k8s-master3": "192.0.2.13",
  "k8s-worker1": "192.0.2.21",
};
const hosts = (part: string) =>
  Object.entries(addresses)
    .filter(([name]) => name.includes(part))
    .map(([name, address]) => hostAt(name, address));

/** The scripts of the component's steps, by the step's name. */
export async function scriptTexts(changes: Partial<ControlPlaneArgs> = {}): Promise<(step: string) => string> {
  const recorded = await registered(
    () =>
      new ControlPlane("kubernetes", {
        endpoint: pulumi.output("kube-control.example.com"),
        nodes: hosts("master"),
        workers: hosts("worker"),
        certificateNames: ["192.0.2.10"],
        version: "v1.37.2",
        podSubnet: "10.244.0.0/16",
        serviceSubnet: "10.96.0.0/12",
        repository: { url: "http://192.0.2.1/kubernetes/", key: "KEY" },
        ...changes,
      }),
  );
  return (step) => {
    return revealed(recorded.get(`kubernetes-${step}`)?.inputs.stdin);
  };
}

/** Hosts without Kubernetes, on which the endpoint resolves. */
export function blankHosts(): StandInHosts {
  const world = new StandInHosts(addresses);
  world.write("name", "192.0.2.10\n");
  return world;
}

/** Makes a host a node: its files, its Node object and its etcd member. */
export function makeNode(world: StandInHosts, name: string): void {
  makeHostOfNode(world, name);
  world.write(`cluster/nodes/${name}`);
  if (name.includes("master")) makeEtcdMember(world, name, addresses[name] ?? "");
}

/** The text of a member's mark. */
export const markOf = (node: string, role: string, cluster = "kube-control.example.com:6443") =>
  `cluster ${cluster}\nnode ${node}\nrole ${role}\n`;

/** Writes a node's files to a host; the cluster does not know the node. */
export function makeHostOfNode(world: StandInHosts, name: string, authority = "our authority\n"): void {
  const root = `hosts/${name}`;
  const role = name.includes("master") ? "master" : "worker";
  world.write(`${root}/var/lib/kube-control/member`, markOf(name, role));
  world.write(`${root}/etc/kubernetes/kubelet.conf`);
  world.write(`${root}/etc/kubernetes/pki/ca.crt`, authority);
  if (name.includes("master")) {
    world.write(`${root}/etc/kubernetes/admin.conf`, "    server: https://kube-control.example.com:6443\n");
    world.write(`${root}/etc/kubernetes/pki/encryption-at-rest.yaml`, "secret: ENCRYPTION-CANARY\n");
    world.write(`${root}/var/lib/etcd/member/snap`, "data");
  }
}

export function makeEtcdMember(world: StandInHosts, name: string, address: string): void {
  world.write(
    `cluster/etcd/ee${name}`,
    `ee${name}, started, ${name}, https://${address}:2380, https://${address}:2379, false\n`,
  );
}

/** The calls that change something, in order. */
export const changingCalls = (calls: readonly string[]): string[] =>
  calls.filter((call) =>
    /kubeadm (init|join|reset|token (create|delete))|member remove|kubectl (.* )?(delete|drain|apply)|systemctl|apt-mark/.test(
      call,
    ),
  );

/** Whether the host still has Kubernetes' data. */
export const holdsData = (world: StandInHosts, name: string): boolean =>
  world.exists(`hosts/${name}/var/lib/etcd/member`) && world.exists(`hosts/${name}/etc/kubernetes/kubelet.conf`);
