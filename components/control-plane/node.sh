# Reads and resets Kubernetes' state on one host. These functions run there as root.

# node_state: prints the state of Kubernetes on this host.
#   clean    no Kubernetes
#   begun    an init or a join of kube-control that failed: may be reset
#   restored the keys and the snapshot of a backup are here (npm run restore), and init.sh makes a cluster of them
#   member   a node that kube-control set up
#   broken   as member, but files are missing: it may hold data, so it is not reset
#   foreign  a node that kube-control did not set up
node_state() {
  local mark=''
  [[ ! -e /var/lib/kube-control/begun ]] || mark=begun
  [[ ! -e /var/lib/kube-control/restored ]] || mark=restored
  [[ ! -e /var/lib/kube-control/member ]] || mark=member
  if ! kubernetes_is_here; then
    [[ $mark == begun || $mark == restored ]] && say "$mark" || say clean
  elif [[ $mark == member ]]; then
    [[ -e /etc/kubernetes/kubelet.conf ]] && say member || say broken
  else
    say "${mark:-foreign}"
  fi
}

# The marks are this host's identity, so that a step for another node does not reset it. Lines "KEY VALUE": cluster
# (FQDN:PORT), node, role, and in `member` the SHA-256 of the cluster's CA certificate. Versions before 0.2 wrote one
# line, "init of FQDN" or "join of FQDN". Variables: CLUSTER, NODE, ROLE.
mark_begun() {
  mkdir -p /var/lib/kube-control
  rm -f /var/lib/kube-control/member
  write_mark begun
}
mark_member() {
  write_mark member "ca $(sha256sum </etc/kubernetes/pki/ca.crt | awk '{ print $1 }')"
  rm -f /var/lib/kube-control/{begun,restored}
  rm -rf "$(restored_files)"
}
# restored_files: prints the folder with the snapshot of a backup, and what its archive says about it.
restored_files() { echo /var/lib/kube-control/restored-files; }
# needed_files: prints the files of an archive without which the cluster cannot be made.
needed_files() { printf '%s\n' etcd.db pki/{ca,front-proxy-ca,etcd/ca}.{crt,key} pki/sa.{key,pub}; }
# write_mark NAME [LINE...]: the mark is on the disk when this returns, because a host without it would be taken for another one.
write_mark() {
  local path=/var/lib/kube-control/$1
  shift
  printf '%s\n' "cluster $CLUSTER" "node $NODE" "role $ROLE" "$@" >"$path.new"
  sync "$path.new"
  mv -f "$path.new" "$path"
  sync "${path%/*}"
}

# other_identity: prints this host's identity if it is not NODE, a ROLE of CLUSTER. Prints nothing if it is, or if the
# host has no Kubernetes.
other_identity() {
  local file=/var/lib/kube-control/member mark cluster node role
  [[ -e $file ]] || file=/var/lib/kube-control/restored
  [[ -e $file ]] || file=/var/lib/kube-control/begun
  if [[ ! -e $file ]]; then
    [[ $(node_state 3>&1) == clean ]] || say "a Kubernetes node that kube-control did not set up"
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
  if [[ -z $cluster || -z $node || -z $role ]]; then
    say "unknown, because $file is incomplete (if it is $NODE, run there: printf 'cluster $CLUSTER\\nnode $NODE\\nrole $ROLE\\n' | sudo tee $file)"
  elif [[ "$cluster $node $role" != "$CLUSTER $NODE $ROLE" ]]; then
    say "$node, a $role of $cluster"
  fi
}

# kubeadm's files are kept as kubeadm wrote them, so that a change of them can be found and undone. The folder holds
# copies, and the version of Kubernetes that they belong to.
kept=/var/lib/kube-control/kept
kubeadm_files() {
  echo /var/lib/kubelet/config.yaml
  [[ $ROLE == worker ]] || printf '%s\n' /etc/kubernetes/manifests/{etcd,kube-apiserver,kube-controller-manager,kube-scheduler}.yaml
}

# keep_files: after kubeadm has written them, and after an upgrade by hand.
keep_files() {
  local version
  version=$(kubelet --version)
  [[ -e $kept/version && $(<"$kept/version") == "$version" ]] || replace_kept_files
}
replace_kept_files() {
  local path
  (umask 077 && mkdir -p "$kept")
  for path in $(kubeadm_files); do
    [[ ! -e $path ]] || cp -f --no-preserve=mode "$path" "$kept/${path##*/}"
  done
  kubelet --version >"$kept/version"
}

# note_configuration: notes in kubeadm's ConfigMap which settings it holds. Variable: CONFIGURATION_DIGEST.
note_configuration() {
  KUBECONFIG=/etc/kubernetes/admin.conf kubectl --request-timeout=20s -n kube-system annotate --overwrite configmap kubeadm-config \
    "kube-control/configuration=$CONFIGURATION_DIGEST"
}

