# Removes a node from the cluster when this step is deleted. Creating the step changes nothing (init or join does). It
# is created before the host is changed, so that a failed run is cleaned up too.
# Variables besides those of cluster.sh: NODE_ADDRESS, ROLE (master, worker), CLUSTER (FQDN:PORT), POD_SUBNET.

create() { say "$NODE will be removed from the cluster when this is deleted"; }

delete() {
  local RESET=1 OTHER='' DELETED=0
  is_up "$NODE" || RESET=0
  # a host that is another node is not changed; what the cluster knows by the name NODE is removed in any case
  ((RESET == 0)) || OTHER=$(remote "$NODE" 60 other_identity CLUSTER NODE ROLE)
  [[ -z $OTHER ]] || RESET=0
  if find_control_plane_node; then
    # only another master's note counts: NODE may have left a cluster that stays
    ! remote "$PEER" 30 cluster_is_deleted CLUSTER || DELETED=1
    if ! remote "$PEER" 300 remove_node_from_cluster API PEER NODE NODE_ADDRESS ROLE RESET DELETED >&3; then
      # resetting a running member that etcd did not remove could cost etcd's quorum
      ((RESET == 0 || DELETED)) || fail "$PEER could not remove $NODE from the cluster, so $NODE was not reset: correct the cause (see above), then try again"
      say "could not remove $NODE from the cluster through $PEER"
      ((DELETED)) || say "run there: kubectl delete node $NODE, etcdctl member remove"
    fi
  else
    say "no other master of the cluster answers: the cluster ends with $NODE"
  fi
  if ((RESET)); then
    remote "$NODE" 700 clear_host CLUSTER NODE ROLE POD_SUBNET KC_STEP kept >&3
  elif [[ -n $OTHER ]]; then
    say "the host at $NODE_ADDRESS was not changed: expected $NODE, a $ROLE of $CLUSTER, found $OTHER"
  else
    say "$NODE could not be reached: Kubernetes is still installed there"
  fi
}

clear_host() {
  local other
  lock_host
  # checked again under the lock
  other=$(other_identity 3>&1)
  [[ -z $other ]] || fail "this host is $other; expected $NODE, a $ROLE of $CLUSTER: it was not reset"
  reset_node
  leave_host
}

# On PEER. remove_node_from_cluster: drains the node for at most a minute, removes its etcd member, then its Node
# object. If the whole cluster is deleted, there is no other node for the pods: the node is not drained, and etcd is
# asked once.
remove_node_from_cluster() {
  if [[ -n $(kube get node "$NODE" --ignore-not-found -o name) ]]; then
    ((RESET == 0 || DELETED)) || kubectl --server "$API" drain "$NODE" --ignore-daemonsets --delete-emptydir-data --force --timeout=60s ||
      say "$NODE was not drained within a minute"
  fi
  if [[ $ROLE == master ]]; then
    if ((DELETED)); then
      remove_etcd_member || return 1
    else
      wait_until 60 "etcd to remove the member $NODE" remove_etcd_member
    fi
  fi
  delete_node_object
  say "removed $NODE from the cluster"
}
