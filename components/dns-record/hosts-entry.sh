# Writes the name to a node's /etc/hosts, so that the node can resolve it when DNS does not answer. Deleting the step
# removes the line. Runs beside Pulumi. Variables: NODE, FQDN, ADDRESS, PROGRAM, SERVICE_UNIT, PATH_UNIT.

hosts_program=/usr/local/sbin/kube-control-hosts
service_unit=/etc/systemd/system/kube-control-hosts.service
path_unit=/etc/systemd/system/kube-control-hosts.path

create() {
  remote "$NODE" 400 write_entry NODE FQDN ADDRESS PROGRAM SERVICE_UNIT PATH_UNIT KC_STEP hosts_program service_unit path_unit >&3
}

delete() {
  if is_up "$NODE"; then
    remote "$NODE" 400 remove_entry NODE KC_STEP service_unit >&3
  else
    say "$NODE does not answer: /etc/hosts there still resolves $FQDN to $ADDRESS. Remove the line there: sudo $hosts_program remove"
  fi
}

# The functions below run on the node.

# check: compares the node with what write_entry writes and starts (host/check.sh).
check() {
  local seen
  write_entry_files
  expect_at_boot kube-control-hosts.service
  expect_unit kube-control-hosts.path
  seen=$(resolves_here) || differs "the name $FQDN" "${seen#it }, expected $ADDRESS"
  seen=$(getent -s hosts:files ahostsv4 "$FQDN" | awk 'NR == 1 { print $1 }') || true
  expect "$FQDN in /etc/hosts" "$ADDRESS" "$seen"
}

# In a check, write_file compares.
write_entry_files() {
  write_file "$hosts_program" 0755 "$PROGRAM"
  write_file "$service_unit" 0644 "$SERVICE_UNIT"
  write_file "$path_unit" 0644 "$PATH_UNIT"
}

write_entry() {
  lock_host
  write_entry_files
  systemctl daemon-reload
  "$hosts_program" "$ADDRESS" "$FQDN"
  systemctl enable --quiet kube-control-hosts.service kube-control-hosts.path
  systemctl restart kube-control-hosts.path
  wait_until 30 "$FQDN to resolve to $ADDRESS on this host; another line of /etc/hosts may contain the name" resolves_here
  say "$FQDN resolves to $ADDRESS on $NODE, also without DNS"
}

# resolves_here: with all sources of this host's resolver, its files first.
resolves_here() {
  local seen
  seen=$(getent ahostsv4 "$FQDN" | awk '!seen[$1]++ { printf "%s%s", gap, $1; gap = " " }') || true
  [[ $seen == "$ADDRESS" ]] || { echo "it resolves to ${seen:-nothing}" && return 1; }
}

# remove_entry: the host may have become another node in the meantime, whose line must stay.
remove_entry() {
  lock_host
  if grep -qsF "# Written by kube-control for $NODE." "$service_unit"; then
    remove_hosts_line
    say "removed the line from /etc/hosts of $NODE"
  fi
}
