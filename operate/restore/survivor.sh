# Makes a cluster of the data of this master's etcd alone. Each stage leaves a file in `survivor_folder`, so that an
# interrupted run is continued. Variables: CLUSTER (FQDN:PORT), NODE, ROLE, API.

survivor_folder() { echo /var/lib/kube-control/survivor; }
etcd_manifest() { echo /etc/kubernetes/manifests/etcd.yaml; }

survive() {
  local folder kept_data
  folder=$(survivor_folder)
  [[ $(node_state 3>&1) == member && -z $(other_identity 3>&1) ]] || fail "this host is not $NODE, a $ROLE of $CLUSTER"
  keep_manifest
  copy_data
  if [[ ! -e $folder/forced ]]; then
    forced_manifest <"$folder/etcd.yaml" >"$folder/forced.yaml"
    put_manifest "$folder/forced.yaml"
    # kubelet may wait for minutes before it starts a failed container again
    systemctl restart kubelet
    wait_until 600 "etcd to serve as the only member" etcd_is_alone
    wait_until 600 "the API server at $API" api_ready
    touch "$folder/forced"
    say "etcd of $NODE serves as the only member"
  fi
  # with the option, each start of etcd would remove the other members again
  put_manifest "$folder/etcd.yaml"
  wait_until 300 "etcd to run without --force-new-cluster" etcd_is_not_forced
  wait_until 300 "etcd to serve as the only member" etcd_is_alone
  wait_until 300 "the API server at $API" api_ready
  rm -f "$folder"/{etcd.yaml,forced,forced.yaml}
  kept_data=$folder-$(date -u +%Y%m%dT%H%M%SZ)
  mv "$folder" "$kept_data"
  say "the former data of etcd are in $kept_data; remove them when you do not need them"
}

# keep_manifest: keeps the manifest as it is without the option.
keep_manifest() {
  local folder
  folder=$(survivor_folder)
  [[ ! -e $folder/etcd.yaml ]] || return 0
  ! etcd_has_leader || fail "etcd has a leader, so nothing is lost: nothing was changed"
  (umask 077 && mkdir -p "$folder")
  cp "$(etcd_manifest)" "$folder/etcd.yaml.new"
  mv "$folder/etcd.yaml.new" "$folder/etcd.yaml"
}

# copy_data: etcd must not write meanwhile.
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

# forced_manifest: adds the option to the manifest on standard input. The revision is raised, so that nobody takes an old
# object for a newer one; etcd before 3.6 cannot do that.
# https://etcd.io/docs/v3.6/op-guide/recovery/#restoring-a-cluster-from-membership-mis-reconfiguration-with-wrong-urls
forced_manifest() {
  local text major minor bump=''
  text=$(cat)
  [[ $text =~ image:\ [^[:space:]]*:v?([0-9]+)\.([0-9]+) ]] || fail "the manifest of etcd names no version in its image"
  major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
  ((major < 3 || (major == 3 && minor < 6))) || bump='\n\1- --force-new-cluster-bump-amount=1000000000'
  sed "s/^\( *\)- etcd\$/&\n\1- --force-new-cluster$bump/" <<<"$text"
}

# put_manifest FILE: kubelet reads every file in the folder of the manifests, so the new one is written outside of it.
put_manifest() {
  local new=/etc/kubernetes/etcd.yaml.new
  (umask 077 && cp "$1" "$new")
  mv "$new" "$(etcd_manifest)"
}

etcd_is_not_forced() {
  local container info
  container=$(etcd_container)
  [[ -n $container ]] || { echo "etcd does not run" && return 1; }
  info=$(timeout 20 ctr --namespace k8s.io containers info "$container") || return 1
  [[ $info != *--force-new-cluster* ]] || { echo "container $container has the option" && return 1; }
}
