# Makes a cluster of the data of this master's etcd alone. An interrupted run is repeated: it begins with the data that are there.
# Variables: CLUSTER (FQDN:PORT), NODE, ROLE, API.
# `etcd --force-new-cluster` would do the same, but it does not raise the revision.

# The folder is beside etcd's data, so that a reset of this master removes it, too.
survivor_folder() { echo /var/lib/etcd/survivor; }
etcd_manifest() { echo /etc/kubernetes/manifests/etcd.yaml; }

survive() {
  local image status data=/var/lib/etcd/member/snap/db address=${API#https://}
  [[ $(node_state 3>&1) == member && -z $(other_identity 3>&1) ]] || fail "this host is not $NODE, a $ROLE of $CLUSTER"
  finish_replacement
  if etcd_is_alone >/dev/null 2>&1; then
    say "is already the only member of etcd"
    return
  fi
  ! etcd_has_leader || fail "etcd has a leader, so nothing is lost: nothing was changed"
  keep_manifest
  stop_etcd
  image=$(sed -n 's/^ *image: *//p' "$(survivor_folder)/etcd.yaml")
  status=$(snapshot_status "$image" "$data") || fail "the data of etcd are damaged (the messages of etcdutl are above): restore an archive (--archive)"
  # a database of a data folder has no checksum, as a snapshot has
  make_etcd_data "$image" "$data" "${address%:*}" "$status" --skip-hash-check
  mv /var/lib/etcd/member "$(survivor_folder)/member"
  use_etcd_data
  finish_replacement
  start_etcd
  wait_until 600 "etcd to serve as the only member" etcd_is_alone
  wait_until 600 "the API server at $API" api_ready
  rm -rf "$(survivor_folder)"
  say "serves as the only member of etcd"
}

# finish_replacement: keeps the former data under another name. A run that was interrupted between the two renames gets them back.
finish_replacement() {
  local folder kept_data
  folder=$(survivor_folder)
  [[ -e $folder/member ]] || return 0
  if [[ ! -e /var/lib/etcd/member ]]; then
    mv "$folder/member" /var/lib/etcd/member
    return
  fi
  kept_data=/var/lib/etcd/former-$(date -u +%Y%m%dT%H%M%S.%NZ)
  mv "$folder/member" "$kept_data"
  say "the former data of etcd are in $kept_data: remove them when you do not need them"
}

keep_manifest() {
  local folder
  folder=$(survivor_folder)
  (umask 077 && mkdir -p "$folder")
  if [[ -e $(etcd_manifest) ]]; then
    cp "$(etcd_manifest)" "$folder/etcd.yaml.new"
    mv "$folder/etcd.yaml.new" "$folder/etcd.yaml"
  fi
  [[ -s $folder/etcd.yaml ]] || fail "$(etcd_manifest) is missing: nothing was changed. Restore it, or restore an archive (--archive)"
}

# stop_etcd: etcd has then written all that it knows to be committed.
stop_etcd() {
  rm -f "$(etcd_manifest)"
  systemctl start kubelet
  wait_until 180 "etcd to stop" etcd_has_stopped
}
etcd_has_stopped() {
  local container
  container=$(etcd_container) || { echo "containerd does not answer" && return 1; }
  [[ -z $container ]] || { echo "its container $container runs" && return 1; }
}

# start_etcd: kubelet reads every file in the folder of the manifests, so the file is written outside of it.
start_etcd() {
  local new=/etc/kubernetes/etcd.yaml.new
  (umask 077 && cp "$(survivor_folder)/etcd.yaml" "$new")
  mv "$new" "$(etcd_manifest)"
  # kubelet may wait for minutes before it starts a failed container again, such as the API server
  systemctl restart kubelet
}
