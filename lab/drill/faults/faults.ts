import { pause } from "../../base/process";
import { loadBalancerShares } from "../../hosts/containers";
import { theHost } from "../../hosts/plan";
import { etcdctl } from "../steady-state";
import { replaceMaster } from "./changes";
import { type Action, type Context, type Fault, fault, shell } from "./fault";

/** Docker's default of processor shares. */
const defaultShares = 1024;

const holder = (context: Context) => [context.holder];
const backup = (context: Context) => [context.backup];
const both = (context: Context) => [context.holder, context.backup];
const follower = (context: Context) => [context.follower];
const leader = (context: Context) => [context.leader];

const powerOff: Action = ({ hosts }, targets) => hosts.kill(targets);
const powerOn: Action = ({ hosts }, targets) => hosts.start(targets);
const powerCut = { inject: powerOff, recover: powerOn };

const reboot: Action = async (context, targets) => {
  await powerOff(context, targets);
  await powerOn(context, targets);
};

const cut: Action = ({ hosts }, targets) => hosts.cut(targets);
const reconnect: Action = ({ hosts }, targets) => hosts.reconnect(targets);
const networkCut = { inject: cut, recover: reconnect };

/** Sends a signal to all processes of a service. */
const signal = (name: string, service: string) => shell(`systemctl kill --signal ${name} ${service}`);

/** Keeps the processors busy for ten minutes, in which a target joins anew. */
const loadAndJoin: Action = async (context, targets) => {
  const [begin, seconds] = [Date.now(), 600];
  await context.hosts.startLoad(seconds + 30);
  await pause(seconds / 10);
  await replaceMaster(context, targets);
  await pause(seconds - (Date.now() - begin) / 1000);
};

/** Gives the load balancers Docker's shares of the processors, for when processor time is short. */
const share = (context: Context, shares: number) =>
  context.hosts.docker(["update", "--cpu-shares", String(shares)], both(context));

/** All faults, in the order in which they are tried: the gentle ones first. */
export const faults: readonly Fault[] = [
  fault("haproxy-killed", "HAProxy killed on the holder", holder, { inject: signal("KILL", "haproxy") }),
  fault("haproxy-stopped", "HAProxy stopped in order on the holder", holder, {
    inject: shell("systemctl stop haproxy"),
    recover: shell("systemctl start haproxy"),
  }),
  fault("haproxy-hung", "HAProxy hangs on the holder (SIGSTOP)", holder, {
    inject: signal("STOP", "haproxy"),
    recover: signal("CONT", "haproxy"),
    bound: 5000,
  }),
  fault("keepalived-killed", "Keepalived killed on the holder", holder, { inject: signal("KILL", "keepalived") }),
  fault("holder-killed", "The holder's host loses its power", holder, powerCut),
  fault("holder-paused", "The holder's host stands still and comes back", holder, {
    // a machine that stands still answers nothing; of a container, the kernel would go on answering
    inject: ({ hosts }, targets) => Promise.all([hosts.cut(targets), hosts.docker(["pause"], targets)]),
    recover: ({ hosts }, targets) => Promise.all([hosts.reconnect(targets), hosts.docker(["unpause"], targets)]),
  }),
  fault("holder-cut", "The holder's network is cut, without a word", holder, networkCut),
  fault("vrrp-cut", "VRRP alone is cut between the load balancers", both, {
    inject: shell("iptables -I INPUT -p vrrp -j DROP; iptables -I OUTPUT -p vrrp -j DROP"),
    recover: shell("iptables -D INPUT -p vrrp -j DROP; iptables -D OUTPUT -p vrrp -j DROP"),
  }),
  fault("backup-killed", "The other load balancer's host loses its power", backup, powerCut),
  fault("fail-back", "A load balancer that was down returns", holder, {
    prepare: async (context, targets) => {
      await powerOff(context, targets);
      await pause(3);
    },
    inject: powerOn,
  }),
  fault("both-rebooted", "Both load balancers reboot at once", both, { inject: reboot, bound: 8000 }),
  fault("apiserver-killed", "The API server of one master killed", follower, {
    inject: shell("pkill -KILL -x kube-apiserver"),
  }),
  fault("apiserver-hung", "The API server of one master hangs (SIGSTOP)", follower, {
    inject: shell("pkill -STOP -x kube-apiserver"),
    // kubelet may have ended it meanwhile
    recover: shell("pkill -CONT -x kube-apiserver || true"),
  }),
  fault("master-killed", "A master's host loses its power", follower, powerCut),
  fault("leader-killed", "The host of etcd's leader loses its power", leader, powerCut),
  fault("master-cut", "A master's network is cut, without a word", follower, { ...networkCut, bound: 2000 }),
  fault(
    "quorum-lost",
    "Two masters' hosts lose their power: no quorum",
    ({ leader, follower }) => [leader, follower],
    // no API server is ready until the masters are back
    { ...powerCut, bound: 120_000 },
  ),
  fault("etcd-data-lost", "The data of one etcd member is lost", follower, {
    inject: shell("rm -rf /var/lib/etcd/member; pkill -KILL -x etcd"),
    recover: replaceMember,
  }),
  fault(
    "dns-down",
    "The name server is down for three minutes, and HAProxy is killed on the holder meanwhile",
    ({ lab }) => [theHost(lab.hosts, "name-server").name],
    {
      inject: async (context, targets) => {
        await powerOff(context, targets);
        await assertDnsDown(context);
        await pause(90);
        // it may have moved since the drill began
        await signal("KILL", "haproxy")(context, [await holderNow(context)]);
      },
      recover: powerOn,
      seconds: 90,
      onNodes: true,
      moves: true,
      // of clients elsewhere: the last answer that they had is good for a minute
      bound: 180_000,
    },
  ),
  fault(
    "cold-start",
    "Everything loses its power and starts again",
    ({ lab, holder, backup }) => [holder, backup, ...lab.stack.masters.map(({ name }) => name)],
    { inject: reboot, bound: 180_000 },
  ),
  fault("full-load", "Ten minutes with every processor busy, and a master that joins: no fail-over", follower, {
    inject: loadAndJoin,
    recover: ({ hosts }) => hosts.stopLoad(),
    seconds: 0,
    onlyNamed: true,
    stays: true,
  }),
  fault("shared-load", "The same, and the load balancers have to share the processors with everybody", follower, {
    inject: async (context, targets) => {
      await share(context, defaultShares);
      await loadAndJoin(context, targets);
    },
    recover: async (context) => {
      await context.hosts.stopLoad();
      await share(context, loadBalancerShares);
    },
    seconds: 0,
    onlyNamed: true,
  }),
];

