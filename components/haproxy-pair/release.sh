# Takes former virtual IPs off the load balancers, once the name leads to the new one on every node. Those that do not answer are
# left out. Variables besides those of services.sh: LOAD_BALANCERS (names), VIRTUAL_IP, SKIPPED (names of hosts that are known not
# to answer).

create() {
  local name state holding=() waiting=()
  for name in $LOAD_BALANCERS; do
    if [[ " $SKIPPED " == *" $name "* ]] || ! alive "$name"; then
      say "$name does not answer: it is left out"
      continue
    fi
    state=$(remote "$name" 60 report_state VIRTUAL_IP settled_conf)
    case $state in
      holds) holding+=("$name") ;;
      waits) waiting+=("$name") ;;
    esac
  done
  # those that hold nothing pause meanwhile: they would take the first adverts with other addresses for none, and hold the
  # virtual IP too
  if ! each pause "${waiting[@]}" || ! each settle "${holding[@]}"; then
    each start_keepalived "${waiting[@]}" || true
    return 1
  fi
  each settle "${waiting[@]}"
}

# each FUNCTION HOST...: runs it on the hosts in turn, until one fails.
each() {
  local run=$1 name
  shift
  for name in "$@"; do
    remote "$name" 400 "$run" VIRTUAL_IP KC_STEP keepalived_conf settled_conf >&3 || return 1
  done
}

# The functions below run on a load balancer.

report_state() {
  if [[ ! -e $settled_conf ]]; then
    result settled
  elif [[ -n $(ip -4 -o address show to "$VIRTUAL_IP/32") ]]; then
    result holds
  else
    result waits
  fi
}

pause() {
  lock_host
  systemctl stop keepalived.service
}

start_keepalived() { systemctl start keepalived.service; }

settle() {
  local former address
  lock_host
  former=$(served_addresses | grep -vxF -- "$VIRTUAL_IP" || true)
  write_file "$keepalived_conf" 0600 "$(cat "$settled_conf")"$'\n'
  for address in $former; do
    # their clients open them anew, by the name; once the address is gone, they would be silent
    ss --kill --no-header --numeric --tcp state established src "$address" >&2 || true
  done
  if systemctl is-active --quiet keepalived.service; then
    control_service reload keepalived
  else
    control_service start keepalived
  fi
  for address in $former; do
    wait_until 20 "Keepalived to take $address off" gone "$address"
    say "$address is no longer served"
  done
  rm -f "$settled_conf"
}
gone() {
  local seen
  seen=$(ip -4 -o address show to "$1/32")
  [[ -z $seen ]] || { echo "$seen" && return 1; }
}
