# Resets a master, or gives it the files of a backup. Variables: CLUSTER (FQDN:PORT), NODE, ROLE, POD_SUBNET, SNAPSHOT_TIME.

# reset_master: removes Kubernetes from this master; its packages stay.
reset_master() {
  local state other
  state=$(node_state 3>&1)
  # the data of a node with missing files are given up, too
  [[ $state == broken ]] || refuse_state "$state"
  other=$(other_identity 3>&1)
  [[ -z $other ]] || fail "this host is $other; expected $NODE, a $ROLE of $CLUSTER: it was not reset"
  [[ $state == clean ]] || reset_node
}

# restore_master: writes the files of the archive, a tar archive at file descriptor 4. init.sh makes the cluster of them.
restore_master() {
  local folder pki=/etc/kubernetes/pki file
  reset_master
  folder=$(restored_files)
  rm -rf "$folder"
  mkdir -p "${folder%/*}"
  (umask 077 && mkdir -p "$folder")
  tar --extract --directory "$folder" --no-same-owner --no-same-permissions <&4 || fail "the archive did not arrive completely"
  cat <&4 >/dev/null
  for file in about.json etcd.db pki/{ca,front-proxy-ca,etcd/ca}.{crt,key} pki/sa.{key,pub}; do
    [[ -s $folder/$file ]] || fail "the archive has no $file"
  done
  mkdir -p "$pki/etcd" /etc/kubernetes/kube-control
  for file in {ca,front-proxy-ca,etcd/ca}.{crt,key} sa.{key,pub} encryption-at-rest.yaml; do
    [[ -e $folder/pki/$file ]] || continue
    (umask 077 && cp "$folder/pki/$file" "$pki/$file")
    [[ $file != *.crt && $file != *.pub ]] || chmod 0644 "$pki/$file"
  done
  for file in "$folder"/kube-control/*; do
    [[ ! -f $file ]] || (umask 077 && cp "$file" /etc/kubernetes/kube-control/)
  done
  rm -rf "$folder/pki" "$folder/kube-control"
  chmod 0600 "$folder"/*
  sync
  write_mark restored "snapshot $SNAPSHOT_TIME"
  say "has the keys and the snapshot of the backup"
}
