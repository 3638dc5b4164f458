# Sets up the backup on a master: the program, its service and its timer. Makes the first archive.
# Variables besides those of files.sh: NODE, PROGRAM, SERVICE_UNIT, TIMER_UNIT, KNOWN_HOSTS.

create() {
  install_packages age
  write_backup_files
  systemctl daemon-reload
  systemctl enable --quiet kube-control-backup.timer
  # a timer that runs keeps the times of its former file
  systemctl restart kube-control-backup.timer
  succeeded || make_first_archive
}

# check: compares this host with what create() and key.sh write and start (host/check.sh).
check() {
  expect_package age
  write_backup_files
  [[ $(systemctl show -p NeedDaemonReload --value kube-control-backup.service kube-control-backup.timer) != *yes* ]] ||
    differs systemd "has not read a changed unit file of kube-control-backup"
  expect_unit kube-control-backup.timer
  if [[ -s $backup_key ]]; then
    expect "mode and owner of $backup_key" "600 root:root" "$(stat -c '%a %U:%G' "$backup_key")"
  else
    differs "$backup_key" "is missing"
  fi
}

# In a check, write_file compares.
write_backup_files() {
  write_file "$backup_program" 0755 "$PROGRAM"
  write_file "$backup_service" 0644 "$SERVICE_UNIT"
  write_file "$backup_timer" 0644 "$TIMER_UNIT"
  write_file "$backup_known_hosts" 0644 "$KNOWN_HOSTS"
}

# last.json is the result of the last run. The archives themselves may be those of an earlier cluster.
succeeded() { grep -qs '"result":"ok"' "$backup_folder/last.json"; }
has_archive() { grep -qs "\"archive\":\"$NODE-" "$backup_folder/last.json"; }

# make_first_archive: shows that the backup works. If only the copy fails, because the other host is down, the next run
# repeats it.
make_first_archive() {
  rm -f "$backup_folder/last.json"
  systemctl start kube-control-backup.service || journalctl --no-pager -o cat -n 12 -u kube-control-backup.service || true
  if succeeded; then
    say "made the first archive of $NODE"
  elif has_archive; then
    say "made the first archive of $NODE, but it was not copied to the other host: the next run repeats that. journalctl -u kube-control-backup shows why"
  else
    fail "kube-control-backup.service made no archive (its messages are above): correct the cause on this host, then run this again"
  fi
}