/** The load balancer that has the virtual IP at this moment. */
async function holderNow({ hosts, lab }: Context): Promise<string> {
  for (const { name } of lab.stack.loadBalancers) {
    if ((await hosts.shell(name, `ip -4 -o address show to ${lab.stack.virtualIp}/32`)) !== "") return name;
  }
  throw new Error(`no load balancer has ${lab.stack.virtualIp}`);
}

/** Fails where DNS still answers a node: the drill would show nothing. */
async function assertDnsDown({ hosts, lab }: Context): Promise<void> {
  const { masters, workers, fqdn } = lab.stack;
  await Promise.all(
    [...masters, ...workers].map(({ name }) =>
      hosts.shell(name, `! getent -s hosts:dns ahostsv4 ${fqdn} || { echo "DNS still answers" >&2; exit 1; }`, 60),
    ),
  );
}

/**
 * etcd's way for a member without its data: it is removed and added again, and starts empty under its new number. Its
 * manifest is taken away meanwhile, for kubelet would start it in between. An empty member starts only where its manifest lists
 * all members; kubeadm wrote those that there were when the node joined.
 */
async function replaceMember({ hosts, follower, leader }: Context): Promise<void> {
  const away = "/etc/kubernetes/etcd.yaml.drill";
  // each step may have been done before an interruption
  const peer = await hosts.shell(
    follower,
    `[[ -e ${away} ]] || mv /etc/kubernetes/manifests/etcd.yaml ${away}
     while pgrep -x etcd >/dev/null; do sleep 0.2; done
     rm -rf /var/lib/etcd/member
     sed -n 's/.*--initial-advertise-peer-urls=//p' ${away}`,
    90,
  );
  // one that has been added and has not started yet is known by its address alone
  const added = await hosts.shell(
    leader,
    `${etcdctl}
     here=https://127.0.0.1:2379
     member=$(etcdctl $here member list | grep -F ', ${peer},' | cut -d, -f1)
     [[ -z $member ]] || etcdctl $here member remove "$member"
     etcdctl $here member add ${follower} --peer-urls ${peer}`,
  );
  const [, members] = /^ETCD_INITIAL_CLUSTER="([\w.:/=,-]+)"$/m.exec(added) ?? [];
  if (members === undefined) throw new Error(`etcd did not list its members: ${added.slice(0, 300)}`);
  await hosts.shell(
    follower,
    `sed -i 's|--initial-cluster=.*|--initial-cluster=${members}|' ${away}
     mv ${away} /etc/kubernetes/manifests/etcd.yaml`,
  );
}
