import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { DialledHost } from "../../host/host";
import { Leftovers } from "../../host/leftovers";
import type { Expectation, Role } from "../../host/facts";
import { acrossHostsScript, hostScript, retiredStep } from "../../host/script";
import { sessionOf } from "../../host/session";
import type { Surveyed } from "../../host/survey";
import { defaults as controlPlane } from "../control-plane/defaults";
import { masterPorts, type NodePort, workerPorts } from "../control-plane/ports";
import { defaults as haproxyPair } from "../haproxy-pair/defaults";

export interface PreflightArgs {
  readonly masters: readonly DialledHost[];
  /** @default none */
  readonly workers?: readonly DialledHost[];
  /** @default none */
  readonly loadBalancers?: readonly DialledHost[];
  readonly monitor?: DialledHost;
  /** TCP port of the API servers and of the load balancers. @default `defaults.port` of the control plane */
  readonly endpointPort?: number;
  /**
   * TCP port on which each HAProxy reports which API servers are up.
   *
   * @default `defaults.healthPort` of the load balancers
   */
  readonly haproxy?: { readonly healthPort?: number };
  /** UDP port on which the monitor receives the NAS's log. */
  readonly logPort?: number;
  /** The apt repository from which nodes install Kubernetes' packages. */
  readonly repository?: { readonly url: string };
  /** The file from which kubelet takes the pods' name servers. @default kubeadm's choice */
  readonly resolvConf?: string;
  /** The address that the load balancers share. */
  readonly virtualIp?: { readonly address: string };
}

export interface PreflightOptions extends PreflightArgs {
  /** The cluster that the hosts belong to, `FQDN:PORT`. */
  readonly cluster: string;
}

/**
 * Logs in on every host with the command plugin, which has its own SSH client. Every component that changes hosts
 * depends on it. The survey (survey.ts) has checked the hosts before.
 */
export class Preflight extends pulumi.ComponentResource {
  constructor(name: string, args: PreflightOptions, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:Preflight", name, {}, opts);

    const expected = expectations(args);
    for (const { host, roles } of expected) {
      const [role = "worker"] = roles;
      const leftovers = new Leftovers(`${name}-${host.name}-leftovers`, host, role, args.cluster, { parent: this });
      sessionOf(host).leftovers = [leftovers];
    }
    const hosts = expected.map(({ host }) => host);
    const logins = hosts.map((host) => logIn(name, host, { parent: this }));
    acrossHostsScript(
      `${name}-passed`,
      { step: "preflight", about: name, hosts, script: 'create() { say "every host was looked at"; }\n' },
      { parent: this, dependsOn: logins },
    );
    retiredStep.besidePulumi(`${name}-clocks`, { parent: this });
    this.registerOutputs({});
  }
}

function logIn(name: string, host: DialledHost, opts: pulumi.CustomResourceOptions): command.remote.Command {
  return hostScript(
    `${name}-${host.name}`,
    {
      host,
      step: "log in",
      script: 'create() { say "logged in"; }\n',
      patience: "boot",
      lock: false,
      timeoutSeconds: 60,
    },
    opts,
  );
}

/** Packages with which other packages of a host may conflict, and the program of each. */
const packagesOf: Readonly<Record<Role, Expectation["packages"]>> = {
  master: { containerd: "containerd" },
  worker: { containerd: "containerd" },
  "load balancer": { haproxy: "haproxy", keepalived: "keepalived" },
  monitor: { "docker.io": "dockerd" },
};

/** What the survey checks on each host. A host can have more than one role. */
export function expectations(args: PreflightArgs): Surveyed[] {
  const endpointPort = args.endpointPort ?? controlPlane.port;
  const all = new Map<string, Surveyed>();
  const expect = (
    host: DialledHost | undefined,
    role: Role,
    tcpPorts: Expectation["tcpPorts"],
    udpPorts: Expectation["udpPorts"] = {},
  ) => {
    const isNode = role === "master" || role === "worker";
    if (host !== undefined) {
      const known = all.get(host.name);
      all.set(host.name, {
        host,
        name: host.name,
        address: host.address,
        roles: [...(known?.roles ?? []), role],
        tcpPorts: { ...known?.tcpPorts, ...tcpPorts },
        udpPorts: { ...known?.udpPorts, ...udpPorts },
        packages: { ...known?.packages, ...packagesOf[role] },
        aptSource: known?.aptSource ?? (isNode ? args.repository?.url : undefined),
        resolvConf: args.resolvConf,
      });
    }
  };
  for (const host of args.masters) {
    expect(host, "master", { [endpointPort]: ["kube-apiserver"], ...surveyed(masterPorts) });
  }
  for (const host of args.workers ?? []) {
    expect(host, "worker", surveyed(workerPorts));
  }
  for (const host of args.loadBalancers ?? []) {
    expect(host, "load balancer", {
      [endpointPort]: ["haproxy"],
      [args.haproxy?.healthPort ?? haproxyPair.healthPort]: ["haproxy"],
    });
  }
  expect(args.monitor, "monitor", {}, args.logPort === undefined ? {} : { [args.logPort]: ["docker-proxy"] });
  return [...all.values()].map((one) => ({ ...one, ...sharing(args, one) }));
}

function surveyed(ports: readonly NodePort[]): Expectation["tcpPorts"] {
  return Object.fromEntries(
    ports.flatMap(({ port, processes }) => (processes === undefined ? [] : [[port, processes]])),
  );
}

function sharing(
  { virtualIp, loadBalancers = [] }: PreflightArgs,
  { name, roles }: Surveyed,
): Pick<Surveyed, "shares"> {
  if (virtualIp === undefined || !roles.includes("load balancer")) {
    return {};
  }
  const others = loadBalancers.filter((host) => host.name !== name);
  return { shares: { virtualIp: virtualIp.address, with: others.map(({ address }) => address) } };
}
