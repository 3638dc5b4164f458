# Initialises the control plane on the first master. components/identity/founding.ts has checked that no other master is
# a member of the cluster. Variables: CLUSTER (FQDN:PORT), NODE, ROLE, ENDPOINT, ENDPOINT_ADDRESSES, API, CONFIGURATION,
# CONFIGURATION_DIGEST, ENCRYPTION_FILE (empty: none), ENCRYPTION_KEY (the key's name), POD_SUBNET, CGROUP_V1.

create() {
  local state other skipped
  state=$(node_state 3>&1)
  refuse_state "$state"
  other=$(other_identity 3>&1)
  [[ -z $other ]] || fail "this host is $other; expected $NODE, a $ROLE of $CLUSTER: nothing was changed"
  if [[ $state == member ]]; then
    keep_control_plane
    return
  fi
  [[ $state == clean ]] || reset_node
  wait_for_name
  [[ -z $ENCRYPTION_FILE ]] || write_encryption_key
  write_control_plane_files
  printf '%s' "$CONFIGURATION" >"$kc_dir/kubeadm.yaml"
  mark_begun
  skipped=$(skipped_checks)
  # without the option, the log would contain a token
  kubeadm init --config "$kc_dir/kubeadm.yaml" --skip-token-print ${skipped:+"$skipped"}
  wait_until 120 "the API server at $API" api_ready
  note_configuration
  mark_member
  wait_for_kubelet
  keep_files
  say "initialised the control plane of $ENDPOINT"
}

# keep_control_plane: an existing control plane is not changed.
keep_control_plane() {
  local server
  server=$(awk '$1 == "server:" { print $2; exit }' /etc/kubernetes/admin.conf)
  [[ $server == "https://$CLUSTER" ]] ||
    fail "this node belongs to the control plane at $server, but the configuration says https://$CLUSTER: restore the endpoint, or destroy the cluster and create it again"
  repair_files
  systemctl start kubelet
  wait_until 180 "the API server at $API" api_ready
  # the mark of an earlier version has fewer lines
  mark_member
  keep_files
  KUBECONFIG=/etc/kubernetes/admin.conf kubectl --server "$API" label --overwrite node "$NODE" node-role.kubernetes.io/control-plane=
  say "is already a master of $ENDPOINT"
}

write_encryption_key() {
  write_file "$ENCRYPTION_FILE" 0600 "$(encryption_file "$ENCRYPTION_KEY $(new_encryption_key)" identity)"$'\n'
}
