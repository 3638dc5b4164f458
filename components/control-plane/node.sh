# What is known and undone of Kubernetes on one host. These functions run there as root.

# node_state: what of Kubernetes is on this host.
#   clean    nothing
#   begun    an init or a join of ours that did not end well: may be thrown away
#   member   a node that came to be by kube-control
#   broken   as member, but parts are missing: may hold data, so it is not ours to throw away
#   foreign  a node that kube-control did not make
node_state() {
  local mark=''
  [[ ! -e /var/lib/kube-control/begun ]] || mark=begun
  [[ ! -e /var/lib/kube-control/member ]] || mark=member
  if ! kubernetes_is_here; then
    [[ $mark == begun ]] && result begun || result clean
  elif [[ $mark == member ]]; then
    [[ -e /etc/kubernetes/kubelet.conf ]] && result member || result broken
  else
    result "${mark:-foreign}"
  fi
}

# The marks say to whom this host belongs, so that nothing takes it apart in another host's name. Lines "KEY VALUE": cluster
# (FQDN:PORT), node, role, and in `member` the SHA-256 of the cluster's CA certificate. Versions before 0.2 wrote one line,
# "init of FQDN" or "join of FQDN". Variables: CLUSTER, NODE, ROLE.
mark_begun() {
  mkdir -p /var/lib/kube-control
  rm -f /var/lib/kube-control/member
  write_mark begun
}
mark_member() {
  write_mark member "ca $(sha256sum </etc/kubernetes/pki/ca.crt | awk '{ print $1 }')"
  rm -f /var/lib/kube-control/begun
}
write_mark() {
  local path=/var/lib/kube-control/$1
  shift
  printf '%s\n' "cluster $CLUSTER" "node $NODE" "role $ROLE" "$@" >"$path.new"
  mv -f "$path.new" "$path"
}

# other_identity: prints what this host says of itself where that is not NODE, a ROLE of CLUSTER; nothing where it agrees, or
# where nothing of Kubernetes is here.
other_identity() {
  local file=/var/lib/kube-control/member mark cluster node role
  [[ -e $file ]] || file=/var/lib/kube-control/begun
  if [[ ! -e $file ]]; then
    [[ $(node_state 3>&1) == clean ]] || result "a Kubernetes node that kube-control did not make"
    return
  fi
  mark=$(<"$file")
  if [[ $mark =~ ^(init|join)' of '([^[:space:]]+)$ ]]; then
    cluster=${BASH_REMATCH[2]} node=$(hostname) role=worker
    [[ ! -e /etc/kubernetes/manifests/kube-apiserver.yaml && ! -e /var/lib/etcd/member ]] || role=master
    [[ $file != */begun ]] || role=$ROLE
    [[ $cluster != "${CLUSTER%:*}" ]] || cluster=$CLUSTER
  else
    cluster=$(awk '$1 == "cluster" { print $2 }' "$file")
    node=$(awk '$1 == "node" { print $2 }' "$file")
    role=$(awk '$1 == "role" { print $2 }' "$file")
  fi
  [[ "$cluster $node $role" == "$CLUSTER $NODE $ROLE" ]] || result "$node, a $role of $cluster"
}

# refuse_state STATE: ends with what to do where a host holds a Kubernetes that is not ours to throw away.
refuse_state() {
  case $1 in
    foreign) fail "there is a Kubernetes node here, or files of one, that kube-control did not make; where it may be thrown away: $(reset_by_hand)" ;;
    broken) fail "this is a node, but parts of it are missing in /etc/kubernetes: put them back, or where its data may be thrown away: $(reset_by_hand)" ;;
  esac
}

# skipped_checks: prints the option for the checks of kubeadm that fail on this host for a reason that is accepted. From v1.35 on
# SystemVerification fails on cgroup v1, whatever the kubelet's configuration says. A file system that is mounted at
# /var/lib/etcd has the folder lost+found from the start. Variable: CGROUP_V1 (allowed, refused).
skipped_checks() {
  local skipped=''
  [[ $CGROUP_V1 != allowed || -e /sys/fs/cgroup/cgroup.controllers ]] || skipped+=,SystemVerification
  [[ $(find /var/lib/etcd/ -mindepth 1 -maxdepth 1 2>/dev/null) != /var/lib/etcd/lost+found ]] || skipped+=,DirAvailable--var-lib-etcd
  [[ -z $skipped ]] || echo "--ignore-preflight-errors=${skipped#,}"
}

# What these two send goes to the cluster's nodes, never through a proxy that the environment names (/etc/environment, sudo's
# env_keep). kubeadm would also write such variables into the pods of the control plane and of kube-proxy.
kubeadm() { without_proxy kubeadm "$@"; }
kubectl() { without_proxy kubectl "$@"; }
without_proxy() (
  for name in $(compgen -e); do
    [[ ${name,,} != *_proxy ]] || unset "$name"
  done
  exec "$@"
)

