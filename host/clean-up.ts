import type { Role } from "./facts";

// Commands with which a person removes from a host what kube-control set up there. They keep /var/lib/kube-control,
// which records configuration files and package holds from the time before.

const marks = "/var/lib/kube-control/begun /var/lib/kube-control/restored /var/lib/kube-control/member";
const units = "/etc/systemd/system";

/** Removes the host's Kubernetes node. The data of its etcd member are lost. */
export const resetNode = `sudo kubeadm reset -f; sudo rm -rf /etc/kubernetes /etc/cni/net.d /var/lib/etcd ${marks}`;

const node = {
  what: "Kubernetes (/etc/kubernetes, /var/lib/etcd, kubelet, packet rules) and the control plane's name in /etc/hosts",
  remove: `${resetNode}; sudo apt-mark unhold kubeadm kubelet kubectl containerd; sudo /usr/local/sbin/kube-control-hosts remove`,
};

/** What a role leaves on a host, and the command that removes it there. */
export const cleanUp: Readonly<Record<Role, { readonly what: string; readonly remove: string }>> = {
  master: node,
  worker: node,
  "load balancer": {
    what: "HAProxy and Keepalived, which takes the virtual IP",
    remove:
      "sudo systemctl disable --now keepalived haproxy-watch haproxy; sudo apt-mark unhold keepalived haproxy; " +
      `sudo rm -f /etc/keepalived/keepalived.conf /etc/haproxy/haproxy.cfg ${units}/haproxy-watch.service ` +
      `${units}/haproxy.service.d/kube-control.conf ${units}/keepalived.service.d/kube-control.conf ` +
      "/usr/local/sbin/haproxy-watch /var/lib/kube-control/load-balancer/owner",
  },
  monitor: {
    what: "the Datadog agent (container dd-agent), its configuration and the packet filter of its log port",
    remove:
      "sudo docker rm -f dd-agent; sudo systemctl disable --now kube-control-agent-filter; " +
      `sudo rm -rf /opt/datadog-monitor ${units}/kube-control-agent-filter.service; ` +
      "sudo iptables -t raw -F KUBE-CONTROL-AGENT; sudo ip6tables -t raw -F KUBE-CONTROL-AGENT",
  },
};
