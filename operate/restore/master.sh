# Resets a master, or gives it the files of a backup. Variables: CLUSTER (FQDN:PORT), NODE, ROLE, API, SNAPSHOT_TIME.

# check_reset: fails if this master must not be reset. Sets `state`, a variable of the caller.
check_reset() {
  local other
  state=$(node_state 3>&1)
  # the data of a node with missing files are given up, too
  [[ $state == broken ]] || refuse_state "$state"
  other=$(other_identity 3>&1)
  [[ -z $other ]] || fail "this host is $other; expected $NODE, a $ROLE of $CLUSTER: it was not reset"
  # other masters may have come back since they were read. The cluster of an interrupted restore is given up
  [[ $state == restored || $state == begun ]] || ! etcd_has_leader ||
    fail "etcd has a leader now, so the cluster is not lost: this master was not reset"
}

# reset_master: removes Kubernetes from this master; its packages stay.
reset_master() {
  local state
  check_reset
  [[ $state == clean ]] || reset_node
  rm -rf "$(restored_files)" "$(arriving_files)"
}

# restore_master: receives the files of the archive, a tar archive at file descriptor 4, then resets this master. init.sh makes the
# cluster of the files.
restore_master() {
  local state folder
  folder=$(arriving_files)
  check_reset
  rm -rf "$folder"
  if ! receive_archive "$folder"; then
    rm -rf "$folder"
    fail "the archive did not arrive completely: this master was not reset"
  fi
  [[ $state == clean ]] || reset_node
  rm -rf "$(restored_files)"
  mv "$folder" "$(restored_files)"
  sync
  write_mark restored "snapshot $SNAPSHOT_TIME"
  say "has the keys and the snapshot of the backup"
}
arriving_files() { echo /var/lib/kube-control/arriving-files; }

# receive_archive FOLDER
receive_archive() (
  umask 077
  mkdir -p "${1%/*}" "$1"
  tar --extract --directory "$1" --no-same-owner --no-same-permissions <&4 || return 1
  cat <&4 >/dev/null
  for file in about.json $(needed_files); do
    [[ -s $1/$file ]] || { say "the archive has no $file" && return 1; }
  done
)
