import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { digestOf } from "../../host/digest";
import { UserError } from "../../host/error";
import type { Host } from "../../host/host";
import { refuse } from "../../host/refusal";
import { acrossHostsScript, hostScript, retiredStep } from "../../host/script";
import { defaults as controlPlane } from "../control-plane/defaults";
import { haproxyDropIn, keepalivedDropIn, watchUnit } from "./drop-ins";
import type { HaproxyPairArgs, LoadBalancer, ServingArgs } from "./args";
import { defaults } from "./defaults";
import { renderHaproxy } from "./haproxy";
import { renderKeepalived } from "./keepalived";
import { checkedPassword, refusals } from "./refusals";

const script = (file: string) => readFileSync(join(__dirname, file), "utf8");
const services = script("files-and-services.sh");
const removalScript = `${services}\n${script("removal.sh")}`;
const loadBalancerScript = `${services}\n${script("load-balancer.sh")}`;
const keepalivedScript = `${services}\n${script("start-keepalived.sh")}`;
const watchProgram = script("haproxy-watch.sh");
const servingScript = script("serving.sh");
const releaseScript = `${services}\n${script("release.sh")}`;

/**
 * Load balancers in front of the API servers: HAProxy on each, and a virtual IP that Keepalived gives to one of them.
 * They are set up and changed one after the other, the one of the highest priority last. A Keepalived that is new, or
 * was stopped, is started when all the others list it as a peer: until then two would hold the address.
 *
 * Where an API server leaves the list, running load balancers keep their old list until {@link serving} applies the new one.
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
  private readonly cluster: pulumi.Input<string>;
  private readonly files: (node: LoadBalancer) => Files;
  private readonly digest: string;
  private readonly started: readonly pulumi.Resource[];

  constructor(name: string, args: HaproxyPairArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:HaproxyPair", name, {}, opts);
    refuse(name, refusals(args));
    this.name = name;
    this.args = args;
    this.cluster = args.cluster ?? name;

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
    this.files = (node) => ({ HAPROXY_CFG: haproxyCfg, KEEPALIVED_CONF: keepalivedConf(node), WATCH_UNIT: watch });

    const removals = inTurn(backupFirst, [], (node, after) => this.remove(node, after));
    const setUp = inTurn(backupFirst, removals, (node, after) =>
      this.setUp(node, { parent: this, dependsOn: [...after] }),
    );
    // the first one takes the virtual IP, and keeps it
    const started = inTurn(byPriority(args.nodes), setUp, (node, after) => this.start(node, after));

    this.started = started;
    this.ready = pulumi.all(started.map((step) => step.id)).apply(() => args.virtualIp.address);
    this.registerOutputs({ ready: this.ready });
  }

  /**
   * Applies the new list of API servers where one leaves it, then verifies the pair. Done when one load balancer alone holds
   * the virtual IP (with `preempt`, that of the highest priority), and the API servers answer `/readyz` through it and through
   * every load balancer, over TLS by their name. Load balancers that do not answer are left out. It runs again whenever the
   * pair's configuration changes, and fails after a bounded wait with what was seen instead.
   *
   * @param opts `dependsOn` names what makes the API servers ready
   * @throws UserError where there is no master
   */
  serving(args: ServingArgs, opts: pulumi.ResourceOptions = {}): pulumi.Resource {
    if (args.from.length === 0) {
      throw new UserError("has no master", `${this.name}.serving.from`, "List the masters.");
    }
    const nodes = byPriority(this.args.nodes);
    const servers = inTurn([...nodes].reverse(), this.started, (node, after) =>
      this.applyServers(
        node,
        pulumi.mergeOptions({ parent: this, dependsOn: [...after] }, { dependsOn: opts.dependsOn }),
      ),
    );
    const hosts = uniqueByName([...args.from, ...nodes]);
    return acrossHostsScript(
      `${this.name}-serving`,
      {
        about: this.name,
        step: "verify the virtual IP",
        script: servingScript,
        hosts,
        variables: {
          LOAD_BALANCERS: nodes.map((node) => `${node.name} ${node.address}`).join("\n"),
          VIRTUAL_IP: this.args.virtualIp.address,
          PORT: String(portOf(this.args)),
          FQDN: args.fqdn,
          FROM: args.from.map((host) => host.name).join(" "),
          PREFERRED: this.args.virtualIp.preempt === true ? (nodes[0]?.name ?? "") : "",
          SKIPPED: silentOf(hosts),
          // a changed pair is verified again
          PAIR: this.digest,
        },
        timeoutSeconds: 600,
      },
      pulumi.mergeOptions({ parent: this, dependsOn: [...this.started, ...servers] }, opts),
    );
  }

  /**
   * Takes a former virtual IP off the load balancers: until then they serve it beside the new one. Connections that are open
   * through it are ended, so that their clients open them anew by the name.
   *
   * @param opts `dependsOn` names what has the name lead to the new address everywhere
   */
  release(opts: pulumi.ResourceOptions): pulumi.Resource {
    const nodes = byPriority(this.args.nodes);
    return acrossHostsScript(
      `${this.name}-former-address`,
      {
        about: this.name,
        step: "take off a former virtual IP",
        script: releaseScript,
        hosts: nodes,
        variables: {
          LOAD_BALANCERS: nodes.map(({ name }) => name).join(" "),
          VIRTUAL_IP: this.args.virtualIp.address,
          SKIPPED: silentOf(nodes),
        },
        timeoutSeconds: 900,
      },
      pulumi.mergeOptions({ parent: this }, opts),
    );
  }

  /**
   * Deleting it takes everything off the host again, if the host answers and says that it is this load balancer. In a chain of
   * their own, so that the load balancers leave one by one, the one that holds the virtual IP first.
   */
  private remove(node: LoadBalancer, after: readonly pulumi.Resource[]): command.local.Command {
    // another address is another machine: the old one has to give up the virtual IP, and first
    const options = { parent: this, deleteBeforeReplace: true };
    const removal = acrossHostsScript(
      `${this.name}-${node.name}-removal`,
      {
        about: node.name,
        step: "removal of HAProxy and Keepalived",
        script: removalScript,
        hosts: [node],
        variables: { NODE: node.name, CLUSTER: this.cluster, VIRTUAL_IP: this.args.virtualIp.address },
        deletes: true,
        timeoutSeconds: 900,
        triggers: [node.address],
      },
      { ...options, dependsOn: [...after] },
    );
    // versions before 0.2 removed the host by this step, which failed where the host did not answer
    const retired = `${this.name}-${node.name}-membership`;
    retiredStep.on(node, retired, { ...options, dependsOn: removal }, [node.address]);
    return removal;
  }

  private setUp(node: LoadBalancer, opts: pulumi.CustomResourceOptions): command.remote.Command {
    return this.apply(node, { what: "", step: "set up HAProxy and Keepalived", defer: true }, opts);
  }

  /** Once the control plane is ready. Nothing is left to do where no API server left the list. */
  private applyServers(node: LoadBalancer, opts: pulumi.CustomResourceOptions): command.remote.Command {
    return this.apply(node, { what: "-servers", step: "apply the list of API servers", defer: false }, opts);
  }

  private apply(
    node: LoadBalancer,
    { what, step, defer }: { readonly what: string; readonly step: string; readonly defer: boolean },
    opts: pulumi.CustomResourceOptions,
  ): command.remote.Command {
    return hostScript(
      `${this.name}-${node.name}${what}`,
      {
        host: node,
        step,
        script: loadBalancerScript,
        variables: {
          NODE: node.name,
          CLUSTER: this.cluster,
          ADDRESS: node.address,
          VIRTUAL_IP: this.args.virtualIp.address,
          PORT: String(portOf(this.args)),
          HEALTH_PORT: String(this.args.healthPort ?? defaults.healthPort),
          ...this.files(node),
          HAPROXY_DROP_IN: haproxyDropIn,
          KEEPALIVED_DROP_IN: keepalivedDropIn(this.args.virtualIp.address),
          WATCH_PROGRAM: watchProgram,
          DEFER: defer ? "1" : "0",
        },
        secrets: this.password(),
        patience: "boot",
        triggers: [node.address],
      },
      opts,
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

/** What is written on one load balancer and differs by the pair's arguments, as its script's variables. */
type Files = Readonly<Record<"HAPROXY_CFG" | "KEEPALIVED_CONF" | "WATCH_UNIT", string>>;

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

/** The hosts that are known not to answer in this run. */
function silentOf(hosts: readonly Host[]): string {
  return hosts.flatMap(({ name, session }) => (session?.unreachable === undefined ? [] : [name])).join(" ");
}

function portOf(args: HaproxyPairArgs): number {
  return args.port ?? controlPlane.port;
}

function byPriority(nodes: readonly LoadBalancer[]): LoadBalancer[] {
  return [...nodes].sort((one, other) => other.priority - one.priority);
}

function uniqueByName(hosts: readonly Host[]): Host[] {
  return [...new Map(hosts.map((host) => [host.name, host])).values()];
}
