# Looks at a host and changes nothing. One fact a line: NAME VALUE. Set before it: TCP_PORTS, UDP_PORTS (those that will be used
# here).
set -uo pipefail
export LC_ALL=C

survey() {
  local port
  fact time "$(date +%s)"
  fact hostname "$(uname -n)"
  fact os "$(. /etc/os-release && echo "$ID ${ID_LIKE-}")"
  fact os-version "$(. /etc/os-release && echo "${VERSION_ID-}")"
  fact apt "$(command -v apt-get || true)"
  fact systemd "$([[ -d /run/systemd/system ]] && echo running || true)"
  fact machine-id "$(cat /etc/machine-id 2>/dev/null || true)"
  fact memory-mib "$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)"
  fact cpus "$(nproc)"
  fact cgroup "$([[ -e /sys/fs/cgroup/cgroup.controllers ]] && echo v2 || echo v1)"
  fact swap "$(awk 'NR > 1 { printf "%s ", $1 }' /proc/swaps 2>/dev/null || true)"
  fact iproute2 "$(command -v ip || true)"
  if command -v ip >/dev/null; then
    fact addresses "$(ip -4 -oneline address show | awk '{ sub("/.*", "", $4); printf "%s ", $4 }')"
  fi
  if command -v ss >/dev/null; then
    for port in $TCP_PORTS; do fact "tcp-$port" "$(listener --tcp "$port")"; done
    for port in $UDP_PORTS; do fact "udp-$port" "$(listener --udp "$port")"; done
  fi
  fact docker "$(docker_state)"
  ! timeout 20 docker container inspect dd-agent >/dev/null 2>&1 || fact agent container
  [[ ! -e /opt/datadog-monitor/datadog-agent/conf.d ]] || fact agent-conf present
  node_facts
  load_balancer_facts
}

fact() { printf '%s %s\n' "$1" "${2//$'\n'/ }"; }

# Who listens on the port: a program's name, `unknown` where the kernel does not tell, or nothing.
listener() {
  local lines
  lines=$(ss --no-header --listening --numeric --processes "$1" "sport = :$2")
  [[ -n $lines ]] || return 0
  grep -oE '\(\("[^"]+' <<<"$lines" | tr -d '("' | sort -u | tr '\n' ' ' | grep . || echo unknown
}

docker_state() {
  if ! command -v docker >/dev/null; then
    echo absent
  elif timeout 20 docker version >/dev/null 2>&1; then
    echo answers
  else
    echo silent
  fi
}

# To which cluster the host belongs, by its own mark, and how that cluster was initialised.
node_facts() {
  local mark
  for mark in begun member; do
    [[ ! -e /var/lib/kube-control/$mark ]] || fact "mark-$mark" "$(cat "/var/lib/kube-control/$mark")"
  done
  if [[ -e /etc/kubernetes/kubelet.conf || -e /etc/kubernetes/admin.conf || -e /var/lib/etcd/member ]] ||
    compgen -G '/etc/kubernetes/manifests/*.yaml' >/dev/null; then
    fact kubernetes present
  fi
  [[ ! -e /etc/kubernetes/pki/ca.crt ]] || fact authority "$(sha256sum </etc/kubernetes/pki/ca.crt | awk '{ print $1 }')"
  [[ -e /etc/kubernetes/admin.conf ]] || return 0
  fact server "$(awk '$1 == "server:" { print $2; exit }' /etc/kubernetes/admin.conf)"
  fact flags "$(grep -hoE -- '--(service-cluster-ip-range|cluster-cidr|encryption-provider-config|shutdown-delay-duration|heartbeat-interval|election-timeout)=[^ ]+' \
    /etc/kubernetes/manifests/kube-{apiserver,controller-manager}.yaml /etc/kubernetes/manifests/etcd.yaml 2>/dev/null | sort -u)"
  fact nodes "$(timeout 10 kubectl --kubeconfig /etc/kubernetes/admin.conf --server "https://127.0.0.1:$(api_port)" \
    --tls-server-name kubernetes --request-timeout=5s get nodes -o name 2>/dev/null | sed 's|^node/||')"
}

api_port() { awk '$1 == "server:" { sub(/.*:/, "", $2); print $2; exit }' /etc/kubernetes/admin.conf; }

# Which API servers this load balancer leads to, and which peers it has.
load_balancer_facts() {
  local owner=/var/lib/kube-control/load-balancer/owner
  [[ ! -e $owner ]] || fact load-balancer-owner "$(cat "$owner")"
  grep -qs '^# Written by kube-control' /etc/haproxy/haproxy.cfg || return 0
  fact haproxy-servers "$(awk '$1 == "server" { sub(/:.*/, "", $3); print $2 "=" $3 }' /etc/haproxy/haproxy.cfg | sort -u)"
  grep -qs '^# Written by kube-control' /etc/keepalived/keepalived.conf || return 0
  fact router-id "$(awk '$1 == "router_id" { print $2; exit }' /etc/keepalived/keepalived.conf)"
  fact peers "$(awk '/unicast_peer/ { inside = 1; next } /}/ { inside = 0 } inside { print $1 }' /etc/keepalived/keepalived.conf)"
}

survey
