/** Changes made by hand on hosts that kube-control manages. A refresh finds each, and an `up` corrects it. */
import type { LabHost } from "./driver";

export interface Drift {
  /** What was changed. */
  readonly name: string;
  readonly host: LabHost;
  /** The host or component that the refresh names. @default the host */
  readonly about?: string;
  /** A shell line, as root on the host. */
  readonly line: string;
  /** A part of the refresh's warning. */
  readonly reported: string;
}

const [backup, holder] = ["haproxy-lb2", "haproxy-lb1"] as const;
const otherContent = "has other content";

/** Drifts that an `up` can correct all at the same time. */
export const drifts: readonly Drift[] = [
  // load balancers
  { name: "HAProxy is stopped", host: backup, line: "systemctl stop haproxy", reported: "haproxy.service is inactive" },
  {
    name: "HAProxy does not start at boot",
    host: holder,
    line: "systemctl disable haproxy",
    reported: "haproxy.service at boot is disabled",
  },
  {
    name: "haproxy.cfg is edited",
    host: backup,
    line: "sed -i 's/maxconn 30000/maxconn 10/' /etc/haproxy/haproxy.cfg; echo '# edited' >>/etc/haproxy/haproxy.cfg",
    reported: `/etc/haproxy/haproxy.cfg ${otherContent}`,
  },
  {
    name: "keepalived.conf is readable by everybody",
    host: backup,
    line: "chmod 644 /etc/keepalived/keepalived.conf",
    reported: "/etc/keepalived/keepalived.conf has mode and owner 0644 root:root",
  },
  {
    name: "HAProxy has not read its configuration",
    host: holder,
    line: "touch /etc/haproxy/haproxy.cfg",
    reported: "haproxy.service does not run with its configuration file",
  },
  {
    name: "Keepalived is stopped",
    host: backup,
    line: "systemctl stop keepalived",
    reported: "keepalived.service is inactive",
  },
  {
    name: "keepalived.conf is edited",
    host: holder,
    line: "sed -i 's/priority 250/priority 251/' /etc/keepalived/keepalived.conf",
    reported: `/etc/keepalived/keepalived.conf ${otherContent}`,
  },
  {
    name: "the drop-in of Keepalived's unit is removed",
    host: holder,
    line: "rm /etc/systemd/system/keepalived.service.d/kube-control.conf",
    reported: "/etc/systemd/system/keepalived.service.d/kube-control.conf is missing",
  },
  {
    name: "haproxy-watch is stopped",
    host: holder,
    line: "systemctl stop haproxy-watch",
    reported: "haproxy-watch.service is inactive",
  },
  {
    name: "the program of haproxy-watch is edited",
    host: backup,
    line: "echo '# edited' >>/usr/local/sbin/haproxy-watch",
    reported: `/usr/local/sbin/haproxy-watch ${otherContent}`,
  },
  {
    name: "HAProxy is not held",
    host: backup,
    line: "apt-mark unhold haproxy",
    reported: "package haproxy is not held",
  },
  {
    name: "a package is removed",
    host: holder,
    line: "dpkg --remove --force-depends socat",
    reported: "package socat is not installed",
  },
  // nodes
  {
    name: "a sysctl is changed",
    host: "k8s-master3",
    line: "echo 0 >/proc/sys/net/bridge/bridge-nf-call-ip6tables",
    reported: "sysctl net.bridge.bridge-nf-call-ip6tables is 0",
  },
  {
    name: "the file of sysctls is removed",
    host: "k8s-master3",
    line: "rm /etc/sysctl.d/90-kubernetes.conf",
    reported: "/etc/sysctl.d/90-kubernetes.conf is missing",
  },
  {
    name: "the list of kernel modules is edited",
    host: "k8s-master2",
    line: "echo overlay >/etc/modules-load.d/kubernetes.conf",
    reported: `/etc/modules-load.d/kubernetes.conf ${otherContent}`,
  },
  {
    name: "kubelet is stopped",
    host: "k8s-master3",
    line: "systemctl stop kubelet",
    reported: "kubelet.service is inactive",
  },
  {
    name: "kubelet does not start at boot",
    host: "k8s-master2",
    line: "systemctl disable kubelet",
    reported: "kubelet.service at boot is disabled",
  },
  {
    name: "the drop-in of kubelet's unit is removed",
    host: "k8s-master1",
    line: "rm /etc/systemd/system/kubelet.service.d/kube-control.conf",
    reported: "/etc/systemd/system/kubelet.service.d/kube-control.conf is missing",
  },
  {
    name: "kubelet is not held",
    host: "k8s-master1",
    line: "apt-mark unhold kubelet",
    reported: "package kubelet is not held",
  },
  {
    name: "containerd's configuration is edited",
    host: "k8s-master2",
    line: "echo '# edited' >>/etc/containerd/config.toml",
    reported: `/etc/containerd/config.toml ${otherContent}`,
  },
  {
    name: "a registry mirror is removed",
    host: "k8s-master1",
    line: "rm $(ls /etc/containerd/certs.d/*/hosts.toml | head -n 1)",
    reported: "hosts.toml is missing",
  },
  {
    name: "a mirror of kube-control is left over",
    host: "k8s-master1",
    line: "mkdir -p /etc/containerd/certs.d/old && echo '# Written by kube-control.' >/etc/containerd/certs.d/old/hosts.toml",
    reported: "/etc/containerd/certs.d/old/hosts.toml is not in the configuration any more",
  },
  {
    name: "the package source is edited",
    host: "k8s-master2",
    line: "echo '# edited' >>/etc/apt/sources.list.d/kubernetes.list",
    reported: `/etc/apt/sources.list.d/kubernetes.list ${otherContent}`,
  },
  {
    name: "a static pod's manifest is edited",
    host: "k8s-master2",
    line: "sed -i 's/    - --leader-elect=true/&\\n    - --v=3/' /etc/kubernetes/manifests/kube-scheduler.yaml",
    reported: `/etc/kubernetes/manifests/kube-scheduler.yaml ${otherContent}`,
  },
  {
    name: "kubelet's configuration is edited",
    host: "k8s-master1",
    line: "echo 'maxPods: 99' >>/var/lib/kubelet/config.yaml",
    reported: `/var/lib/kubelet/config.yaml ${otherContent}`,
  },
  {
    name: "the role of a node is removed",
    host: "k8s-master1",
    about: "k8s-master2",
    line: "kubectl --kubeconfig /etc/kubernetes/admin.conf label node k8s-master2 node-role.kubernetes.io/control-plane-",
    reported: "node k8s-master2 has no label node-role.kubernetes.io/control-plane",
  },
  {
    name: "an object of the pod network is deleted",
    host: "k8s-master1",
    about: "kubernetes",
    line: "kubectl --kubeconfig /etc/kubernetes/admin.conf delete clusterrolebinding host-routes",
    reported: "pod network, ",
  },
  {
    name: "the name is removed from /etc/hosts, and nothing restores it",
    host: "k8s-master3",
    line: "systemctl stop kube-control-hosts.path; grep -v kube-control: /etc/hosts >/run/hosts; cat /run/hosts >/etc/hosts",
    reported: "in /etc/hosts is missing",
  },
  {
    name: "the units of the name do not start at boot",
    host: "k8s-master2",
    line: "systemctl disable kube-control-hosts.service",
    reported: "kube-control-hosts.service at boot is disabled",
  },
  {
    name: "the timer of the backup is stopped",
    host: "k8s-master3",
    line: "systemctl stop kube-control-backup.timer",
    reported: "kube-control-backup.timer is inactive",
  },
  {
    name: "the program of the backup is edited",
    host: "k8s-master2",
    line: "echo '# edited' >>/usr/local/sbin/kube-control-backup",
    reported: `/usr/local/sbin/kube-control-backup ${otherContent}`,
  },
  // monitor
  {
    name: "a further key may store copies of backups",
    host: "monitor",
    line: "echo 'ssh-ed25519 AAAA other' >>/var/lib/kube-control/backups/.ssh/authorized_keys",
    reported: `/var/lib/kube-control/backups/.ssh/authorized_keys ${otherContent}`,
  },
  {
    name: "a listener of the agent is edited",
    host: "monitor",
    line: "echo '# edited' >>/opt/datadog-monitor/datadog-agent/conf.d/qnap.d/conf.yaml",
    reported: `/opt/datadog-monitor/datadog-agent/conf.d/qnap.d/conf.yaml ${otherContent}`,
  },
  {
    name: "a folder is added to conf.d",
    host: "monitor",
    line: "mkdir /opt/datadog-monitor/datadog-agent/conf.d/other.d",
    reported: "/opt/datadog-monitor/datadog-agent/conf.d/other.d is not in the configuration",
  },
  {
    name: "the packet filter of the log port is removed",
    host: "monitor",
    line: "iptables -t raw -D PREROUTING -j KUBE-CONTROL-AGENT",
    reported: "packet filter of the log port is not loaded (iptables)",
  },
  {
    name: "Docker is not held",
    host: "monitor",
    line: "apt-mark unhold docker.io",
    reported: "package docker.io is not held",
  },
];

