# Maintenance of a load balancer. It runs beside Pulumi. Another load balancer serves meanwhile.
# Variables besides those of files-and-services.sh: NODE, CLUSTER (FQDN:PORT), LOAD_BALANCERS (names), VIRTUAL_IP, REBOOT
# (needed, never).

maintain_host() {
  local work
  work=$(remote "$NODE" 420 list_work_of_load_balancer CLUSTER NODE REBOOT reboot_note notes)
  if ! has_work '(update|reboot|interrupted)'; then
    say "nothing to do"
    return
  fi
  report_work
  if has_work interrupted; then
    remote "$NODE" 900 complete_packages KC_STEP >&3
    work_out_of_service
  elif has_work reboot || disturbs_service; then
    work_out_of_service
  else
    remote "$NODE" 2400 update_packages KC_STEP >&3
    # a new kernel, or a library that HAProxy or Keepalived uses
    work=$(remote "$NODE" 60 list_rest REBOOT reboot_note)
    if has_work '(reboot|outdated)'; then
      report_work
      work_out_of_service
    else
      remote "$NODE" 60 say_outdated >&3
    fi
  fi
}

# disturbs_service: would an update restart HAProxy, Keepalived or the network?
disturbs_service() {
  grep -qE '^update (haproxy|keepalived|systemd|dbus|libc6|ifupdown|netplan|networkd|network-manager|isc-dhcp|dhcpcd|cloud-init)' <<<"$work"
}

# work_out_of_service: moves the virtual IP away, updates, reboots, and brings the load balancer back.
work_out_of_service() {
  refuse_unless_another_serves
  leave_pair
  ! has_work update || remote "$NODE" 2400 update_load_balancer KC_STEP haproxy_cfg keepalived_conf >&3
  if ! has_work reboot; then
    work=$(remote "$NODE" 60 list_reboots REBOOT reboot_note)
    report_work
  fi
  if has_work reboot; then
    reboot_host
  fi
  remote "$NODE" 300 return_to_pair KC_STEP VIRTUAL_IP haproxy_cfg keepalived_conf notes down_file no_servers_file >&3
  wait_until 60 "exactly one load balancer to hold $VIRTUAL_IP" held_once
  remote "$NODE" 60 say_outdated >&3
}

other_load_balancers() {
  local name
  for name in $LOAD_BALANCERS; do
    [[ $name == "$NODE" ]] || printf '%s\n' "$name"
  done
}

refuse_unless_another_serves() {
  local name said seen=''
  for name in $(other_load_balancers); do
    if ! is_up "$name"; then
      seen+="$name does not answer; "
    elif said=$(remote "$name" 60 what_is_missing notes down_file no_servers_file) && [[ -z $said ]]; then
      return
    else
      seen+="$name: ${said:-its state is unknown}; "
    fi
  done
  fail "no other load balancer can serve: ${seen:-there is none; }$NODE was not changed. Repair what is named (npm run status), then run the same command again"
}

# leave_pair: Keepalived stops before HAProxy, so that the virtual IP moves while both serve.
leave_pair() {
  local holder
  remote "$NODE" 60 stop_keepalived KC_STEP notes >&3
  if ! held_elsewhere; then
    remote "$NODE" 60 start_keepalived KC_STEP notes >&3
    fail "no other load balancer took $VIRTUAL_IP within 15 s, so Keepalived on $NODE was started again. See journalctl -u keepalived on the load balancers, then run the same command again"
  fi
  say "$VIRTUAL_IP is held by ${holder//$'\n'/, }"
  # haproxy-watch closes the connections that are left
  sleep 2
}
# held_elsewhere: waits, and sets `holder`. Not wait_until, which ends the script.
held_elsewhere() {
  local begin=$SECONDS
  until holder=$(holders) && [[ -n $holder && $holder != *"$NODE"* ]]; do
    ((SECONDS - begin < 15)) || return 1
    sleep 0.5
  done
}
# holders: prints the load balancers that hold the virtual IP.
holders() {
  local name seen
  for name in $LOAD_BALANCERS; do
    seen=$(on "$name" 20 <<<"ip -4 -o address show to $VIRTUAL_IP/32") || continue
    [[ $seen != *" inet $VIRTUAL_IP/"* ]] || printf '%s\n' "$name"
  done
}
held_once() {
  local names
  names=$(holders)
  [[ -n $names && $names != *$'\n'* ]] || { echo "held by ${names:-nobody}" | tr '\n' ' ' && return 1; }
}

