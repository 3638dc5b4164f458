# Ends the backup on a master when this step is deleted; the archives stay. Creating the step changes nothing. It is created
# before the host is changed, so that a failed run is cleaned up too.
# Variables besides those of files.sh: NODE, CLUSTER (FQDN:PORT).

create() { say "the backup of $NODE ends when this is deleted; its archives stay"; }

delete() {
  if is_up "$NODE"; then
    remote "$NODE" 300 remove_backup NODE CLUSTER KC_STEP backup_program backup_service backup_timer backup_key backup_known_hosts backup_folder >&3
  else
    say "$NODE does not answer: its backup was not removed. Stop it there: sudo systemctl disable --now kube-control-backup.timer"
  fi
}

# On the master.
remove_backup() {
  lock_host
  if [[ -e $backup_service ]] && ! grep -qsxF "# Written by kube-control for $NODE of $CLUSTER." "$backup_service"; then
    say "this host was not changed: its backup is not that of $NODE of $CLUSTER"
    return
  fi
  systemctl disable --quiet --now kube-control-backup.timer || true
  systemctl stop kube-control-backup.service || true
  rm -f "$backup_program" "$backup_service" "$backup_timer" "$backup_key" "$backup_known_hosts" "$backup_folder/last.json"
  systemctl daemon-reload
  say "removed the backup of $NODE; its archives are in $backup_folder"
}
