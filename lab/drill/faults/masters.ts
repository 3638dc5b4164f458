import { pause } from "../../base/process";
import { loadBalancerShares } from "../../hosts/containers";
import { theHost } from "../../hosts/plan";
import { etcdctl } from "../etcdctl";
import { usualShares } from "../hosts";
import { replaceMaster } from "./changes";
import { type Context, cut, type Fault, mend, powerOff, powerOn, reboot, shell } from "./fault";

const follower = (context: Context) => [context.follower];

/** Faults of the masters: API servers, etcd, power, cables. */
export const masterFaults: readonly Fault[] = [
  {
    name: "apiserver-killed",
    title: "The API server of one master killed",
    targets: follower,
    inject: shell("pkill -KILL -x kube-apiserver"),
  },
  {
    name: "apiserver-hung",
    title: "The API server of one master hangs (SIGSTOP)",
    targets: follower,
    inject: shell("pkill -STOP -x kube-apiserver"),
    // kubelet may have ended it meanwhile
    recover: shell("pkill -CONT -x kube-apiserver || true"),
  },
  {
    name: "master-killed",
    title: "A master's host loses its power",
    targets: follower,
    inject: powerOff,
    recover: powerOn,
  },
  {
    name: "leader-killed",
    title: "The host of etcd's leader loses its power",
    targets: ({ leader }) => [leader],
    inject: powerOff,
    recover: powerOn,
  },
  {
    name: "master-cut",
    title: "A master's network is cut, without a word",
    targets: follower,
    inject: cut,
    recover: mend,
    bound: 2000,
  },
  {
    name: "quorum-lost",
    title: "Two masters' hosts lose their power: no quorum",
    targets: ({ leader, follower }) => [leader, follower],
    inject: powerOff,
    recover: powerOn,
    // no API server is ready until the masters are back
    bound: 120_000,
  },
  {
    name: "etcd-data-lost",
    title: "The data of one etcd member is lost",
    targets: follower,
    inject: shell("rm -rf /var/lib/etcd/member; pkill -KILL -x etcd"),
    recover: replaceMember,
  },
];

/** What the drills under load have in common. */
const fullLoad = {
  onlyNamed: true,
  targets: follower,
  inject: async (context: Context, targets: readonly string[]) => {
    const [begin, seconds] = [Date.now(), 600];
    await context.hosts.load(seconds + 30);
    await pause(seconds / 10);
    await replaceMaster(context, targets);
    await pause(seconds - (Date.now() - begin) / 1000);
  },
  recover: ({ hosts }: Context) => hosts.relieve(),
  seconds: 0,
};

/** Faults beyond the cluster: the name server, and everything at once. */
export const siteFaults: readonly Fault[] = [
  {
    name: "dns-down",
    title: "The name server is down",
    targets: ({ lab }) => [theHost(lab.hosts, "name-server").name],
    inject: powerOff,
    recover: powerOn,
  },
  {
    name: "cold-start",
    title: "Everything loses its power and starts again",
    targets: ({ lab, holder, backup }) => [holder, backup, ...lab.stack.masters.map(({ name }) => name)],
    inject: reboot,
    bound: 180_000,
  },
  {
    ...fullLoad,
    name: "full-load",
    title: "Ten minutes with every processor busy, and a master that joins: no fail-over",
    stays: true,
  },
  {
    ...fullLoad,
    name: "shared-load",
    title: "The same, and the load balancers have to share the processors with everybody",
    inject: async (context, targets) => {
      await context.hosts.share(usualShares, context.holder, context.backup);
      await fullLoad.inject(context, targets);
    },
    recover: async (context) => {
      await fullLoad.recover(context);
      await context.hosts.share(loadBalancerShares, context.holder, context.backup);
    },
  },
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
