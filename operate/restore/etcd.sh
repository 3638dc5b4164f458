# Asks etcd of this master, in its container. ctr is in every package of containerd.

# etcd_container: prints the ID of etcd's running container; nothing if there is none. Fails if containerd does not answer.
etcd_container() {
  local names tasks
  names=$(timeout 20 ctr --namespace k8s.io containers list --quiet \
    'labels."io.kubernetes.container.name"==etcd,labels."io.kubernetes.pod.namespace"==kube-system') &&
    tasks=$(timeout 20 ctr --namespace k8s.io tasks list) || return 1
  awk 'NR == FNR { wanted[$1]; next } $1 in wanted && $3 == "RUNNING" { print $1; exit }' <(echo "$names") <(echo "$tasks")
}

# etcdctl ARGUMENT...
etcdctl() {
  local container pki=/etc/kubernetes/pki/etcd
  container=$(etcd_container) && [[ -n $container ]] || { echo "etcd does not run" && return 1; }
  timeout 30 ctr --namespace k8s.io tasks exec --exec-id "kube-control-$$-$RANDOM" "$container" etcdctl \
    --endpoints=https://127.0.0.1:2379 --cacert="$pki/ca.crt" --cert="$pki/server.crt" --key="$pki/server.key" "$@" </dev/null
}

# etcd_has_leader: is this member part of a majority? Then nothing is lost. A ready API server shows it as well.
etcd_has_leader() {
  local status
  status=$(etcdctl endpoint status --write-out=json 2>/dev/null) || true
  [[ $status =~ \"leader\":[1-9] ]] || api_ready >/dev/null 2>&1
}

# etcd_is_alone: is this member healthy, and the only one?
etcd_is_alone() {
  local members
  members=$(etcdctl member list) || { echo "$members" && return 1; }
  (($(wc -l <<<"$members") == 1)) || { echo "etcd has several members: $members" && return 1; }
  etcdctl endpoint health
}
