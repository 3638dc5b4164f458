# Sets up the backup on a master: the program, its service and its timer. Makes the first archive.
# Variables besides those of files.sh: NODE, PROGRAM, SERVICE_UNIT, TIMER_UNIT, KNOWN_HOSTS.

create() {
  install_packages age
  write_backup_files
  systemctl daemon-reload
  systemctl enable --quiet kube-control-backup.timer
  # a timer that runs keeps the times of its former file
  systemctl restart kube-control-backup.timer
  [[ -n $(archives) ]] || make_first_archive
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

archives() { [[ ! -d $backup_folder ]] || find "$backup_folder" -maxdepth 1 -name "$NODE-*.tar.age"; }

# make_first_archive: shows that the backup works. If only the copy fails, because the other host is down, the next run
# repeats it.
make_first_archive() {
  if ! systemctl start kube-control-backup.service; then
    journalctl --no-pager -o cat -n 12 -u kube-control-backup.service || true
    [[ -n $(archives) ]] || fail "the first backup failed (its messages are above)"
    say "the first archive of $NODE was not copied to the other host: the next run repeats that. journalctl -u kube-control-backup shows why"
  fi
  [[ -n $(archives) ]] || fail "kube-control-backup.service made no archive: is this host still a master? See journalctl -u kube-control-backup"
  say "made the first archive of $NODE"
}
