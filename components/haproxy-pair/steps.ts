import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import { type HostState, readHost } from "../../host/host-state";
import { acrossHostsScript, hostScript, retiredStep } from "../../host/script";
import { silentOf } from "../../host/session";
import type { LoadBalancer } from "./args";
import { haproxyDropIn } from "./drop-ins";
import { type Pair, watchProgram } from "./pair";

const script = (file: string) => readFileSync(join(__dirname, file), "utf8");
const services = script("files-and-services.sh");
const scripts = {
  removal: `${services}\n${script("removal.sh")}`,
  loadBalancer: `${services}\n${script("load-balancer.sh")}`,
  keepalived: `${services}\n${script("start-keepalived.sh")}`,
  serving: script("serving.sh"),
  release: `${services}\n${script("release.sh")}`,
};

type Resources = readonly pulumi.Resource[];

/** The steps of a pair on its hosts, each a child of `parent`. */
export class PairSteps {
  constructor(
    private readonly parent: pulumi.ComponentResource,
    private readonly pair: Pair,
    /** Options of every step, such as the component's dependencies, which its children do not inherit. */
    private readonly opts: pulumi.CustomResourceOptions = {},
  ) {}

  /**
   * Deleting this step removes HAProxy and Keepalived from the host, if the host answers and is this load balancer. The
   * removals depend on one another, so that a destroy removes one load balancer at a time, the highest priority first.
   */
  remove(node: LoadBalancer, after: Resources): command.local.Command {
    const { name, cluster, virtualIp } = this.pair;
    // another address means another machine: the old one must release the virtual IP before the new one is set up
    const options = this.child({ deleteBeforeReplace: true });
    const removal = acrossHostsScript(
      `${name}-${node.name}-removal`,
      {
        about: node.name,
        step: "removal of HAProxy and Keepalived",
        script: scripts.removal,
        hosts: [node],
        variables: { NODE: node.name, CLUSTER: cluster, VIRTUAL_IP: virtualIp },
        deletes: true,
        timeoutSeconds: 900,
        triggers: [node.address],
      },
      { ...options, dependsOn: [...after] },
    );
    // versions before 0.2 removed HAProxy and Keepalived by this step, which failed if the host did not answer
    retiredStep.on(node, `${name}-${node.name}-membership`, { ...options, dependsOn: removal }, [node.address]);
    return removal;
  }

  /** Before the steps that correct what it finds. */
  readBack(node: LoadBalancer): HostState {
    return readHost(
      `${this.pair.name}-${node.name}-state`,
      node,
      [
        {
          what: "load balancer",
          script: scripts.loadBalancer,
          variables: { ...this.variables(node), STATS_SOCKET: this.pair.statsSocket },
          secrets: this.pair.secrets,
        },
      ],
      this.child({}),
    );
  }

  setUp(node: LoadBalancer, after: Resources): command.remote.Command {
    return this.apply(node, after, { what: "", step: "set up HAProxy and Keepalived", defer: true });
  }

  /**
   * Applies the list of API servers once the control plane is ready. Changes nothing if the list is applied already.
   */
  applyServers(node: LoadBalancer, after: Resources): command.remote.Command {
    return this.apply(node, after, { what: "-servers", step: "apply the list of API servers", defer: false });
  }

  private apply(
    node: LoadBalancer,
    after: Resources,
    { what, step, defer }: { readonly what: string; readonly step: string; readonly defer: boolean },
  ): command.remote.Command {
    return hostScript(
      `${this.pair.name}-${node.name}${what}`,
      {
        host: node,
        step,
        script: scripts.loadBalancer,
        variables: { ...this.variables(node), DEFER: defer ? "1" : "0" },
        secrets: this.pair.secrets,
        patience: "boot",
        triggers: [node.address],
      },
      this.child({ dependsOn: [...after] }),
    );
  }

  private variables(node: LoadBalancer) {
    const { cluster, virtualIp, port, healthPort } = this.pair;
    const files = this.pair.files(node);
    return {
      NODE: node.name,
      CLUSTER: cluster,
      ADDRESS: node.address,
      VIRTUAL_IP: virtualIp,
      PORT: String(port),
      HEALTH_PORT: String(healthPort),
      HAPROXY_CFG: files.HAPROXY_CFG,
      KEEPALIVED_CONF: files.KEEPALIVED_CONF,
      WATCH_UNIT: files.WATCH_UNIT,
      HAPROXY_DROP_IN: haproxyDropIn,
      KEEPALIVED_DROP_IN: files.KEEPALIVED_DROP_IN,
      WATCH_PROGRAM: watchProgram,
    };
  }

  start(node: LoadBalancer, after: Resources): command.remote.Command {
    const { name, digest, secrets } = this.pair;
    return hostScript(
      `${name}-${node.name}-keepalived`,
      {
        host: node,
        step: "start Keepalived",
        script: scripts.keepalived,
        // runs with each change of the pair, so that a Keepalived that someone stopped is started again
        variables: { PAIR: digest },
        secrets,
        triggers: [node.address],
      },
      this.child({ dependsOn: [...after] }),
    );
  }

  verify(masters: readonly Host[], fqdn: pulumi.Input<string>, preempt: boolean, after: Resources) {
    const { name, nodes, virtualIp, port, digest } = this.pair;
    const hosts = uniqueByName([...masters, ...nodes]);
    const listed = pulumi.all(nodes.map((node) => node.address));
    return acrossHostsScript(
      `${name}-serving`,
      {
        about: name,
        step: "verify the virtual IP",
        script: scripts.serving,
        hosts,
        variables: {
          LOAD_BALANCERS: listed.apply((all) => nodes.map((node, at) => `${node.name} ${all[at]}`).join("\n")),
          VIRTUAL_IP: virtualIp,
          PORT: String(port),
          FQDN: fqdn,
          FROM: masters.map((host) => host.name).join(" "),
          PREFERRED: preempt ? (nodes[0]?.name ?? "") : "",
          SKIPPED: silentOf(hosts),
          // verifies a changed pair again
          PAIR: digest,
        },
        timeoutSeconds: 600,
      },
      this.child({ dependsOn: [...after] }),
    );
  }

  private child(opts: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions {
    return pulumi.mergeOptions({ ...opts, parent: this.parent }, this.opts);
  }
}

/** Removes every virtual IP except one from the load balancers. */
export function releaseOthers(
  name: string,
  nodes: readonly LoadBalancer[],
  virtualIp: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  return acrossHostsScript(
    `${name}-former-address`,
    {
      about: name,
      step: "take off a former virtual IP",
      script: scripts.release,
      hosts: nodes,
      variables: {
        LOAD_BALANCERS: nodes.map((node) => node.name).join(" "),
        VIRTUAL_IP: virtualIp,
        SKIPPED: silentOf(nodes),
      },
      timeoutSeconds: 900,
    },
    opts,
  );
}

/** The aliases of steps that were children of the pair in versions before 0.2. */
export function formerlyOfThePair(name: string): pulumi.CustomResourceOptions {
  return { aliases: [{ parent: pulumi.createUrn(name, "kube-control:index:HaproxyPair") }] };
}

function uniqueByName(hosts: readonly Host[]): Host[] {
  return [...new Map(hosts.map((host) => [host.name, host])).values()];
}
