import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import type { HaproxyOptions } from "./haproxy";
import type { VirtualIp } from "./keepalived";

/** A load balancer: a host, and its VRRP priority. */
export interface LoadBalancer extends Host {
  /**
   * VRRP priority, 1–254, unique in the pair. The load balancer of the highest priority takes the virtual IP first, and
   * with `preempt` again when it returns.
   */
  readonly priority: number;
}

/** An API server to which the load balancers forward connections. */
export interface ApiServer {
  /** The server's name in HAProxy's logs and statistics, e.g. `k8s-master1`. */
  readonly name: string;
  /** IPv4 address. */
  readonly address: pulumi.Input<string>;
}

/** The address that moves between the load balancers, and the VRRP router that moves it. */
export interface VirtualIpArgs extends Omit<VirtualIp, "address"> {
  /** IPv4 address. */
  readonly address: pulumi.Input<string>;
  /** Password of VRRP version 2, 1 to 8 printable characters. Required with version 2, refused with version 3. */
  readonly password?: pulumi.Input<string>;
}

export interface HaproxyPairArgs extends HaproxyOptions {
  /** The address that the load balancers share. */
  readonly virtualIp: VirtualIpArgs;
  /** The load balancers, two or more. */
  readonly nodes: LoadBalancer[];
  /** The API servers, one or more. */
  readonly apiServers: ApiServer[];
  /**
   * TCP port of the load balancers and of the API servers.
   *
   * @default `defaults.port` of the control plane
   */
  readonly port?: number;
  /**
   * The cluster that the load balancers belong to, `FQDN:PORT`. Each load balancer stores it with its name. A removal
   * does not change a host that stores another name or another cluster.
   *
   * @default the pair's name
   */
  readonly cluster?: pulumi.Input<string>;
}

export interface EndpointReadyArgs extends HaproxyPairArgs {
  /**
   * The masters, one or more. The first of them that answers, and has kubectl and the administrator's kubeconfig, sends
   * the requests to the API servers.
   */
  readonly masters: Host[];
  /** The control plane's name, which the API servers' certificates contain. */
  readonly fqdn: pulumi.Input<string>;
}

export interface VirtualIpReleaseArgs {
  /** The load balancers. */
  readonly nodes: LoadBalancer[];
  /** IPv4 address of the virtual IP that the load balancers keep. Other virtual IPs are removed. */
  readonly virtualIp: pulumi.Input<string>;
}
