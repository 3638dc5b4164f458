# How the steps beside Pulumi find a control plane node and change the cluster through it.
# Variables: NODE, MASTERS (lines "NAME ADDRESS"), PORT.

address_of() { awk -v name="$1" '$1 == name { print $2 }' <<<"$MASTERS"; }
other_masters() { awk -v node="$NODE" '$1 != node { print $1 }' <<<"$MASTERS"; }

# find_control_plane_node: sets PEER and API to a master of the cluster, other than NODE, whose API server is ready.
find_control_plane_node() {
  local name
  for name in $(other_masters); do
    API=https://$(address_of "$name"):$PORT
    if remote "$name" 30 is_ready_member API; then
      PEER=$name
      return
    fi
  done
  PEER='' API=''
  return 1
}
is_ready_member() { [[ -e /var/lib/kube-control/member ]] && api_ready; }

# When the whole cluster is deleted, a note on its masters says so (ready.sh). etcd refuses to remove a member once half
# of the members do not answer, for example if one of three masters is down. A node is reset in spite of that if its
# cluster is deleted. The note is in /run and is valid for an hour, so that it does not outlive a deletion that failed.
# Variable: CLUSTER.
note_deletion() {
  (umask 077 && mkdir -p /run/kube-control)
  printf '%s\n' "$CLUSTER" >/run/kube-control/cluster-deletion
}
remove_deletion_note() { rm -f /run/kube-control/cluster-deletion; }
cluster_is_deleted() {
  [[ -n $(find /run/kube-control/cluster-deletion -mmin -60 2>/dev/null) && $(</run/kube-control/cluster-deletion) == "$CLUSTER" ]]
}

# The functions below run on PEER, with PEER and API.

kube() { kubectl --server "$API" --request-timeout=20s "$@"; }

# etcd ARGUMENT...: runs etcdctl, in PEER's etcd pod, with the member at MEMBER_URL (empty: PEER's own), for at most ETCD_SECONDS.
etcd() {
  local pki=/etc/kubernetes/pki/etcd
  # kubectl exec has no timeout of its own
  without_proxy timeout "${ETCD_SECONDS:-30}" kubectl --server "$API" -n kube-system exec "etcd-$PEER" -c etcd -- etcdctl --endpoints="${MEMBER_URL:-https://127.0.0.1:2379}" \
    --cacert="$pki/ca.crt" --cert="$pki/server.crt" --key="$pki/server.key" "$@"
}

# etcd_members: prints a line "ID STATE NAME PEER-URL LEARNER" per member. The name is `-` for a member that has not
# started yet.
etcd_members() {
  etcd member list -w simple | awk -F ', ' '{ print $1, $2, ($3 == "" ? "-" : $3), $4, $6 }'
}

# remove_etcd_member: removes the member named NODE, and a member without a name (not started yet) at NODE_ADDRESS. A
# member of another name at that address belongs to another node. Variables: NODE, NODE_ADDRESS.
remove_etcd_member() {
  local id name url members
  members=$(etcd_members) || return 1
  while read -r id _ name url _; do
    [[ $name == "$NODE" || ($name == - && $url == "https://$NODE_ADDRESS:2380") ]] || continue
    [[ $id =~ ^[0-9A-Za-z][0-9A-Za-z-]*$ ]] || { echo "etcd lists a member with the invalid ID $id" && return 1; }
    etcd member remove "$id" </dev/null || return 1
    say "removed the etcd member of $NODE"
  done <<<"$members"
}
delete_node_object() { kube delete node "$NODE" --ignore-not-found --wait=false; }
