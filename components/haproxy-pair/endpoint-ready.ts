import * as pulumi from "@pulumi/pulumi";
import { argumentError, checkedHosts } from "../../host/argument";
import { hostInputs } from "../../host/host";
import { inTurn } from "../../host/in-turn";
import type { EndpointReadyArgs } from "./args";
import { pairInputs, pairOf } from "./pair";
import { formerlyOfThePair, PairSteps } from "./steps";

/**
 * Verifies the endpoint of a {@link HaproxyPair}. If API servers joined or left the list, it applies the new list
 * first. It runs again whenever the pair's configuration changes.
 *
 * It is complete when exactly one load balancer holds the virtual IP (with `preempt`, the one of the highest priority),
 * and the API servers answer `/readyz` through the virtual IP and through every load balancer, over TLS with their
 * name. Load balancers that do not answer are skipped. It fails after a limited time, with what it found instead.
 *
 * Its name and its arguments are those of the pair. It is not a child of the pair, because it waits for the control
 * plane, which may wait for the pair, and a resource that depends on a component waits for all children of the
 * component.
 *
 * @example
 * ```ts
 * import { EndpointReady, HaproxyPair, type HaproxyPairArgs, sshHost } from "kube-control";
 *
 * const login = { user: "ops", privateKeyFile: "~/.ssh/id_ed25519", knownHostsFile: "~/.ssh/known_hosts" };
 * const masters = [sshHost({ ...login, name: "k8s-master1", address: "192.0.2.11" })];
 * const args: HaproxyPairArgs = {
 *   virtualIp: { address: "192.0.2.10" },
 *   nodes: [
 *     { ...sshHost({ ...login, name: "haproxy-lb1", address: "192.0.2.21" }), priority: 250 },
 *     { ...sshHost({ ...login, name: "haproxy-lb2", address: "192.0.2.22" }), priority: 240 },
 *   ],
 *   apiServers: masters,
 * };
 * const pair = new HaproxyPair("k8s-managers", args);
 * const ready = new EndpointReady(
 *   "k8s-managers",
 *   { ...args, masters, fqdn: "kube-control.example.com" },
 *   { dependsOn: pair },
 * );
 *
 * export const { virtualIp } = ready;
 * ```
 *
 * @throws ResourceError if there is no master, or if the pair's arguments are refused
 */
export class EndpointReady extends pulumi.ComponentResource {
  /** The virtual IP, once the API servers answer through it. */
  readonly virtualIp: pulumi.Output<string>;

  constructor(name: string, args: EndpointReadyArgs, opts: pulumi.ComponentResourceOptions = {}) {
    const inputs = { ...pairInputs(args), masters: args.masters.map(hostInputs), fqdn: args.fqdn };
    super("kube-control:index:EndpointReady", name, inputs, opts);
    if (args.masters.length === 0) {
      throw argumentError(this, `${name}.masters`, "has no master", "List the masters.");
    }
    const masters = checkedHosts(this, `${name}.masters`, args.masters);
    const pair = pairOf(this, name, args);
    const steps = new PairSteps(this, pair, { ...formerlyOfThePair(name), dependsOn: opts.dependsOn });

    const servers = inTurn([...pair.nodes].reverse(), [], (node, after) => steps.applyServers(node, after));
    const verified = steps.verify(masters, args.fqdn, args.virtualIp.preempt === true, servers);

    this.virtualIp = verified.id.apply(() => pulumi.output(pair.virtualIp));
    this.registerOutputs({ virtualIp: this.virtualIp });
  }
}