# write_kept_files: writes the files of the installed version back. In a check, write_file compares.
write_kept_files() {
  local path copy mode
  [[ -e $kept/version && $(<"$kept/version") == "$(kubelet --version)" ]] || return 0
  for path in $(kubeadm_files); do
    copy=$kept/${path##*/} mode=0600
    [[ $path != /var/lib/kubelet/* ]] || mode=0644
    # kubeadm has upgraded the control plane, and kubelet's package is not upgraded yet
    if [[ -e $path && $(image_in "$path") != "$(image_in "$copy")" ]]; then
      [[ $(type -t note) != function ]] || note "$path" "has another image than the copy in $kept: complete the upgrade"
      continue
    fi
    [[ ! -s $copy ]] || write_file "$path" "$mode" "$(<"$copy")"$'\n'
  done
}

image_in() { [[ ! -e $1 ]] || sed -n 's/^ *image: //p' "$1"; }

# repair_files: once after each repair that a refresh asked for, so that another run does not undo what an operator
# changed by hand.
repair_files() {
  local note=$kept/repaired
  [[ -n ${KC_GENERATION-} && $(cat "$note" 2>/dev/null || true) != "$KC_GENERATION" ]] || return 0
  write_kept_files
  if changed /var/lib/kubelet/config.yaml || ! has_read kubelet /var/lib/kubelet/config.yaml; then
    systemctl restart kubelet
  fi
  (umask 077 && mkdir -p "$kept" && printf '%s\n' "$KC_GENERATION" >"$note")
}

# refuse_state STATE: fails if this host has a Kubernetes that must not be reset, and says what to do.
refuse_state() {
  case $1 in
    foreign) fail "this host has a Kubernetes node, or files of one, that kube-control did not set up; if its data may be deleted, run there: $(reset_by_hand)" ;;
    broken) fail "this host is a node, but files of it are missing in /etc/kubernetes: restore them; or if its data may be deleted, run there: $(reset_by_hand)" ;;
  esac
}

# skipped_checks: prints kubeadm's option for checks that fail on this host for an accepted reason. From v1.35 on
# SystemVerification fails on cgroup v1, regardless of kubelet's configuration. A file system that is mounted at
# /var/lib/etcd contains the folder lost+found. Variable: CGROUP_V1 (allowed, refused).
skipped_checks() {
  local skipped=''
  [[ $CGROUP_V1 != allowed || -e /sys/fs/cgroup/cgroup.controllers ]] || skipped+=,SystemVerification
  [[ $(find /var/lib/etcd/ -mindepth 1 -maxdepth 1 2>/dev/null) != /var/lib/etcd/lost+found ]] || skipped+=,DirAvailable--var-lib-etcd
  [[ -z $skipped ]] || echo "--ignore-preflight-errors=${skipped#,}"
}

# kubeadm and kubectl connect to the cluster's nodes without a proxy from the environment (/etc/environment, sudo's
# env_keep). kubeadm would also write such variables into the pods of the control plane and of kube-proxy.
kubeadm() { without_proxy kubeadm "$@"; }
kubectl() { without_proxy kubectl "$@"; }
kubelet() { without_proxy kubelet "$@"; }
without_proxy() (
  for name in $(compgen -e); do
    [[ ${name,,} != *_proxy ]] || unset "$name"
  done
  exec "$@"
)

# wait_for_name: kubeadm needs a name that resolves to the control plane. Variables: ENDPOINT, ENDPOINT_ADDRESSES.
wait_for_name() {
  set_restore_line ''
  remove_stale_hosts_line
  wait_until 120 "$ENDPOINT to resolve to one of: $ENDPOINT_ADDRESSES" name_resolves
}
# remove_stale_hosts_line: a line of an earlier cluster in /etc/hosts hides the address that DNS returns now. A line of
# this cluster agrees with DNS.
remove_stale_hosts_line() {
  local dns line
  dns=$(dns_addresses "$ENDPOINT") || return 0
  line=$(getent -s hosts:files ahostsv4 "$ENDPOINT" | awk 'NR == 1 { print $1 }') || return 0
  [[ " $dns " == *" $line "* ]] || remove_hosts_line
}
name_resolves() {
  local address seen
  # do not wait until this host's own cache expires
  resolvectl flush-caches >/dev/null 2>&1 || true
  seen=$(getent ahostsv4 "$ENDPOINT" | awk '!seen[$1]++ { print $1 }')
  # kube-control does not query the name before its record exists, but other programs may have
  [[ -n $seen ]] || { echo "it does not resolve. If it was queried before its record existed, this host's resolver may \
cache that answer for the zone's negative TTL (the SOA record's last field; 30 minutes at Cloudflare): clear that resolver's \
cache, or run the same again after that time" && return 1; }
  while read -r address; do
    [[ " $ENDPOINT_ADDRESSES " == *" $address "* ]] || { echo "it resolves to ${seen//$'\n'/ }" && return 1; }
  done <<<"$seen"
}

# api_ready: is the API server at API (https://192.0.2.1:6443) ready?
api_ready() { KUBECONFIG=/etc/kubernetes/admin.conf kubectl --server "$API" --request-timeout=5s get --raw /readyz; }

# wait_for_kubelet: the API server can ask a kubelet once its serving certificate is approved. Runs on a master. Variables: API, NODE.
wait_for_kubelet() { wait_until 150 "the kubelet of $NODE to answer the API server" kubelet_answers "$NODE"; }
# kubelet_answers NAME
kubelet_answers() {
  # a master of an earlier version does not have the program
  [[ ! -x $(certificates_program) ]] || "$(certificates_program)" approve "$API" || return 1
  KUBECONFIG=/etc/kubernetes/admin.conf kubectl --server "$API" --request-timeout=10s get --raw "/api/v1/nodes/$1/proxy/healthz"
}

# set_restore_line LINE: replaces the line of a restore in /etc/hosts; an empty LINE removes it. It comes first, because the
# first address of a name counts. The file may be a mount, so it is written in place (components/dns-record/hosts-program.sh).
set_restore_line() {
  local mark='# kube-control: during a restore'
  [[ -n $1 ]] || grep -qs "$mark\$" /etc/hosts || return 0
  (
    flock 8
    {
      [[ -z $1 ]] || printf '%s %s\n' "$1" "$mark"
      grep -v "$mark\$" /etc/hosts || true
    } >"$kc_dir/hosts"
    cat "$kc_dir/hosts" 1<>/etc/hosts
    truncate -s "$(wc -c <"$kc_dir/hosts")" /etc/hosts
  ) 8<>/etc/hosts
}

# reset_node: removes Kubernetes' state from this host. Variable: POD_SUBNET.
reset_node() {
  local mark
  # with the mark `begun`, an interrupted reset is repeated
  for mark in restored member; do
    [[ ! -e /var/lib/kube-control/$mark ]] || mv -f "/var/lib/kube-control/$mark" /var/lib/kube-control/begun
  done
  set_restore_line ''
  # without these files kubeadm does not try to reach the cluster; the etcd member is removed through another master
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
  # the folder itself must stay: when it is deleted, containerd stops watching for a pod network until it restarts
  empty_folder /etc/cni/net.d
  remove_marks
  say "reset"
}
# remove_marks: removes only a node's files from /var/lib/kube-control, because the host may have had another role.
remove_marks() {
  rm -f /var/lib/kube-control/{begun,restored,member}{,.new}
  rm -rf "$kept" "$(restored_files)"
  rmdir /var/lib/kube-control 2>/dev/null || true
}
# empty_folder FOLDER: the folder may be a symbolic link.
empty_folder() { [[ ! -d $1 ]] || find "$1/" -xdev -mindepth 1 -delete || true; }

# remove_packet_rules: removes the rules of Kubernetes and its pod network; all other rules stay.
remove_packet_rules() {
  local tool tools=(iptables ip6tables) family
  # not `-s`: files in /proc have the size 0
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
  local rules pattern='^:(KUBE|CNI|FLANNEL)-|-[Ajg] (KUBE|CNI|FLANNEL)-|--comment "?flanneld'
  rules=$("$1-save")
  grep -qE -- "$pattern" <<<"$rules" || return 0
  grep -vE -- "$pattern" <<<"$rules" | "$1-restore"
  say "removed Kubernetes' rules from $1"
}

remove_network() {
  local link
  for link in cni0 flannel.1 flannel-v6.1 kube-ipvs0; do
    ip link delete "$link" 2>/dev/null || true
  done
  ip route flush root "$POD_SUBNET" || true
}

# leave_host: releases the host's packages, and restores containerd's former configuration.
leave_host() {
  remove_hosts_line
  remove_certificate_timer
  systemctl disable --now kubelet || true
  remove_kubelet_drop_in
  apt_mark unhold kubeadm kubelet kubectl || say "kubeadm, kubelet and kubectl stay held: apt-mark unhold failed"
  if [[ -e /var/lib/kube-control/containerd/config.toml ]]; then
    mkdir -p /etc/containerd
    mv -f /var/lib/kube-control/containerd/config.toml /etc/containerd/config.toml
    rmdir /var/lib/kube-control/containerd
    systemctl try-restart containerd || true
    say "restored the former /etc/containerd/config.toml"
  fi
  release_packages containerd
}
