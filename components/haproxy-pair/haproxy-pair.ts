import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../host/error";
import type { Host } from "../../host/host";
import { acrossHostsScript, hostScript } from "../../host/script";
import { haproxyDropIn, keepalivedDropIn, watchUnit } from "./drop-ins";
import { defaultHealthPort, renderHaproxy, type Backend, type HaproxyOptions } from "./haproxy";
import { renderKeepalived, whyUnfitPassword, type VirtualIp } from "./keepalived";

const script = (file: string) => readFileSync(join(__dirname, file), "utf8");
const services = script("services.sh");
const membershipScript = `${services}\n${script("membership.sh")}`;
const loadBalancerScript = `${services}\n${script("load-balancer.sh")}`;
const keepalivedScript = `${services}\n${script("keepalived.sh")}`;
const watchProgram = script("haproxy-watch.sh");
const servingScript = script("serving.sh");

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
  /** TCP port of the load balancers and of the API servers. Default: 6443. */
  readonly port?: number;
}

export interface ServingArgs {
  /** A master, with kubectl and the administrator's kubeconfig, from which the API servers are asked. */
  readonly from: Host;
  /** The control plane's name, which the API servers' certificates carry. */
  readonly fqdn: pulumi.Input<string>;
}

/**
 * Load balancers in front of the API servers: HAProxy on each, and a virtual IP that Keepalived gives to one of them.
 * They are set up and changed one after the other, the one of the highest priority last. A Keepalived that is new, or
 * was stopped, is started when all the others list it as a peer: until then two would hold the address.
 *
 * ```ts
 * const loadBalancers = new HaproxyPair("k8s-managers", {
 *   virtualIp: { address: "192.168.2.140" }, nodes: settings.loadBalancers, backends: settings.masters,
 * });
 * ```
 *
 * @throws UserError where there are fewer than two nodes or no backend, where two nodes have the same priority, or where
 * the password does not fit VRRP's version.
 */
export class HaproxyPair extends pulumi.ComponentResource {
  /** The virtual IP, once every load balancer runs. Whether it leads to an API server, {@link serving} tells. */
  readonly ready: pulumi.Output<string>;
  private readonly name: string;
  private readonly args: HaproxyPairArgs;
  private readonly digest: string;
  private readonly started: readonly pulumi.Resource[];

  constructor(name: string, args: HaproxyPairArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:HaproxyPair", name, {}, opts);
    refuseMistakes(name, args);
    this.name = name;
    this.args = args;

    const haproxy = { ...args, name, port: portOf(args) };
    const haproxyCfg = renderHaproxy(haproxy);
    const watch = watchUnit(haproxy, args.virtualIp.address);
    const keepalivedConf = (node: LoadBalancer) =>
      renderKeepalived(
        args.virtualIp,
        node,
        args.nodes.filter((other) => other !== node),
      );
    const backupFirst = byPriority(args.nodes).reverse();
    const keepalived = keepalivedDropIn(args.virtualIp.address);
    const units = [haproxyDropIn, keepalived, watchProgram, watch];
    this.digest = digestOf([haproxyCfg, ...backupFirst.map(keepalivedConf), ...units]);

    const memberships = inTurn(backupFirst, [], (node, after) => this.register(node, after));
    const setUp = inTurn(backupFirst, memberships, (node, after) =>
      this.setUp(node, { HAPROXY_CFG: haproxyCfg, KEEPALIVED_CONF: keepalivedConf(node), WATCH_UNIT: watch }, after),
    );
    // whoever is first holds the virtual IP, and keeps it
    const started = inTurn(byPriority(args.nodes), setUp, (node, after) => this.start(node, after));

    this.started = started;
    this.ready = pulumi.all(started.map((step) => step.id)).apply(() => args.virtualIp.address);
    this.registerOutputs({ ready: this.ready });
  }

  /**
   * Done when one load balancer alone holds the virtual IP (with `preempt`, that of the highest priority), and the API servers answer `/readyz`
   * through it and through every load balancer, over TLS by their name. Verified anew whenever the pair's configuration
   * changes; fails after a bounded wait with what was seen instead.
   */
  serving(args: ServingArgs, opts: pulumi.ResourceOptions = {}): pulumi.Resource {
    const nodes = byPriority(this.args.nodes);
    return acrossHostsScript(
      `${this.name}-serving`,
      {
        about: this.name,
        step: "verify the virtual IP",
        script: servingScript,
        hosts: uniqueByName([args.from, ...nodes]),
        variables: {
          LOAD_BALANCERS: nodes.map((node) => `${node.name} ${node.address}`).join("\n"),
          VIRTUAL_IP: this.args.virtualIp.address,
          PORT: String(portOf(this.args)),
          FQDN: args.fqdn,
          FROM: args.from.name,
          PREFERRED: this.args.virtualIp.preempt === true ? (nodes[0]?.name ?? "") : "",
          // a changed pair is verified again
          PAIR: this.digest,
        },
        timeoutSeconds: 480,
      },
      pulumi.mergeOptions({ parent: this, dependsOn: [...this.started] }, opts),
    );
  }

