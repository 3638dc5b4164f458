# Makes a cluster of the data of this master's etcd alone. Each stage leaves a file in `survivor_folder`, so that an
# interrupted run is continued. Variables: CLUSTER (FQDN:PORT), NODE, ROLE, API.
# `etcd --force-new-cluster` would do the same, but it does not raise the revision.

survivor_folder() { echo /var/lib/kube-control/survivor; }
etcd_manifest() { echo /etc/kubernetes/manifests/etcd.yaml; }

survive() {
  local folder kept_data address=${API#https://}
  folder=$(survivor_folder)
  [[ $(node_state 3>&1) == member && -z $(other_identity 3>&1) ]] || fail "this host is not $NODE, a $ROLE of $CLUSTER"
  keep_manifest
  copy_data
  if [[ ! -e $folder/made ]]; then
    # a database of a data folder has no checksum, as a snapshot has
    make_etcd_data "$(sed -n 's/^ *image: *//p' "$folder/etcd.yaml")" "$folder/member/snap/db" "${address%:*}" --skip-hash-check
    touch "$folder/made"
  fi
  start_etcd
  wait_until 600 "etcd to serve as the only member" etcd_is_alone
  wait_until 600 "the API server at $API" api_ready
  rm -f "$folder"/{etcd.yaml,made}
  kept_data=$folder-$(date -u +%Y%m%dT%H%M%SZ)
  mv "$folder" "$kept_data"
  say "serves as the only member of etcd"
  say "the former data of etcd are in $kept_data: remove them when you do not need them"
}

keep_manifest() {
  local folder
  folder=$(survivor_folder)
  [[ ! -e $folder/etcd.yaml ]] || return 0
  ! etcd_has_leader || fail "etcd has a leader, so nothing is lost: nothing was changed"
  (umask 077 && mkdir -p "$folder")
  cp "$(etcd_manifest)" "$folder/etcd.yaml.new"
  mv "$folder/etcd.yaml.new" "$folder/etcd.yaml"
}

# copy_data: stops etcd, which then has written all that it knows to be committed.
copy_data() {
  local folder
  folder=$(survivor_folder)
  [[ ! -e $folder/member ]] || return 0
  rm -f "$(etcd_manifest)"
  systemctl start kubelet
  wait_until 180 "etcd to stop" etcd_has_stopped
  rm -rf "$folder/member.new"
  cp -a /var/lib/etcd/member "$folder/member.new"
  sync
  mv "$folder/member.new" "$folder/member"
}
etcd_has_stopped() {
  local container
  container=$(etcd_container)
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
