import type { Settings } from "../operator";
import { type Action, type Context, type Fault, fault, shell } from "./fault";

/** Both load balancers; the one without the virtual IP first. */
const both = ({ holder, backup }: Context) => [backup, holder];

/** Replaces targets by empty machines, and removes from the state the resource that prepares each. */
function replace(resourceOf: (host: string) => string): Action {
  return async ({ hosts, operator }, targets) => {
    for (const host of targets) {
      // in this order `npm run lab` completes it after an interruption
      await operator.remove("forget", resourceOf(host));
      await hosts.replace(host);
      await operator.up();
    }
  };
}

/** As in docs/operations.md, but removed from the state, because the lab's machines keep their host keys. */
export const replaceMaster = replace((master) => `kubernetes-${master}-prepare`);

/**
 * Changes settings of the stack with `pulumi up`, and restores them with a second one.
 *
 * @param check shell text that fails on a target without the changed settings
 */
function change(settings: Settings, check: string): Pick<Fault, "inject" | "recover"> {
  return {
    inject: async (context, targets) => {
      context.operator.edit(settings);
      await context.operator.up();
      await shell(check)(context, targets);
    },
    recover: async ({ operator }) => {
      operator.restoreSettings();
      await operator.up();
    },
  };
}

/** The last number of an unused address. */
const absent = 249;

/** Planned changes, which clients should not notice. */
export const changes: readonly Fault[] = [
  fault(
    "server-added",
    "A server that does not answer yet is added to HAProxy's configuration, and HAProxy reloads",
    both,
    {
      stays: true,
      inject: async (context, targets) => {
        const last = context.lab.stack.masters.at(-1)?.name ?? "";
        const addServer = shell(
          `cp -p /etc/haproxy/haproxy.cfg /etc/haproxy/haproxy.cfg.drill
         sed -i -E '/^ *server ${last} /{p;s/${last}/kube-control-drill/g;s/([0-9.]+)\\.[0-9]+:/\\1.${absent}:/}' /etc/haproxy/haproxy.cfg
         grep -q 'server kube-control-drill .*\\.${absent}:' /etc/haproxy/haproxy.cfg
         systemctl reload haproxy`,
        );
        await addServer(context, targets);
      },
      recover: shell(
        `[[ ! -e /etc/haproxy/haproxy.cfg.drill ]] || mv /etc/haproxy/haproxy.cfg.drill /etc/haproxy/haproxy.cfg
       systemctl reload haproxy`,
      ),
    },
  ),
  fault("timeout-changed", "`pulumi up` changes a timeout of HAProxy on both load balancers", both, {
    stays: true,
    ...change([[["haproxy", "clientTimeout"], "12h"]], "grep -Eq '^ *timeout client +12h' /etc/haproxy/haproxy.cfg"),
  }),
  fault(
    "pair-changed",
    "`pulumi up` changes HAProxy and Keepalived on both load balancers",
    both,
    change(
      [
        [["haproxy", "checkInterval"], "250ms"],
        [["virtualIp", "advertInterval"], 0.05],
      ],
      "grep -Eq 'inter 250ms' /etc/haproxy/haproxy.cfg; grep -Eq '^ *advert_int 0.05' /etc/keepalived/keepalived.conf",
    ),
  ),
  fault(
    "name-swapped",
    "The name's record is swapped from the first master to the virtual IP",
    ({ lab }) => [lab.stack.fqdn],
    {
      prepare: ({ operator }, [fqdn]) => operator.remove("destroy", `kube-control-swap-${fqdn}`),
      inject: ({ operator }) => operator.up(),
      // by then the record's time to live has passed in every cache
      seconds: 65,
    },
  ),
  fault("lb-replaced", "The other load balancer is replaced by an empty machine", ({ backup }) => [backup], {
    inject: replace((balancer) => `k8s-managers-${balancer}-removal`),
  }),
  fault("master-replaced", "A master is replaced by an empty machine, which joins", ({ follower }) => [follower], {
    inject: replaceMaster,
  }),
  fault("haproxy-upgraded", "HAProxy's package is reinstalled on one load balancer after the other", both, {
    stays: true,
    inject: shell(
      "DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --reinstall --allow-change-held-packages -o Dpkg::Use-Pty=0 haproxy >/dev/null",
    ),
  }),
];