  /** In a chain of their own, so that the load balancers leave one by one, the one that holds the virtual IP first. */
  private register(node: LoadBalancer, after: readonly pulumi.Resource[]): command.remote.Command {
    return hostScript(
      `${this.name}-${node.name}-membership`,
      {
        host: node,
        step: "take part in the pair",
        script: membershipScript,
        variables: { VIRTUAL_IP: this.args.virtualIp.address },
        deletes: true,
        patience: "boot",
        triggers: [node.address],
      },
      // another address is another machine: the old one has to give up the virtual IP, and first
      { parent: this, dependsOn: [...after], deleteBeforeReplace: true },
    );
  }

  private setUp(
    node: LoadBalancer,
    files: Readonly<Record<"HAPROXY_CFG" | "KEEPALIVED_CONF" | "WATCH_UNIT", string>>,
    after: readonly pulumi.Resource[],
  ): command.remote.Command {
    return hostScript(
      `${this.name}-${node.name}`,
      {
        host: node,
        step: "set up HAProxy and Keepalived",
        script: loadBalancerScript,
        variables: {
          ADDRESS: node.address,
          PORT: String(portOf(this.args)),
          HEALTH_PORT: String(this.args.healthPort ?? defaultHealthPort),
          ...files,
          HAPROXY_DROP_IN: haproxyDropIn,
          KEEPALIVED_DROP_IN: keepalivedDropIn(this.args.virtualIp.address),
          WATCH_PROGRAM: watchProgram,
        },
        secrets: this.password(),
        patience: "boot",
        triggers: [node.address],
      },
      { parent: this, dependsOn: [...after] },
    );
  }

  private start(node: LoadBalancer, after: readonly pulumi.Resource[]): command.remote.Command {
    return hostScript(
      `${this.name}-${node.name}-keepalived`,
      {
        host: node,
        step: "start Keepalived",
        script: keepalivedScript,
        // with each change of the pair, so that one that someone stopped runs again
        variables: { PAIR: this.digest },
        secrets: this.password(),
        triggers: [node.address],
      },
      { parent: this, dependsOn: [...after] },
    );
  }

  private password(): Record<string, pulumi.Output<string>> | undefined {
    const { password } = this.args.virtualIp;
    return password === undefined ? undefined : { VRRP_PASSWORD: checkedPassword(this.name, password) };
  }
}

/** A step for each node, which waits for the one before it and for all of `after`. */
function inTurn<Step extends pulumi.Resource>(
  nodes: readonly LoadBalancer[],
  after: readonly pulumi.Resource[],
  step: (node: LoadBalancer, after: readonly pulumi.Resource[]) => Step,
): Step[] {
  const steps: Step[] = [];
  for (const node of nodes) {
    steps.push(step(node, [...after, ...steps.slice(-1)]));
  }
  return steps;
}

function portOf(args: HaproxyPairArgs): number {
  return args.port ?? 6443;
}

function byPriority(nodes: readonly LoadBalancer[]): LoadBalancer[] {
  return [...nodes].sort((one, other) => other.priority - one.priority);
}

function uniqueByName(hosts: readonly Host[]): Host[] {
  return [...new Map(hosts.map((host) => [host.name, host])).values()];
}

function digestOf(texts: readonly string[]): string {
  return createHash("sha256").update(texts.join("\0")).digest("hex").slice(0, 16);
}

function checkedPassword(name: string, password: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.secret(password).apply((text) => {
    const why = whyUnfitPassword(text);
    if (why !== undefined) {
      throw new UserError(
        `the VRRP password ${why}`,
        `${name}.virtualIp.password`,
        "Give 1 to 8 printable characters, or choose VRRP version 3, which has no password.",
      );
    }
    return text;
  });
}

function refuseMistakes(name: string, { nodes, backends, virtualIp }: HaproxyPairArgs): void {
  if (nodes.length < 2) {
    throw new UserError(
      "has fewer than two load balancers",
      `${name}.nodes`,
      "List two or more, so that one may fail.",
    );
  }
  if (backends.length === 0) {
    throw new UserError("has no API server", `${name}.backends`, "List the masters: name and address.");
  }
  if (new Set(nodes.map(({ priority }) => priority)).size < nodes.length) {
    throw new UserError("gives two nodes the same priority", `${name}.nodes`, "Give each a priority of its own.");
  }
  if ((virtualIp.vrrpVersion === 2) !== (virtualIp.password !== undefined)) {
    throw virtualIp.password === undefined
      ? new UserError("is missing", `${name}.virtualIp.password`, "VRRP version 2 wants one, of 1 to 8 characters.")
      : new UserError(
          "is given, but VRRP version 3 has no password",
          `${name}.virtualIp.password`,
          "Take it out, or choose vrrpVersion 2.",
        );
  }
}
