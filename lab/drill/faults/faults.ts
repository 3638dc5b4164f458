import { pause } from "../../base/process";
import { loadBalancerShares } from "../../hosts/containers";
import { theHost } from "../../hosts/plan";
import { usualShares } from "../hosts";
import { etcdctl } from "../whole";
import { replaceMaster } from "./changes";
import {
  type Action,
  type Context,
  cut,
  type Fault,
  fault,
  powerOff,
  powerOn,
  reboot,
  reconnect,
  shell,
} from "./fault";

const holder = (context: Context) => [context.holder];
const backup = (context: Context) => [context.backup];
const both = (context: Context) => [context.holder, context.backup];
const follower = (context: Context) => [context.follower];
const leader = (context: Context) => [context.leader];

/** Keeps the processors busy for ten minutes, in which a target joins anew. */
const loadAndJoin: Action = async (context, targets) => {
  const [begin, seconds] = [Date.now(), 600];
  await context.hosts.load(seconds + 30);
  await pause(seconds / 10);
  await replaceMaster(context, targets);
  await pause(seconds - (Date.now() - begin) / 1000);
};

const relieve: Action = ({ hosts }) => hosts.relieve();

/** All faults, in the order in which they are tried: the gentle ones first. */
export const faults: readonly Fault[] = [
  fault("haproxy-killed", "HAProxy killed on the holder", holder, shell("systemctl kill --signal KILL haproxy")),
  fault("haproxy-stopped", "HAProxy stopped in order on the holder", holder, shell("systemctl stop haproxy"), {
    recover: shell("systemctl start haproxy"),
  }),
  fault(
    "haproxy-hung",
    "HAProxy hangs on the holder (SIGSTOP)",
    holder,
    shell("systemctl kill --signal STOP haproxy"),
    { recover: shell("systemctl kill --signal CONT haproxy"), bound: 5000 },
  ),
  fault(
    "keepalived-killed",
    "Keepalived killed on the holder",
    holder,
    shell("systemctl kill --signal KILL keepalived"),
  ),
  fault("holder-killed", "The holder's host loses its power", holder, powerOff, { recover: powerOn }),
  fault(
    "holder-paused",
    "The holder's host stands still and comes back",
    holder,
    // a machine that stands still answers nothing; of a container, the kernel would go on answering
    (context, targets) => Promise.all([cut(context, targets), context.hosts.freeze(targets)]),
    { recover: (context, targets) => Promise.all([reconnect(context, targets), context.hosts.thaw(targets)]) },
  ),
  fault("holder-cut", "The holder's network is cut, without a word", holder, cut, { recover: reconnect }),
  fault(
    "vrrp-cut",
    "VRRP alone is cut between the load balancers",
    both,
    shell("iptables -I INPUT -p vrrp -j DROP; iptables -I OUTPUT -p vrrp -j DROP"),
    { recover: shell("iptables -D INPUT -p vrrp -j DROP; iptables -D OUTPUT -p vrrp -j DROP") },
  ),
  fault("backup-killed", "The other load balancer's host loses its power", backup, powerOff, { recover: powerOn }),
  fault("fail-back", "A load balancer that was down returns", holder, powerOn, {
    prepare: async (context, targets) => {
      await powerOff(context, targets);
      await pause(3);
    },
  }),
  fault("both-rebooted", "Both load balancers reboot at once", both, reboot, { bound: 8000 }),
  fault("apiserver-killed", "The API server of one master killed", follower, shell("pkill -KILL -x kube-apiserver")),
  fault(
    "apiserver-hung",
    "The API server of one master hangs (SIGSTOP)",
    follower,
    shell("pkill -STOP -x kube-apiserver"),
    // kubelet may have ended it meanwhile
    { recover: shell("pkill -CONT -x kube-apiserver || true") },
  ),
  fault("master-killed", "A master's host loses its power", follower, powerOff, { recover: powerOn }),
  fault("leader-killed", "The host of etcd's leader loses its power", leader, powerOff, {
    recover: powerOn,
  }),
  fault("master-cut", "A master's network is cut, without a word", follower, cut, { recover: reconnect, bound: 2000 }),
  fault(
    "quorum-lost",
    "Two masters' hosts lose their power: no quorum",
    ({ leader, follower }) => [leader, follower],
    powerOff,
    // no API server is ready until the masters are back
    { recover: powerOn, bound: 120_000 },
  ),
  fault(
    "etcd-data-lost",
    "The data of one etcd member is lost",
    follower,
    shell("rm -rf /var/lib/etcd/member; pkill -KILL -x etcd"),
    { recover: replaceMember },
  ),
  fault("dns-down", "The name server is down", ({ lab }) => [theHost(lab.hosts, "name-server").name], powerOff, {
    recover: powerOn,
  }),
  fault(
    "cold-start",
    "Everything loses its power and starts again",
    ({ lab, holder, backup }) => [holder, backup, ...lab.stack.masters.map(({ name }) => name)],
    reboot,
    { bound: 180_000 },
  ),
  fault(
    "full-load",
    "Ten minutes with every processor busy, and a master that joins: no fail-over",
    follower,
    loadAndJoin,
    { recover: relieve, seconds: 0, onlyNamed: true, stays: true },
  ),
  fault(
    "shared-load",
    "The same, and the load balancers have to share the processors with everybody",
    follower,
    async (context, targets) => {
      await context.hosts.share(usualShares, both(context));
      await loadAndJoin(context, targets);
    },
    {
      recover: async (context, targets) => {
        await relieve(context, targets);
        await context.hosts.share(loadBalancerShares, both(context));
      },
      ...{ seconds: 0, onlyNamed: true },
    },
  ),
];

/**
 * etcd's way for a member without its data: it is removed and added again, and starts empty under its new number. Its
 * manifest is taken away meanwhile, for kubelet would start it in between.
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
  await hosts.shell(
    leader,
    `${etcdctl}
     here=https://127.0.0.1:2379
     member=$(etcdctl $here member list | grep -F ', ${peer},' | cut -d, -f1)
     [[ -z $member ]] || etcdctl $here member remove "$member"
     etcdctl $here member add ${follower} --peer-urls ${peer}`,
  );
  await hosts.shell(follower, `mv ${away} /etc/kubernetes/manifests/etcd.yaml`);
}
