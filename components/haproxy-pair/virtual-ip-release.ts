import * as pulumi from "@pulumi/pulumi";
import { argumentError, checkedAddress, checkedHosts } from "../../host/argument";
import { hostInputs } from "../../host/host";
import type { VirtualIpReleaseArgs } from "./args";
import { byPriority } from "./pair";
import { formerlyOfThePair, releaseOthers } from "./steps";

/**
 * Removes a former virtual IP from the load balancers of a {@link HaproxyPair}, which serve it beside the new one until
 * then. Its open connections are closed, so that the clients connect again by the name. Its name is that of the pair.
 * In `dependsOn`, give the resource after which the name resolves to the new address everywhere (`DnsSwap`).
 *
 * @example
 * ```ts
 * import { sshHost, VirtualIpRelease } from "kube-control";
 *
 * const login = { user: "ops", privateKeyFile: "~/.ssh/id_ed25519", knownHostsFile: "~/.ssh/known_hosts" };
 * const release = new VirtualIpRelease("k8s-managers", {
 *   nodes: [
 *     { ...sshHost({ ...login, name: "haproxy-lb1", address: "192.0.2.21" }), priority: 250 },
 *     { ...sshHost({ ...login, name: "haproxy-lb2", address: "192.0.2.22" }), priority: 240 },
 *   ],
 *   virtualIp: "192.0.2.10",
 * });
 *
 * export const { virtualIp } = release;
 * ```
 *
 * @throws ResourceError if there is no load balancer, or if an address is not an IPv4 address
 */
export class VirtualIpRelease extends pulumi.ComponentResource {
  /** The virtual IP that the load balancers keep, once they have no other. */
  readonly virtualIp: pulumi.Output<string>;

  constructor(name: string, args: VirtualIpReleaseArgs, opts: pulumi.ComponentResourceOptions = {}) {
    const inputs = { nodes: args.nodes.map(hostInputs), virtualIp: args.virtualIp };
    super("kube-control:index:VirtualIpRelease", name, inputs, opts);
    if (args.nodes.length === 0) {
      throw argumentError(this, `${name}.nodes`, "has no load balancer", "List the pair's load balancers.");
    }
    const nodes = byPriority(checkedHosts(this, `${name}.nodes`, args.nodes));
    const virtualIp = checkedAddress(this, `${name}.virtualIp`, args.virtualIp);
    const released = releaseOthers(name, nodes, virtualIp, {
      ...formerlyOfThePair(name),
      parent: this,
      dependsOn: opts.dependsOn,
    });

    this.virtualIp = released.id.apply(() => pulumi.output(virtualIp));
    this.registerOutputs({ virtualIp: this.virtualIp });
  }
}
