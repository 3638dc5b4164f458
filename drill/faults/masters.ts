import type { Fault, Field } from "./fault";

/** Faults of the masters: API servers, etcd, power, cables. */
export const masterFaults: readonly Fault[] = [
  {
    name: "apiserver-killed",
    title: "The API server of one master killed",
    inject: onFollower("pkill -KILL -x kube-apiserver"),
  },
  {
    name: "apiserver-hung",
    title: "The API server of one master hangs (SIGSTOP)",
    inject: onFollower("pkill -STOP -x kube-apiserver"),
    // kubelet may have ended it meanwhile
    cure: async ({ hosts, follower }) => {
      await hosts.shell(follower, "pkill -CONT -x kube-apiserver || true");
    },
  },
  {
    name: "master-killed",
    title: "A master's host loses its power",
    inject: async ({ hosts, follower }) => {
      await hosts.kill(follower);
      return follower;
    },
    cure: ({ hosts, follower }) => hosts.start(follower),
  },
  {
    name: "leader-killed",
    title: "The host of etcd's leader loses its power",
    inject: async ({ hosts, leader }) => {
      await hosts.kill(leader);
      return leader;
    },
    cure: ({ hosts, leader }) => hosts.start(leader),
  },
  {
    name: "master-cut",
    title: "A master's network is cut, without a word",
    inject: async ({ hosts, follower }) => {
      await hosts.cut(follower);
      return follower;
    },
    cure: ({ hosts, follower }) => hosts.mend(follower),
  },
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
    inject: onFollower("rm -rf /var/lib/etcd/member; pkill -KILL -x etcd"),
    cure: replaceMember,
  },
];

/** Faults beyond the cluster: the name server, and everything at once. */
export const siteFaults: readonly Fault[] = [
  {
    name: "dns-down",
    title: "The name server is down",
    inject: async ({ hosts, nameServer }) => {
      await hosts.kill(nameServer);
      return nameServer;
    },
    cure: ({ hosts, nameServer }) => hosts.start(nameServer),
  },
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
    title: "Ten minutes with every processor busy: no fault, so no fail-over",
    onlyNamed: true,
    seconds: 600,
    inject: async ({ hosts }) => {
      await hosts.load(600);
      return "this machine";
    },
  },
];

function onFollower(script: string): Fault["inject"] {
  return async ({ hosts, follower }) => {
    await hosts.shell(follower, script);
    return follower;
  };
}

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