# The name has to lead to the control plane before kubeadm relies on it. Variables: ENDPOINT, ENDPOINT_ADDRESSES.
wait_for_name() {
  remove_stale_hosts_line
  wait_until 120 "$ENDPOINT to resolve to one of: $ENDPOINT_ADDRESSES" name_resolves
}
# The line that an earlier cluster has left in /etc/hosts hides where DNS leads now. It agrees with DNS where this cluster wrote it.
remove_stale_hosts_line() {
  local dns line
  dns=$(dns_addresses "$ENDPOINT") || return 0
  line=$(getent -s hosts:files ahostsv4 "$ENDPOINT" | awk 'NR == 1 { print $1 }') || return 0
  [[ " $dns " == *" $line "* ]] || remove_hosts_line
}
name_resolves() {
  local address seen
  # what this host itself keeps need not be waited for
  resolvectl flush-caches >/dev/null 2>&1 || true
  seen=$(getent ahostsv4 "$ENDPOINT" | awk '!seen[$1]++ { print $1 }')
  # nothing of kube-control asks for the name before its record is there, but others may have
  [[ -n $seen ]] || { echo "it does not resolve. Where it was asked for before its record was made, this host's resolver may \
remember that there is no such name, for the zone's negative TTL (the SOA record's last field; 30 minutes at Cloudflare): empty \
that resolver's cache, or run the same again after that time" && return 1; }
  while read -r address; do
    [[ " $ENDPOINT_ADDRESSES " == *" $address "* ]] || { echo "it resolves to ${seen//$'\n'/ }" && return 1; }
  done <<<"$seen"
}

# Variable: API, e.g. https://192.0.2.1:6443
api_ready() { KUBECONFIG=/etc/kubernetes/admin.conf kubectl --server "$API" --request-timeout=5s get --raw /readyz; }

# reset_node: takes Kubernetes' state off this host. Variable: POD_SUBNET.
reset_node() {
  # a reset that is cut off is done again
  [[ ! -e /var/lib/kube-control/member ]] || mv -f /var/lib/kube-control/member /var/lib/kube-control/begun
  # without it kubeadm does not look for a cluster that may be gone; the etcd member is removed through a living master
  rm -f /etc/kubernetes/admin.conf /etc/kubernetes/super-admin.conf
  if type -P kubeadm >/dev/null; then
    systemctl start containerd || true
    wait_until 120 "kubeadm reset" kubeadm reset --force --cri-socket unix:///run/containerd/containerd.sock
  fi
  systemctl stop kubelet || true
  remove_packet_rules
  remove_network
  rm -rf /etc/kubernetes /var/lib/cni /run/flannel /root/.kube /var/log/pods /var/log/containers
  # these may be mount points
  empty_folder /var/lib/etcd
  empty_folder /var/lib/kubelet
  # containerd watches this folder itself, and stops to look for a pod network for good when it goes
  empty_folder /etc/cni/net.d
  remove_marks
  say "reset"
}
# Of /var/lib/kube-control only what a node has there: the host may have had another role.
remove_marks() {
  rm -f /var/lib/kube-control/{begun,member}{,.new}
  rmdir /var/lib/kube-control 2>/dev/null || true
}
# empty_folder FOLDER: may be a symbolic link.
empty_folder() { [[ ! -d $1 ]] || find "$1/" -xdev -mindepth 1 -delete || true; }

# Only what Kubernetes and its pod network have put there; others' rules stay.
remove_packet_rules() {
  local tool tools=(iptables ip6tables) family
  # files of /proc have no size
  [[ -z $(cat /proc/net/ip_tables_names 2>/dev/null) ]] || tools+=(iptables-legacy)
  [[ -z $(cat /proc/net/ip6_tables_names 2>/dev/null) ]] || tools+=(ip6tables-legacy)
  for tool in "${tools[@]}"; do
    ! command -v "$tool-save" >/dev/null || remove_rules_with "$tool"
  done
  if command -v nft >/dev/null; then
    for family in ip ip6; do
      nft delete table "$family" kube-proxy 2>/dev/null || true
    done
  fi
}
remove_rules_with() {
  local rules ours='^:(KUBE|CNI|FLANNEL)-|-[Ajg] (KUBE|CNI|FLANNEL)-|--comment "?flanneld'
  rules=$("$1-save")
  grep -qE -- "$ours" <<<"$rules" || return 0
  grep -vE -- "$ours" <<<"$rules" | "$1-restore"
  say "removed Kubernetes' rules from $1"
}

remove_network() {
  local link
  for link in cni0 flannel.1 flannel-v6.1 kube-ipvs0; do
    ip link delete "$link" 2>/dev/null || true
  done
  ip route flush root "$POD_SUBNET" || true
}

# leave_host: gives the host's packages back to its administrator, and containerd the configuration that it had.
leave_host() {
  remove_hosts_line
  systemctl disable --now kubelet || true
  remove_kubelet_drop_in
  apt_mark unhold kubeadm kubelet kubectl || say "kubeadm, kubelet and kubectl stay held: apt-mark unhold did not succeed"
  if [[ -e /var/lib/kube-control/containerd/config.toml ]]; then
    mkdir -p /etc/containerd
    mv -f /var/lib/kube-control/containerd/config.toml /etc/containerd/config.toml
    rmdir /var/lib/kube-control/containerd
    systemctl try-restart containerd || true
    say "put the former /etc/containerd/config.toml back"
  fi
  release_packages containerd
}
