# Maintenance of a master or worker. It runs beside Pulumi, with the functions of cluster.sh and service.sh.
# Variables besides those of service.sh: CLUSTER (FQDN:PORT), REBOOT (needed, never).

maintain_host() {
  local PEER='' API='' work
  work=$(remote "$NODE" 420 list_work_of_node CLUSTER NODE ROLE REBOOT reboot_note)
  if ! has_work '(update|reboot|interrupted)'; then
    say "nothing to do"
    return
  fi
  report_work
  choose_peer
  remote "$PEER" 120 refuse_unhealthy_cluster API PEER NODE MASTERS PORT >&3
  if has_work interrupted; then
    remote "$NODE" 900 complete_packages KC_STEP >&3
    return_to_service
  fi
  if has_work reboot; then
    take_out_of_service drain
    update_node
    reboot_node
  elif has_work update; then
    take_out_of_service keep-pods
    update_node
    return_to_service
    # a new kernel
    work=$(remote "$NODE" 60 list_reboots REBOOT reboot_note)
    if has_work reboot; then
      report_work
      take_out_of_service drain
      reboot_node
    else
      remote "$NODE" 60 say_outdated >&3
    fi
  fi
}
update_node() { ! has_work update || remote "$NODE" 2400 update_packages KC_STEP >&3; }
reboot_node() {
  reboot_host
  wait_for_lease
  return_to_service
}

# wait_for_lease: after a fast reboot, the cluster still has the node's state from before. kubelet renews the lease every
# 10 s.
wait_for_lease() {
  local lease
  # a single master is its own peer, and may not answer yet
  lease=$(remote "$PEER" 60 say_lease API NODE) || lease=''
  wait_until 300 "kubelet on $NODE to report to the cluster" lease_is_renewed
}
lease_is_renewed() {
  local seen
  seen=$(remote "$PEER" 60 say_lease API NODE 2>&1) || { printf '%s' "$seen" && return 1; }
  [[ -n $seen && $seen != "$lease" ]] || { echo "its lease was renewed at ${seen:-an unknown time}" && return 1; }
}

# On PEER.
say_lease() { say "$(kube -n kube-node-lease get lease "$NODE" -o 'jsonpath={.spec.renewTime}')"; }

# On the node.
list_work_of_node() {
  local other
  other=$(other_identity 3>&1)
  [[ -z $other && -e /etc/kubernetes/kubelet.conf ]] || fail "this host is ${other:-not a node}; expected $NODE, a $ROLE of $CLUSTER: nothing was changed"
  [[ -z $(own_maintenance) ]] || say interrupted
  list_work
}
# own_maintenance: the node may read itself, and a worker has no other kubeconfig.
own_maintenance() {
  KUBECONFIG=/etc/kubernetes/kubelet.conf kubectl --request-timeout=20s get node "$NODE" -o "jsonpath={.metadata.annotations['kube-control/maintenance']}"
}
