import { pause } from "../../base/process";
import { loadBalancerShares } from "../../hosts/containers";
import { theHost } from "../../hosts/plan";
import { etcdctl } from "../steady-state";
import { replaceMaster } from "./changes";
import { type Action, type Context, type Fault, fault, shell } from "./fault";

/** Docker's default CPU shares. */
const defaultShares = 1024;

const holder = (context: Context) => [context.holder];
const backup = (context: Context) => [context.backup];
const both = (context: Context) => [context.holder, context.backup];
const follower = (context: Context) => [context.follower];
const leader = (context: Context) => [context.leader];

const powerOff: Action = ({ hosts }, targets) => hosts.powerOff(targets);
const powerOn: Action = ({ hosts }, targets) => hosts.powerOn(targets);
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

/** Keeps the processors busy for ten minutes, and replaces a target meanwhile, which joins again. */
const loadAndJoin: Action = async (context, targets) => {
  const [begin, seconds] = [Date.now(), 600];
  await context.hosts.startLoad(seconds + 30);
  await pause(seconds / 10);
  await replaceMaster(context, targets);
  await pause(seconds - (Date.now() - begin) / 1000);
};

/** Sets the CPU shares of the load balancers. They matter only if processor time is short. */
const setShares = (context: Context, shares: number) =>
  context.hosts.docker(["update", "--cpu-shares", String(shares)], both(context));

/** All faults, in the order of their trials: the least severe first. */
export const faults: readonly Fault[] = [
  fault("haproxy-killed", "HAProxy killed on the holder", holder, { inject: signal("KILL", "haproxy") }),
  fault("haproxy-stopped", "HAProxy stopped by systemd on the holder", holder, {
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
  fault("holder-paused", "The holder's host is paused and resumes", holder, {
    // cut too: a paused machine answers nothing, but the kernel still answers for a paused container
    inject: ({ hosts }, targets) => Promise.all([hosts.cut(targets), hosts.docker(["pause"], targets)]),
    recover: ({ hosts }, targets) => Promise.all([hosts.reconnect(targets), hosts.docker(["unpause"], targets)]),
  }),
  fault("holder-cut", "The holder's network is cut without notice", holder, networkCut),
  fault("vrrp-cut", "Only VRRP is cut between the load balancers", both, {
    inject: shell("iptables -I INPUT -p vrrp -j DROP; iptables -I OUTPUT -p vrrp -j DROP"),
    recover: shell("iptables -D INPUT -p vrrp -j DROP; iptables -D OUTPUT -p vrrp -j DROP"),
  }),
  fault("backup-killed", "The other load balancer's host loses its power", backup, powerCut),
  fault("fail-back", "A load balancer that was down comes back", holder, {
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
    // kubelet may have killed it meanwhile
    recover: shell("pkill -CONT -x kube-apiserver || true"),
  }),
  fault("master-killed", "A master's host loses its power", follower, powerCut),
  fault("leader-killed", "The host of etcd's leader loses its power", leader, powerCut),
  fault("master-cut", "A master's network is cut without notice", follower, { ...networkCut, bound: 2000 }),
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
        // the holder may have changed since the drill began
        await signal("KILL", "haproxy")(context, [await holderNow(context)]);
      },
      recover: powerOn,
      seconds: 90,
      onNodes: true,
      moves: true,
      // for the clients outside: they can use their last DNS answer for a minute
      bound: 180_000,
    },
  ),
  fault(
    "cold-start",
    "Everything loses its power and starts again",
    ({ lab, holder, backup }) => [holder, backup, ...lab.stack.masters.map(({ name }) => name)],
    { inject: reboot, bound: 180_000 },
  ),
  fault("full-load", "Ten minutes with every processor busy while a master joins: no failover", follower, {
    inject: loadAndJoin,
    recover: ({ hosts }) => hosts.stopLoad(),
    seconds: 0,
    onlyNamed: true,
    stays: true,
  }),
  fault("shared-load", "The same, and the load balancers have only the CPU shares of the other hosts", follower, {
    inject: async (context, targets) => {
      await setShares(context, defaultShares);
      await loadAndJoin(context, targets);
    },
    recover: async (context) => {
      await context.hosts.stopLoad();
      await setShares(context, loadBalancerShares);
    },
    seconds: 0,
    onlyNamed: true,
  }),
];

/** The load balancer that holds the virtual IP now. */
async function holderNow({ hosts, lab }: Context): Promise<string> {
  for (const { name } of lab.stack.loadBalancers) {
    if ((await hosts.shell(name, `ip -4 -o address show to ${lab.stack.virtualIp}/32`)) !== "") return name;
  }
  throw new Error(`no load balancer holds ${lab.stack.virtualIp}`);
}

/** @throws LabError if a node still gets an answer from DNS: the drill would test nothing */
async function assertDnsDown({ hosts, lab }: Context): Promise<void> {
  const { masters, workers, fqdn } = lab.stack;
  await Promise.all(
    [...masters, ...workers].map(({ name }) =>
      hosts.shell(name, `! getent -s hosts:dns ahostsv4 ${fqdn} || { echo "DNS still answers" >&2; exit 1; }`, 60),
    ),
  );
}

/**
 * Replaces an etcd member that lost its data: removes and adds it, so that it starts empty with a new id. Moves its manifest away
 * meanwhile, so that kubelet does not start it. An empty member starts only if its manifest lists all members; kubeadm wrote
 * only those that existed when the node joined.
 */
async function replaceMember({ hosts, follower, leader }: Context): Promise<void> {
  const away = "/etc/kubernetes/etcd.yaml.drill";
  // idempotent: an interruption may have been after any step
  const peer = await hosts.shell(
    follower,
    `[[ -e ${away} ]] || mv /etc/kubernetes/manifests/etcd.yaml ${away}
     while pgrep -x etcd >/dev/null; do sleep 0.2; done
     rm -rf /var/lib/etcd/member
     sed -n 's/.*--initial-advertise-peer-urls=//p' ${away}`,
    90,
  );
  // found by its address: a member that was added but has not started has no name
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
