# Stands for the node's part in the cluster: creating it does nothing yet (init or join do), deleting it takes the node out.
# It is there before the node is touched, so that whatever a failed run has left is cleaned up too.
# Variables besides those of across.sh: NODE_ADDRESS, ROLE (master, worker), CLUSTER (FQDN:PORT), POD_SUBNET.

create() { say "$NODE will be taken out of the cluster when this is deleted"; }

delete() {
  local ALIVE=1 OTHER='' DELETED=0
  alive "$NODE" || ALIVE=0
  # a host that says it is another one is left as it is; what the cluster knows by this name goes all the same
  ((ALIVE == 0)) || OTHER=$(remote "$NODE" 60 other_identity CLUSTER NODE ROLE)
  [[ -z $OTHER ]] || ALIVE=0
  if find_control_plane_node; then
    # what the node itself was told does not count: it may have left a cluster that goes on
    ! remote "$PEER" 30 cluster_is_deleted CLUSTER || DELETED=1
    if ! remote "$PEER" 300 dismiss API PEER NODE NODE_ADDRESS ROLE ALIVE DELETED >&3; then
      # etcd's quorum may rest on a member that runs
      ((ALIVE == 0 || DELETED)) || fail "$PEER could not take $NODE out of the cluster, so $NODE was not reset: correct the cause (see above), then try again"
      say "could not take $NODE out of the cluster through $PEER"
      ((DELETED)) || say "there: kubectl delete node $NODE, etcdctl member remove"
    fi
  else
    say "no other master of the cluster answers: the cluster ends with $NODE"
  fi
  if ((ALIVE)); then
    remote "$NODE" 700 clear_host CLUSTER NODE ROLE POD_SUBNET KC_STEP >&3
  elif [[ -n $OTHER ]]; then
    say "the host at $NODE_ADDRESS was left as it is: expected $NODE, a $ROLE of $CLUSTER, found $OTHER"
  else
    say "$NODE could not be reached: Kubernetes is still installed there"
  fi
}

clear_host() {
  local other
  lock_host
  # once more under the lock
  other=$(other_identity 3>&1)
  [[ -z $other ]] || fail "this host is $other; expected $NODE, a $ROLE of $CLUSTER: it was not reset"
  reset_node
  leave_host
}

# On the sponsor: drains the node for at most a minute, removes its etcd member, then its Node object. Where the whole cluster is
# deleted, there is no other node for the pods: nothing is drained, and etcd is asked once.
dismiss() {
  if [[ -n $(kube get node "$NODE" --ignore-not-found -o name) ]]; then
    ((ALIVE == 0 || DELETED)) || kubectl --server "$API" drain "$NODE" --ignore-daemonsets --delete-emptydir-data --force --timeout=60s ||
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
  say "took $NODE out of the cluster"
}
