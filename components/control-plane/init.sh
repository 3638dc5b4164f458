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
  printf '%s' "$CONFIGURATION" >"$kc_dir/kubeadm.yaml"
  if [[ $state == restored ]]; then
    use_backup
    # the authorities and etcd's data exist; after an interrupted run, all other files exist too
    skipped=--ignore-preflight-errors=all
  else
    [[ $state == clean ]] || reset_node
    wait_for_name
    [[ -z $ENCRYPTION_FILE ]] || write_encryption_key
    mark_begun
    skipped=$(skipped_checks)
  fi
  write_control_plane_files
  # without the option, the log would contain a token
  kubeadm init --config "$kc_dir/kubeadm.yaml" --skip-token-print ${skipped:+"$skipped"}
  wait_until 120 "the API server at $API" api_ready
  note_configuration
  set_restore_line ''
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

# use_backup: prepares an init with the authorities and the snapshot of a backup, which `npm run restore` has written.
use_backup() {
  local address=${API#https://}
  copy_backup
  [[ -z $ENCRYPTION_FILE || -e $ENCRYPTION_FILE ]] || write_encryption_key
  [[ -e /var/lib/etcd/member ]] || restore_etcd "${address%:*}"
  # the load balancers may know other masters only
  set_restore_line "${address%:*} $ENDPOINT"
}

# copy_backup: copies the keys of the backup to their places.
copy_backup() {
  local folder file
  folder=$(restored_files)
  for file in $(needed_files); do
    [[ -s $folder/$file ]] || fail "$folder/$file is missing: run npm run restore again"
  done
  mkdir -p /etc/kubernetes/pki/etcd /etc/kubernetes/kube-control
  for file in pki/{ca,front-proxy-ca,etcd/ca}.{crt,key} pki/sa.{key,pub} pki/encryption-at-rest.yaml; do
    [[ -e $folder/$file ]] || continue
    # while authorities are replaced, a file contains two: the first one belongs to the key
    (umask 077 && sed '/-END CERTIFICATE-/q' "$folder/$file" >"/etc/kubernetes/$file")
    [[ $file != *.crt && $file != *.pub ]] || chmod 0644 "/etc/kubernetes/$file"
  done
  for file in "$folder"/kube-control/*; do
    [[ ! -f $file ]] || (umask 077 && cp "$file" /etc/kubernetes/kube-control/)
  done
}

# restore_etcd ADDRESS: makes etcd's data from the snapshot, if it is the one of its archive.
restore_etcd() {
  local snapshot image about status key
  snapshot=$(restored_files)/etcd.db
  about=$(<"$(restored_files)/about.json")
  image=$(kubeadm config images list --config "$kc_dir/kubeadm.yaml" | grep '/etcd:')
  status=$(snapshot_status "$image" "$snapshot") ||
    fail "the snapshot of the backup is not valid (the messages of etcdutl are above): restore another archive"
  for key in hash revision; do
    [[ $about =~ \"$key\":([0-9]+) && $status =~ \"$key\":"${BASH_REMATCH[1]}"[,}] ]] ||
      fail "the $key of the snapshot is not that of its archive ($status): restore another archive"
  done
  make_etcd_data "$image" "$snapshot" "$1" "$status"
  use_etcd_data
  say "restored etcd from the snapshot of revision $(sed -n 's/.*"revision":\([0-9]*\).*/\1/p' <<<"$about")"
}

write_encryption_key() {
  write_file "$ENCRYPTION_FILE" 0600 "$(encryption_file "$ENCRYPTION_KEY $(new_encryption_key)" identity)"$'\n'
}
