# Sets up one load balancer but does not start its Keepalived (keepalived.sh does): files, HAProxy, and a Keepalived that runs
# already. Variables besides those of services.sh: NODE, CLUSTER (FQDN:PORT), ADDRESS, VIRTUAL_IP, PORT, HEALTH_PORT, HAPROXY_CFG,
# KEEPALIVED_CONF (with placeholders), HAPROXY_DROP_IN, KEEPALIVED_DROP_IN, WATCH_PROGRAM, WATCH_UNIT, DEFER (1: HAProxy keeps
# its list of API servers where one would leave or join it, until this script runs with 0); secret: VRRP_PASSWORD (version 2).

create() {
  local interface settled conf former globals leaving joining unapplied=0 deferred=0
  interface=$(interface_of "$ADDRESS")
  [[ -n $interface ]] || fail "no interface of this host carries $ADDRESS: is that the host's own address?"
  refuse_taken_port "$PORT"
  refuse_taken_port "$HEALTH_PORT"
  settled=$(keepalived_conf_for "$interface")$'\n'
  mkdir -p "$memory"
  [[ ! -e $memory/unapplied ]] || unapplied=1
  write_file "$memory/owner" 0644 "$(printf '%s\n' "cluster $CLUSTER" "node $NODE" 'role load balancer')"$'\n'
  install_services

  validate "$haproxy_cfg" "$HAPROXY_CFG" haproxy -c -f
  conf=$settled former=$(former_addresses)
  [[ -z $former ]] || conf=$(conf_with_former_addresses)$'\n'
  validate "$keepalived_conf" "$settled" keepalived -t -f
  [[ -z $former ]] || validate "$keepalived_conf" "$conf" keepalived -t -f
  leaving=$(leaving_servers)
  joining=$(joining_servers)
  if [[ $DEFER == 1 ]]; then
    [[ -z $leaving$joining ]] || defer
  elif [[ -n $leaving ]] || ((unapplied)); then
    # after a run that was interrupted, HAProxy may still use the list before
    wait_for_server
  fi
  globals=$(globals_of "$keepalived_conf")
  # a new member of the pair starts when all the others list it as a peer, and not at a boot before that
  written_by_us "$keepalived_conf" || systemctl disable --quiet --now keepalived.service
  touch "$memory/unapplied"
  ((deferred)) || write_file "$haproxy_cfg" 0644 "$HAPROXY_CFG"
  write_file "$keepalived_conf" 0600 "$conf"
  if [[ -n $former ]]; then
    write_file "$settled_conf" 0600 "$settled"
    say "${former//$'\n'/, } stays beside $VIRTUAL_IP until the name leads to $VIRTUAL_IP on every node"
  else
    rm -f "$settled_conf"
  fi
  write_file "$haproxy_drop_in" 0644 "$HAPROXY_DROP_IN"
  write_file "$keepalived_drop_in" 0644 "$KEEPALIVED_DROP_IN"
  write_file "$watch_program" 0755 "$WATCH_PROGRAM"
  ((deferred)) || write_file "$watch_unit" 0644 "$WATCH_UNIT"
  if ((unapplied)) || changed "$haproxy_drop_in" || changed "$keepalived_drop_in" || changed "$watch_unit"; then
    systemctl daemon-reload
  fi
  systemctl enable --quiet haproxy.service haproxy-watch.service
  start_or_reload_haproxy
  restart_watch_if_changed
  apply_keepalived_conf
  rm -f "$memory/unapplied"
}

# servers_in: the API servers that a haproxy.cfg on standard input lists, a line each: NAME ADDRESS.
servers_in() { awk '$1 == "server" { sub(/:[0-9]+$/, "", $3); print $2, $3 }' | sort -u; }

# leaving_servers: those that our haproxy.cfg on this host lists, and the new one does not under the same name and address.
leaving_servers() {
  written_by_us "$haproxy_cfg" || return 0
  servers_in <"$haproxy_cfg" | grep -vxF -- "$(servers_in <<<"$HAPROXY_CFG")" || true
}

# joining_servers: those that the new haproxy.cfg lists, and our file on this host does not. HAProxy takes a new server for up
# until its first check, so it gets connections before it can serve them.
joining_servers() {
  written_by_us "$haproxy_cfg" || return 0
  servers_in <<<"$HAPROXY_CFG" | grep -vxF -- "$(servers_in <"$haproxy_cfg")" || true
}

# The file that HAProxy has stays in use, and with it the unit of haproxy-watch, which lists the same servers.
defer() {
  local changing=$leaving${leaving:+${joining:+$'\n'}}$joining
  deferred=1
  say "haproxy.cfg and haproxy-watch.service stay as they are until the control plane is ready: ${changing//$'\n'/, } will leave or join the list"
}

# HAProxy may drop a server only when another one can take the connections.
wait_for_server() {
  local servers
  servers=$(servers_in <<<"$HAPROXY_CFG")
  wait_until 60 "one of ${servers//$'\n'/, } to accept a connection on port $PORT; until then haproxy.cfg is not changed" any_server_accepts
}
any_server_accepts() {
  local name address
  while read -r name address; do
    ! timeout 3 bash -c "exec 4<>/dev/tcp/$address/$PORT" || return 0
  done <<<"$servers"
  return 1
}

# former_addresses: those that our Keepalived on this host serves besides the virtual IP, as long as the name may lead to them.
# Where it leads to the virtual IP and no such change is under way, the host has missed one, or one was taken back.
former_addresses() {
  local name
  written_by_us "$keepalived_conf" || return 0
  if ! grep -qsF " $VIRTUAL_IP/" "$settled_conf"; then
    name=$(getent ahostsv4 "${CLUSTER%:*}" | awk '!seen[$1]++ { printf "%s%s", gap, $1; gap = " " }') || true
    [[ $name != "$VIRTUAL_IP" ]] || return 0
  fi
  served_addresses | grep -vxF -- "$VIRTUAL_IP" || true
}

