import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import type { HaproxyOptions } from "./haproxy";
import type { VirtualIp } from "./keepalived";

/** A host that balances, and how much it is preferred. */
export interface LoadBalancer extends Host {
  /** VRRP priority, 1–254, different on each; the highest takes the virtual IP first, and with `preempt` whenever it can. */
  readonly priority: number;
}

/** An API server that the load balancers spread connections over. */
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
  /** The password of VRRP version 2, 1 to 8 characters; needed there, refused with version 3, which has none. */
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
   * @default the control plane's
   */
  readonly port?: number;
  /**
   * What the load balancers belong to, `FQDN:PORT`. Each notes it beside its name, and is left as it is where it says
   * something else when it is to be removed.
   *
   * @default the pair's name
   */
  readonly cluster?: pulumi.Input<string>;
}

export interface EndpointReadyArgs extends HaproxyPairArgs {
  /** The masters: the first that answers and has kubectl and the administrator's kubeconfig asks the API servers. */
  readonly masters: Host[];
  /** The control plane's name, which the API servers' certificates carry. */
  readonly fqdn: pulumi.Input<string>;
}

export interface VirtualIpReleaseArgs {
  /** The load balancers. */
  readonly nodes: LoadBalancer[];
  /** The virtual IP that they keep: any other one is taken off. */
  readonly virtualIp: pulumi.Input<string>;
}