/** The drifts that Pulumi's output does not name, each with its host. */
export function driftsMissedIn(printed: string, made: readonly Drift[]): string[] {
  const lines = printed.split("\n");
  return made
    .filter(
      ({ host, about = host, reported }) =>
        !lines.some((line) => line.includes(`${about}: `) && line.includes(reported)),
    )
    .map(({ name, reported }) => `${name}: ${reported}`);
}

/** The four drifts of the end-to-end test: of a service, a file, a static pod and the agent. */
export const someDrifts = drifts.filter(({ name }) =>
  [
    "HAProxy is stopped",
    "keepalived.conf is edited",
    "a static pod's manifest is edited",
    "a folder is added to conf.d",
  ].includes(name),
);

/**
 * Drifts after which the docker provider cannot reach Docker. Its read of the container fails, so the refresh fails too, but it
 * still reads all other resources.
 */
export const dockerDrifts: readonly Drift[] = [
  {
    name: "the login is removed from the group docker",
    host: "monitor",
    line: "gpasswd -d ops docker",
    reported: "user ops is not in the group docker",
  },
  {
    name: "Docker is stopped",
    host: "monitor",
    line: "systemctl stop docker.socket docker.service",
    reported: "docker.service is inactive",
  },
];

/** A drift of the cluster's data: an `up` resets the master and joins it again. */
export const lostMember: Drift = {
  name: "an etcd member is removed",
  host: "k8s-master1",
  line: `export KUBECONFIG=/etc/kubernetes/admin.conf
etcd() { kubectl -n kube-system exec etcd-k8s-master1 -c etcd -- etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/etcd/server.crt --key=/etc/kubernetes/pki/etcd/server.key "$@"; }
etcd member remove "$(etcd member list | awk -F ', ' '$3 == "k8s-master3" { print $1 }')"`,
  reported: "API server is not ready",
};
