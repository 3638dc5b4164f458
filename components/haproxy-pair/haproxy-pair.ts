import * as pulumi from "@pulumi/pulumi";
import { inTurn } from "../../host/in-turn";
import type { HaproxyPairArgs } from "./args";
import { pairInputs, pairOf } from "./pair";
import { PairSteps } from "./steps";

/**
 * Load balancers in front of the API servers: HAProxy on each, and a virtual IP that Keepalived assigns to one of them.
 * They are set up and changed one after another, the one of the highest priority last. A Keepalived that does not run
 * is started only when all others list it as a peer, because otherwise two load balancers would hold the virtual IP.
 *
 * If API servers join or leave the list, running load balancers keep the old list until `EndpointReady` applies the new
 * one.
 *
 * @example
 * ```ts
 * import { HaproxyPair, sshHost } from "kube-control";
 *
 * const login = { user: "ops", privateKeyFile: "~/.ssh/id_ed25519", knownHostsFile: "~/.ssh/known_hosts" };
 * const pair = new HaproxyPair("k8s-managers", {
 *   virtualIp: { address: "192.0.2.10" },
 *   nodes: [
 *     { ...sshHost({ ...login, name: "haproxy-lb1", address: "192.0.2.21" }), priority: 250 },
 *     { ...sshHost({ ...login, name: "haproxy-lb2", address: "192.0.2.22" }), priority: 240 },
 *   ],
 *   apiServers: [{ name: "k8s-master1", address: "192.0.2.11" }],
 * });
 *
 * export const { virtualIp } = pair;
 * ```
 *
 * @throws ResourceError if there are fewer than two nodes or no API server, if two nodes have the same priority, if an
 * address is not an IPv4 address, if VRRP's version is not 2 or 3, or if the password does not fit that version.
 */
export class HaproxyPair extends pulumi.ComponentResource {
  /** The virtual IP, once every load balancer runs. `EndpointReady` verifies that API servers answer through it. */
  readonly virtualIp: pulumi.Output<string>;

  constructor(name: string, args: HaproxyPairArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:HaproxyPair", name, pairInputs(args), opts);
    const pair = pairOf(this, name, args);
    const steps = new PairSteps(this, pair);

    const backupFirst = [...pair.nodes].reverse();
    const removals = inTurn(backupFirst, [], (node, after) => steps.remove(node, after));
    backupFirst.forEach((node) => steps.readBack(node));
    const setUp = inTurn(backupFirst, removals, (node, after) => steps.setUp(node, after));
    // highest priority first: the first Keepalived that starts takes the virtual IP, and keeps it
    const started = inTurn(pair.nodes, setUp, (node, after) => steps.start(node, after));

    this.virtualIp = pulumi.all(started.map((step) => step.id)).apply(() => pulumi.output(pair.virtualIp));
    this.registerOutputs({ virtualIp: this.virtualIp });
  }
}
