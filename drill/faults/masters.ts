import { pause } from "../../lab/cli/process";
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
  isCutOff("master-cut", "A master's network is cut, without a word", follower),
  {
    name: "quorum-lost",
    title: "Two masters' hosts lose their power: no quorum",
    inject: async ({ hosts, leader, follower }) => {
      await hosts.kill(leader, follower);
      return `${leader}, ${follower}`;
    },
    cure: ({ hosts, leader, follower }) => hosts.start(leader, follower),
  },
  {
    name: "etcd-data-lost",
    title: "The data of one etcd member is lost",
    inject: onHost(follower, "rm -rf /var/lib/etcd/member; pkill -KILL -x etcd"),
    cure: replaceMember,
  },
];

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
  },
  {
    name: "full-load",
    title: "Ten minutes with every processor busy, and a master that joins: no fail-over",
    onlyNamed: true,
    inject: async (field) => {
      const [begin, seconds] = [Date.now(), 600];
      await field.hosts.load(seconds);
      await pause(seconds / 10);
      const joined = await replaceMaster(field);
      await pause(seconds - (Date.now() - begin) / 1000);
      return joined;
    },
    seconds: 0,
  },
];

/** etcdctl lies in etcd's image; it is run from there, for the host has none. */
export const etcdctl = `etcdctl() {
  local pki=/etc/kubernetes/pki/etcd
  "/proc/$(pgrep -x etcd | head -1)/root/usr/local/bin/etcdctl" --endpoints "$1" --cacert $pki/ca.crt --cert $pki/server.crt --key $pki/server.key "\${@:2}"
}
`;

/**
 * etcd's way for a member without its data: it is removed and added again, and starts empty under its new number. Its
 * manifest is taken away meanwhile, for kubelet would start it in between.
 */
async function replaceMember({ hosts, follower, leader }: Field): Promise<void> {
  const away = "/etc/kubernetes/etcd.yaml.drill";
  await hosts.shell(
    follower,
    `mv /etc/kubernetes/manifests/etcd.yaml ${away}; while pgrep -x etcd >/dev/null; do sleep 0.2; done; rm -rf /var/lib/etcd/member`,
    90,
  );
  await hosts.shell(
    leader,
    `${etcdctl}
     here=https://127.0.0.1:2379
     line=$(etcdctl $here member list | grep ', ${follower}, ')
     etcdctl $here member remove "\${line%%,*}"
     etcdctl $here member add ${follower} --peer-urls "$(cut -d, -f4 <<<"$line" | tr -d ' ')"`,
  );
  await hosts.shell(follower, `mv ${away} /etc/kubernetes/manifests/etcd.yaml`);
}