# On a load balancer.

# what_is_missing: prints why this load balancer could not take over.
what_is_missing() {
  local service
  [[ ! -e $notes/maintenance ]] || say "its maintenance was interrupted"
  for service in haproxy haproxy-watch keepalived; do
    systemctl is-active --quiet "$service.service" || say "$service is not active"
  done
  [[ $(cat "$down_file" 2>&1) == 0 ]] || say "HAProxy does not serve ($down_file)"
  [[ $(cat "$no_servers_file" 2>&1) == 0 ]] || say "HAProxy reaches no API server ($no_servers_file)"
}

list_work_of_load_balancer() {
  local found
  found=$(awk '$1 == "node" { node = $2 } $1 == "cluster" { cluster = $2 } END { print node, cluster }' "$notes/owner")
  [[ $found == "$NODE $CLUSTER" ]] || fail "this host is ${found/ /, a load balancer of }; expected $NODE, a load balancer of $CLUSTER: nothing was changed"
  [[ ! -e $notes/maintenance ]] || say interrupted
  list_work
}
list_rest() {
  local service
  for service in $(outdated_services haproxy keepalived haproxy-watch); do
    say "outdated $service"
  done
  list_reboots
}

# The note lasts until the load balancer is back, so that an interrupted run is completed.
stop_keepalived() {
  lock_host
  touch "$notes/maintenance"
  systemctl stop keepalived.service
  say "stopped Keepalived"
}
start_keepalived() {
  lock_host
  systemctl unmask --quiet --runtime keepalived.service
  systemctl start keepalived.service
  rm -f "$notes/maintenance"
}

# update_load_balancer: Keepalived is masked, so that its package does not start it before HAProxy serves.
update_load_balancer() {
  systemctl mask --quiet --runtime keepalived.service
  trap 'systemctl unmask --quiet --runtime keepalived.service; rm -rf "$kc_dir"' EXIT
  update_packages
  haproxy -c -f "$haproxy_cfg" || refuse_configuration HAProxy "$haproxy_cfg"
  keepalived -t -f "$keepalived_conf" || refuse_configuration Keepalived "$keepalived_conf"
  systemctl unmask --quiet --runtime keepalived.service
  trap 'rm -rf "$kc_dir"' EXIT
  control_service restart haproxy
  control_service restart haproxy-watch
}
refuse_configuration() {
  fail "the updated $1 refuses $2 (its messages are above). Keepalived on this host stays stopped, and another load balancer serves. Correct the cause (pulumi up writes the file), then run the same command again"
}

# return_to_pair: also after an interruption. HAProxy serves before Keepalived starts.
return_to_pair() {
  local service
  lock_host
  systemctl unmask --quiet --runtime keepalived.service
  for service in haproxy haproxy-watch; do
    systemctl is-active --quiet "$service.service" || control_service start "$service"
  done
  wait_until 60 "HAProxy to reach an API server" serves
  systemctl is-active --quiet keepalived.service || control_service start keepalived
  wait_until 20 "Keepalived to run" systemctl is-active keepalived.service
  # with preempt, the virtual IP may return after 5 s
  grep -qw nopreempt "$keepalived_conf" || sleep 10
  rm -f "$notes/maintenance"
  say "serves again"
}
serves() {
  local file
  for file in "$down_file" "$no_servers_file"; do
    [[ $(cat "$file" 2>&1) == 0 ]] || { echo "$file contains $(cat "$file" 2>&1)" && return 1; }
  done
}
