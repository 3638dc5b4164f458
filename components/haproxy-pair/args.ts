import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import type { Backend, HaproxyOptions } from "./haproxy";
import type { VirtualIp } from "./keepalived";

/** A host that balances, and how much it is preferred. */
export interface LoadBalancer extends Host {
  /** VRRP priority, 1–254, different on each; the highest takes the virtual IP first, and with `preempt` whenever it can. */
  readonly priority: number;
}

export interface HaproxyPairArgs extends HaproxyOptions {
  readonly virtualIp: VirtualIp & {
    /** The password of VRRP version 2, 1 to 8 characters; needed there, refused with version 3, which has none. */
    readonly password?: pulumi.Input<string>;
  };
  /** The load balancers, two or more. */
  readonly nodes: readonly LoadBalancer[];
  /** The API servers, one or more. */
  readonly backends: readonly Backend[];
  /** TCP port of the load balancers and of the API servers. @default the control plane's */
  readonly port?: number;
  /**
   * What the load balancers belong to, `FQDN:PORT`. Each notes it beside its name, and is left as it is where it says
   * something else when it is to be removed. Default: the pair's name.
   */
  readonly cluster?: pulumi.Input<string>;
}

export interface ServingArgs {
  /** The masters: the first that answers and has kubectl and the administrator's kubeconfig asks the API servers. */
  readonly from: readonly Host[];
  /** The control plane's name, which the API servers' certificates carry. */
  readonly fqdn: pulumi.Input<string>;
}