# conf_with_former_addresses: the configuration with the addresses that Keepalived serves here and the new one. Adverts list the same ones as
# before: a load balancer takes no advert that lists others than its own, so two would hold the address.
conf_with_former_addresses() {
  local advertised excluded
  advertised=$(addresses_in virtual_ipaddress <"$keepalived_conf")
  excluded=$({ addresses_in virtual_ipaddress_excluded <"$keepalived_conf" && addresses_in virtual_ipaddress <<<"$settled"; } |
    sort -u | grep -vxF -- "$advertised")
  printf '%s    virtual_ipaddress {\n%s\n    }\n    virtual_ipaddress_excluded {\n%s\n    }\n}\n' \
    "${settled%%'    virtual_ipaddress {'*}" "$advertised" "$excluded"
}

interface_of() {
  ip -4 -o address show | awk -v address="$1" '{ split($4, parts, "/") } parts[1] == address { sub(/@.*/, "", $2); print $2; exit }'
}

refuse_taken_port() {
  local listener
  listener=$(ss -Hltnp "sport = :$1" | grep -v '"haproxy"' || true)
  [[ -z $listener ]] || fail "port $1 is taken on this host: $listener"
}

# The kernel takes labels of at most 15 characters: with a long interface name there is no label.
keepalived_conf_for() {
  local interface=$1 conf=$KEEPALIVED_CONF
  ((${#interface} <= 13)) || conf=${conf// label @INTERFACE@:1/}
  conf=${conf//@INTERFACE@/"$interface"}
  printf '%s' "${conf//@VRRP_PASSWORD@/"${VRRP_PASSWORD-}"}"
}

# Debian starts a service when its package is installed: masked meanwhile, it does not run before its configuration is there.
install_services() {
  local package status missing=()
  # first: a package that was removed may have left its owner's file
  keep haproxy haproxy.cfg "$haproxy_cfg"
  keep keepalived keepalived.conf "$keepalived_conf"
  for package in haproxy keepalived; do
    status=$(package_state "$package")
    if [[ $status != ?i* ]]; then
      missing+=("$package")
      # one that was cut off without a note of ours is somebody else's
      [[ $status == ?[HUFWt]* ]] || touch "$memory/installed-$package"
    fi
  done
  if ((${#missing[@]})); then
    trap 'systemctl unmask --quiet --runtime haproxy.service keepalived.service' EXIT
    systemctl mask --quiet --runtime "${missing[@]/%/.service}"
    install_packages "${missing[@]}"
    systemctl unmask --quiet --runtime "${missing[@]/%/.service}"
    trap - EXIT
  fi
  # an upgrade by itself would restart Keepalived on all of them in one night
  hold_packages haproxy keepalived
  # for haproxy-watch and for people who ask HAProxy's stats socket; it stays when the load balancer is removed
  install_packages socat
}

# keep PACKAGE NAME PATH: the configuration of a package that was here before us; our own is not kept.
keep() {
  if [[ ! -e $memory/installed-$1 && ! -e $memory/$2 && -e $3 ]] && ! written_by_us "$3"; then
    cp -a "$3" "$memory/$2"
  fi
}

# validate LIVE CONTENT COMMAND...: the content passes COMMAND, or the step ends with LIVE as it was.
validate() {
  local live=$1 content=$2 candidate=$1.candidate
  shift 2
  mkdir -p "$(dirname "$live")"
  rm -f "$candidate"
  (umask 077 && printf '%s' "$content" >"$candidate")
  if ! "$@" "$candidate"; then
    rm -f "$candidate"
    fail "$1 refuses its new configuration (its messages are above); $live was left as it was"
  fi
  rm -f "$candidate"
}

globals_of() { [[ ! -e $1 ]] || awk '/^global_defs/ { inside = 1 } inside { print } /^}/ { inside = 0 }' "$1"; }

start_or_reload_haproxy() {
  if ! systemctl is-active --quiet haproxy.service; then
    control_service start haproxy
  elif ((unapplied)) || changed "$haproxy_cfg"; then
    control_service reload haproxy
  fi
  wait_until 20 "HAProxy to listen on port $PORT" listening
  # a HAProxy that ran before it had our drop-in has written nothing
  [[ -e /run/haproxy.down ]] || echo 0 >/run/haproxy.down
}
# a configuration that stays for now may have another port
listening() {
  systemctl is-active haproxy.service && { ((deferred)) || timeout 2 bash -c "exec 4<>/dev/tcp/$ADDRESS/$PORT"; }
}

restart_watch_if_changed() {
  if ((unapplied)) || changed "$watch_program" || changed "$watch_unit" || ! systemctl is-active --quiet haproxy-watch.service; then
    control_service restart haproxy-watch
  fi
}

# Only a Keepalived that runs already: a new one, which the others do not list yet, would hold the virtual IP too.
apply_keepalived_conf() {
  systemctl is-active --quiet keepalived.service || return 0
  if ((unapplied)) || { changed "$keepalived_conf" && [[ $globals != "$(globals_of "$keepalived_conf")" ]]; }; then
    # of the global definitions, Keepalived reads some at its start only
    control_service restart keepalived
  elif changed "$keepalived_conf"; then
    control_service reload keepalived
  fi
  wait_until 20 "Keepalived to run" systemctl is-active keepalived.service
}
