import type { Fault, Field } from "./fault";

const both = ({ holder, backup }: Field) => `${backup}, ${holder}`;

/** Work on the load balancers and on the name that is planned: nobody is to notice. */
export const changes: readonly Fault[] = [
  {
    name: "server-added",
    title: "A server that does not answer yet is added by hand, and HAProxy reloads",
    stays: true,
    inject: async (field) => {
      const [last] = field.masters.slice(-1);
      await onEach(
        field,
        `cp -p /etc/haproxy/haproxy.cfg /etc/haproxy/haproxy.cfg.drill
         sed -i -E '/^ *server ${last} /{p;s/${last}/kube-control-drill/g;s/([0-9.]+)\\.[0-9]+:/\\1.${absent}:/}' /etc/haproxy/haproxy.cfg
         grep -q 'server kube-control-drill .*\\.${absent}:' /etc/haproxy/haproxy.cfg
         systemctl reload haproxy`,
      );
      return both(field);
    },
    cure: (field) =>
      onEach(
        field,
        `[[ ! -e /etc/haproxy/haproxy.cfg.drill ]] || mv /etc/haproxy/haproxy.cfg.drill /etc/haproxy/haproxy.cfg
         systemctl reload haproxy`,
      ),
  },
  {
    name: "timeout-changed",
    title: "`pulumi up` changes a timeout of HAProxy's on both load balancers",
    stays: true,
    inject: async (field) => {
      field.operator.edit([["haproxy", "clientTimeout"], "12h"]);
      await field.operator.up();
      await onEach(field, "grep -Eq '^ *timeout client +12h' /etc/haproxy/haproxy.cfg");
      return both(field);
    },
    cure: takesBack,
  },
  {
    name: "pair-changed",
    title: "`pulumi up` changes HAProxy and Keepalived on both load balancers",
    inject: async (field) => {
      field.operator.edit([["haproxy", "checkInterval"], "250ms"], [["virtualIp", "advertInterval"], 0.05]);
      await field.operator.up();
      await onEach(
        field,
        "grep -Eq 'inter 250ms' /etc/haproxy/haproxy.cfg; grep -Eq '^ *advert_int 0.05' /etc/keepalived/keepalived.conf",
      );
      return both(field);
    },
    cure: takesBack,
  },
  {
    name: "name-swapped",
    title: "The name is swapped from the first master to the virtual IP",
    prepare: ({ operator, fqdn }) => operator.drop("destroy", `kube-control-swap-${fqdn}`),
    inject: async ({ operator, fqdn }) => {
      await operator.up();
      return fqdn;
    },
    // by then no cache knows the old address
    seconds: 65,
  },
  {
    name: "lb-replaced",
    title: "The other load balancer is replaced by an empty machine",
    inject: async ({ hosts, operator, backup }) => {
      // in this order `npm run lab` completes it after an interruption
      await operator.drop("forget", `k8s-managers-${backup}-removal`);
      await hosts.replace(backup);
      await operator.up();
      return backup;
    },
  },
  {
    name: "master-replaced",
    title: "A master is replaced by an empty machine, which joins",
    inject: replaceMaster,
  },
  {
    name: "haproxy-upgraded",
    title: "HAProxy's package is installed anew on one load balancer after the other",
    stays: true,
    inject: async (field) => {
      await onEach(
        field,
        "DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --reinstall -o Dpkg::Use-Pty=0 haproxy >/dev/null",
      );
      return both(field);
    },
  },
];

/** As docs/operations.md has it; the state is made to forget, since the lab's machines keep their host keys. */
export async function replaceMaster({ hosts, operator, follower }: Field): Promise<string> {
  await operator.drop("forget", `kubernetes-${follower}-prepare`);
  await hosts.replace(follower);
  await operator.up();
  return follower;
}

/** The last number of an address at which nobody is. */
const absent = 249;

/** First on the one that does not hold the virtual IP. */
async function onEach({ hosts, holder, backup }: Field, script: string): Promise<void> {
  await hosts.shell(backup, script, 120);
  await hosts.shell(holder, script, 120);
}

async function takesBack({ operator }: Field): Promise<void> {
  operator.takeBack();
  await operator.up();
}
