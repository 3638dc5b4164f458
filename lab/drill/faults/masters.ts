import { pause } from "../../base/process";
import { etcdctl } from "../etcdctl";
import { replaceMaster } from "./changes";
import { type Fault, type Field, isCutOff, losesPower, onHost } from "./fault";

const follower = (field: Field) => field.follower;

/** Faults of the masters: API servers, etcd, power, cables. */
export const masterFaults: readonly Fault[] = [
  {
    name: "apiserver-killed",
    title: "The API server of one master killed",
    inject: onHost(follower, "pkill -KILL -x kube-apiserver"),
  },
  {
    name: "apiserver-hung",
    title: "The API server of one master hangs (SIGSTOP)",
    inject: onHost(follower, "pkill -STOP -x kube-apiserver"),
    // kubelet may have ended it meanwhile
    cure: async ({ hosts, follower }) => {
      await hosts.shell(follower, "pkill -CONT -x kube-apiserver || true");
    },
  },
  losesPower("master-killed", "A master's host loses its power", follower),
  losesPower("leader-killed", "The host of etcd's leader loses its power", ({ leader }) => leader),
  { ...isCutOff("master-cut", "A master's network is cut, without a word", follower), bound: 2000 },
  {
    name: "quorum-lost",
    title: "Two masters' hosts lose their power: no quorum",
    inject: async ({ hosts, leader, follower }) => {
      await hosts.kill(leader, follower);
      return `${leader}, ${follower}`;
    },
    cure: ({ hosts, leader, follower }) => hosts.start(leader, follower),
    // no API server is ready until the masters are back
    bound: 120_000,
  },
  {
    name: "etcd-data-lost",
    title: "The data of one etcd member is lost",
    inject: onHost(follower, "rm -rf /var/lib/etcd/member; pkill -KILL -x etcd"),
    cure: replaceMember,
  },
];

/** What the drills under load have in common. */
const fullLoad = {
  onlyNamed: true,
  inject: async (field: Field) => {
    const [begin, seconds] = [Date.now(), 600];
    await field.hosts.load(seconds + 30);
    await pause(seconds / 10);
    const joined = await replaceMaster(field);
    await pause(seconds - (Date.now() - begin) / 1000);
    return joined;
  },
  cure: ({ hosts }: Field) => hosts.relieve(),
  seconds: 0,
};

/** Faults beyond the cluster: the name server, and everything at once. */
export const siteFaults: readonly Fault[] = [
  losesPower("dns-down", "The name server is down", ({ nameServer }) => nameServer),
  {
    name: "cold-start",
    title: "Everything loses its power and starts again",
    inject: async ({ hosts, holder, backup, masters }) => {
      const all = [holder, backup, ...masters];
      await hosts.kill(...all);
      await hosts.start(...all);
      return all.join(", ");
    },
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
    inject: async (field) => {
      await field.hosts.share(field.holder, field.backup);
      return fullLoad.inject(field);
    },
    cure: async (field) => {
      await fullLoad.cure(field);
      await field.hosts.prefer(field.holder, field.backup);
    },
  },
];

/**
 * etcd's way for a member without its data: it is removed and added again, and starts empty under its new number. Its
 * manifest is taken away meanwhile, for kubelet would start it in between.
 */
async function replaceMember({ hosts, follower, leader }: Field): Promise<void> {
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
