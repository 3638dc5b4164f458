# Makes the first master. Variables: NODE, ENDPOINT, PORT, ENDPOINT_ADDRESSES, API, OTHER_MASTERS (name address, a line each),
# CONFIGURATION, ENCRYPTION_FILE (empty: none), POD_SUBNET.

create() {
  local state
  state=$(node_state 3>&1)
  refuse_state "$state"
  if [[ $state == member ]]; then
    keep
    return
  fi
  refuse_second_cluster
  [[ $state == clean ]] || reset_node
  wait_for_name
  [[ -z $ENCRYPTION_FILE ]] || write_encryption_key
  printf '%s' "$CONFIGURATION" >"$kc_dir/kubeadm.yaml"
  mark_begun "init of $ENDPOINT"
  # the printed token would land in a log
  kubeadm init --config "$kc_dir/kubeadm.yaml" --skip-token-print
  wait_until 120 "the API server at $API" api_ready
  mark_member
  say "initialised the control plane of $ENDPOINT"
}

# A control plane that was made before stays as it is.
keep() {
  local server
  server=$(awk '$1 == "server:" { print $2; exit }' /etc/kubernetes/admin.conf)
  [[ $server == "https://$ENDPOINT:$PORT" ]] ||
    fail "this node belongs to the control plane at $server, the settings say https://$ENDPOINT:$PORT: set the endpoint back, or destroy and build anew"
  systemctl start kubelet
  wait_until 180 "the API server at $API" api_ready
  say "is a master of $ENDPOINT already"
}

# A blank first master among living others is a replaced machine: another init would split the cluster in two.
refuse_second_cluster() {
  local name address
  while read -r name address; do
    if [[ -n $name ]] && timeout 3 bash -c "exec 4<>/dev/tcp/$address/$PORT" 2>/dev/null; then
      fail "$name answers as an API server already, so $NODE must join it rather than found a second control plane: put $NODE behind $name in the list of masters"
    fi
  done <<<"$OTHER_MASTERS"
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
