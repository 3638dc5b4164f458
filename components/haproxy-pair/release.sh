# Removes former virtual IPs from the load balancers, once the name resolves to the new one on every node. Load
# balancers that do not answer are skipped. Variables besides those of files-and-services.sh: LOAD_BALANCERS (names),
# VIRTUAL_IP, SKIPPED (names of hosts that are known not to answer).

create() {
  local name state holders=() backups=()
  for name in $LOAD_BALANCERS; do
    if [[ " $SKIPPED " == *" $name "* ]] || ! is_up "$name"; then
      say "$name does not answer: skipped"
      continue
    fi
    state=$(remote "$name" 60 report_state VIRTUAL_IP settled_conf)
    case $state in
      holder) holders+=("$name") ;;
      backup) backups+=("$name") ;;
    esac
  done
  # Keepalived is stopped on the backups first: they would ignore adverts that list other addresses than their own, and
  # take the virtual IP too
  if ! run_on_each stop_keepalived "${backups[@]}" || ! run_on_each apply_settled_conf "${holders[@]}"; then
    run_on_each start_keepalived "${backups[@]}" || true
    return 1
  fi
  run_on_each apply_settled_conf "${backups[@]}"
}

# run_on_each FUNCTION HOST...: runs it on the hosts one after another, until one fails.
run_on_each() {
  local function=$1 name
  shift
  for name in "$@"; do
    remote "$name" 400 "$function" VIRTUAL_IP KC_STEP keepalived_conf settled_conf >&3 || return 1
  done
}

# The functions below run on a load balancer.

# report_state: prints `settled` if this host has no former virtual IP, else whether it holds the virtual IP.
report_state() {
  if [[ ! -e $settled_conf ]]; then
    say settled
  elif [[ -n $(ip -4 -o address show to "$VIRTUAL_IP/32") ]]; then
    say holder
  else
    say backup
  fi
}

stop_keepalived() {
  lock_host
  systemctl stop keepalived.service
}

start_keepalived() { systemctl start keepalived.service; }

apply_settled_conf() {
  local former address
  lock_host
  former=$(served_addresses | grep -vxF -- "$VIRTUAL_IP" || true)
  write_file "$keepalived_conf" 0600 "$(cat "$settled_conf")"$'\n'
  for address in $former; do
    # close the connections now, so that clients reconnect by the name; without the address they would get no answer
    ss --kill --no-header --numeric --tcp state established src "$address" >&2 || true
  done
  if systemctl is-active --quiet keepalived.service; then
    control_service reload keepalived
  else
    control_service start keepalived
  fi
  for address in $former; do
    wait_until 20 "Keepalived to remove $address" is_removed "$address"
    say "$address is no longer served"
  done
  rm -f "$settled_conf"
}

# is_removed ADDRESS: is it no longer an address of this host? Prints what is there instead.
is_removed() {
  local seen
  seen=$(ip -4 -o address show to "$1/32")
  [[ -z $seen ]] || { echo "$seen" && return 1; }
}
