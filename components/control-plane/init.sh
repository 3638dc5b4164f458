# Makes the first master. That no other master is a member of the cluster was found before (components/identity/founding.ts).
# Variables: CLUSTER (FQDN:PORT), NODE, ROLE, ENDPOINT, ENDPOINT_ADDRESSES, API, CONFIGURATION, ENCRYPTION_FILE (empty: none),
# POD_SUBNET, CGROUP_V1.

create() {
  local state other skipped
  state=$(node_state 3>&1)
  refuse_state "$state"
  other=$(other_identity 3>&1)
  [[ -z $other ]] || fail "this host is $other; expected $NODE, a $ROLE of $CLUSTER: nothing was changed"
  if [[ $state == member ]]; then
    keep
    return
  fi
  [[ $state == clean ]] || reset_node
  wait_for_name
  [[ -z $ENCRYPTION_FILE ]] || write_encryption_key
  printf '%s' "$CONFIGURATION" >"$kc_dir/kubeadm.yaml"
  mark_begun
  skipped=$(skipped_checks)
  # the printed token would land in a log
  kubeadm init --config "$kc_dir/kubeadm.yaml" --skip-token-print ${skipped:+"$skipped"}
  wait_until 120 "the API server at $API" api_ready
  mark_member
  say "initialised the control plane of $ENDPOINT"
}

# A control plane that was made before stays as it is.
keep() {
  local server
  server=$(awk '$1 == "server:" { print $2; exit }' /etc/kubernetes/admin.conf)
  [[ $server == "https://$CLUSTER" ]] ||
    fail "this node belongs to the control plane at $server, the settings say https://$CLUSTER: set the endpoint back, or destroy and build anew"
  systemctl start kubelet
  wait_until 180 "the API server at $API" api_ready
  # the mark of an earlier version says less
  mark_member
  say "is a master of $ENDPOINT already"
}

write_encryption_key() {
  write_file "$ENCRYPTION_FILE" 0600 "apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - secretbox:
          keys:
            - name: key1
              secret: $(head -c 32 /dev/urandom | base64 -w 0)
      - identity: {}
"
}
