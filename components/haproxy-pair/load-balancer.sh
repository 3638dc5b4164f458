# Sets up one load balancer: files, HAProxy, haproxy-watch, and a Keepalived that runs already. start-keepalived.sh
# starts a Keepalived that does not. Variables besides those of files-and-services.sh: NODE, CLUSTER (FQDN:PORT),
# ADDRESS, VIRTUAL_IP, PORT, HEALTH_PORT, HAPROXY_CFG, KEEPALIVED_CONF (with placeholders), HAPROXY_DROP_IN,
# KEEPALIVED_DROP_IN, WATCH_PROGRAM, WATCH_UNIT, DEFER (1: if API servers leave or join the list, HAProxy keeps its list
# until this script runs with 0, except if no server of its list accepts a connection); secret: VRRP_PASSWORD (VRRP version 2).

create() {
  local interface settled conf former='' globals leaving joining unapplied=0 deferred=0
  interface=$(interface_of "$ADDRESS")
  [[ -n $interface ]] || fail "no interface of this host has the address $ADDRESS: check the address of $NODE in the configuration"
  refuse_taken_port "$PORT"
  refuse_taken_port "$HEALTH_PORT"
  settled=$(keepalived_conf_for "$interface")$'\n'
  mkdir -p "$notes"
  [[ ! -e $notes/unapplied ]] || unapplied=1
  write_owner
  install_services

  validate "$haproxy_cfg" "$HAPROXY_CFG" haproxy -c -f
  conf=$settled former=$(former_addresses)
  [[ -z $former ]] || conf=$(conf_with_former_addresses)$'\n'
  validate "$keepalived_conf" "$settled" keepalived -t -f
  [[ -z $former ]] || validate "$keepalived_conf" "$conf" keepalived -t -f
  leaving=$(leaving_servers)
  joining=$(joining_servers)
  if [[ $DEFER == 1 ]]; then
    # if no API server serves (npm run restore), the new list can only help, and the nodes need it to reach the first one
    [[ -z $leaving$joining ]] || ! any_server_accepts "$(<"$haproxy_cfg")" || defer
  elif [[ -n $leaving ]] || ((unapplied)); then
    # after an interrupted run, HAProxy may still use the list before that
    wait_for_server
  fi
  globals=$(globals_of "$keepalived_conf")
  # on a new load balancer, Keepalived must not run, or start at a boot, before all others list it as a peer
  written_by_us "$keepalived_conf" || systemctl disable --quiet --now keepalived.service
  touch "$notes/unapplied"
  write_files
  if [[ -n $former ]]; then
    say "${former//$'\n'/, } is served beside $VIRTUAL_IP until the name resolves to $VIRTUAL_IP on every node"
  else
    rm -f "$settled_conf"
  fi
  if ((unapplied)) || needs_daemon_reload || changed "$haproxy_drop_in" || changed "$keepalived_drop_in" || changed "$watch_unit"; then
    systemctl daemon-reload
  fi
  systemctl enable --quiet haproxy.service haproxy-watch.service
  start_or_reload_haproxy
  restart_watch_if_changed
  apply_keepalived_conf
  # only now: until the reload, Keepalived tracks the file under its former name
  rm -f "$former_no_servers_file"
  rm -f "$notes/unapplied"
}

# check: compares this host with what create() and start-keepalived.sh write and start (host/check.sh).
check() {
  local interface settled conf former deferred=0
  interface=$(interface_of "$ADDRESS")
  if [[ -z $interface ]]; then
    differs "address $ADDRESS" "is not an address of this host"
    return
  fi
  for package in haproxy keepalived; do
    expect_package "$package"
    expect_held "$package"
  done
  expect_package socat
  settled=$(keepalived_conf_for "$interface")$'\n'
  conf=$settled former=$(former_addresses)
  [[ -z $former ]] || conf=$(conf_with_former_addresses)$'\n'
  write_owner
  write_files
  ! needs_daemon_reload || differs systemd "has not read a changed unit file"
  for service in haproxy keepalived haproxy-watch; do
    expect_unit "$service"
  done
  has_read haproxy "$haproxy_cfg" || differs haproxy.service "does not run with its configuration file, which was changed later"
  has_read keepalived "$keepalived_conf" || differs keepalived.service "does not run with its configuration file, which was changed later"
  has_read haproxy-watch "$watch_program" "$watch_unit" || differs haproxy-watch.service "does not run with its program file, which was changed later"
  note_servers
}

# note_servers: a server that is down has its cause on another host.
note_servers() {
  local name state
  while IFS=, read -r name state; do
    [[ $state == UP* ]] || note "HAProxy's server $name" "is $state"
  done < <(timeout 5 socat -T 3 - "UNIX-CONNECT:$STATS_SOCKET" <<<'show stat' 2>/dev/null |
    awk -F , '$2 != "FRONTEND" && $2 != "BACKEND" && $1 !~ /^#/ && $18 != "" && $18 != "no check" { print $2 "," $18 }')
}

# In a check, write_file compares.
write_owner() {
  write_file "$notes/owner" 0644 "$(printf '%s\n' "cluster $CLUSTER" "node $NODE" 'role load balancer')"$'\n'
}
write_files() {
  ((deferred)) || write_file "$haproxy_cfg" 0644 "$HAPROXY_CFG"
  write_file "$keepalived_conf" 0600 "$conf"
  [[ -z $former ]] || write_file "$settled_conf" 0600 "$settled"
  write_file "$haproxy_drop_in" 0644 "$HAPROXY_DROP_IN"
  write_file "$keepalived_drop_in" 0644 "$KEEPALIVED_DROP_IN"
  write_file "$watch_program" 0755 "$WATCH_PROGRAM"
  ((deferred)) || write_file "$watch_unit" 0644 "$WATCH_UNIT"
}

# needs_daemon_reload: was a unit file or drop-in of a service changed since systemd read it?
needs_daemon_reload() {
  systemctl show -p NeedDaemonReload --value haproxy.service keepalived.service haproxy-watch.service | grep -qx yes
}

# servers_in: prints the API servers in the haproxy.cfg on standard input, as lines "NAME ADDRESS".
servers_in() { awk '$1 == "server" { sub(/:[0-9]+$/, "", $3); print $2, $3 }' | sort -u; }

# leaving_servers: prints the servers in this host's haproxy.cfg that are not in the new one with the same name and
# address.
leaving_servers() {
  written_by_us "$haproxy_cfg" || return 0
  servers_in <"$haproxy_cfg" | grep -vxF -- "$(servers_in <<<"$HAPROXY_CFG")" || true
}

# joining_servers: prints the servers in the new haproxy.cfg that are not in this host's. HAProxy treats a new server as
# up until its first check, so it would get connections before it can serve them.
joining_servers() {
  written_by_us "$haproxy_cfg" || return 0
  servers_in <<<"$HAPROXY_CFG" | grep -vxF -- "$(servers_in <"$haproxy_cfg")" || true
}

# defer: keeps haproxy.cfg, and the unit of haproxy-watch, which lists the same servers.
defer() {
  local changing=$leaving${leaving:+${joining:+$'\n'}}$joining
  deferred=1
  say "haproxy.cfg and haproxy-watch.service are not changed until the control plane is ready: ${changing//$'\n'/, } will leave or join the list"
}

# wait_for_server: a server is removed from HAProxy only when another one accepts connections.
wait_for_server() {
  local servers
  servers=$(servers_in <<<"$HAPROXY_CFG")
  wait_until 60 "one of ${servers//$'\n'/, } to accept a connection on port $PORT; until then haproxy.cfg is not changed" \
    any_server_accepts "$HAPROXY_CFG"
}
# any_server_accepts CFG: does a server of this haproxy.cfg accept a connection?
any_server_accepts() {
  local server
  while read -r server; do
    ! timeout 3 bash -c "exec 4<>/dev/tcp/${server%:*}/${server##*:}" || return 0
  done < <(awk '$1 == "server" { print $3 }' <<<"$1" | sort -u)
  return 1
}

# former_addresses: prints the addresses besides the virtual IP that this host's Keepalived serves, while the name may
# resolve to them. If the name resolves to the virtual IP and no change of the virtual IP is pending, there are none:
# this host missed such a change, or the change was reverted.
former_addresses() {
  local name
  written_by_us "$keepalived_conf" || return 0
  if ! grep -qsF " $VIRTUAL_IP/" "$settled_conf"; then
    name=$(getent ahostsv4 "${CLUSTER%:*}" | awk '!seen[$1]++ { printf "%s%s", gap, $1; gap = " " }') || true
    [[ $name != "$VIRTUAL_IP" ]] || return 0
  fi
  served_addresses | grep -vxF -- "$VIRTUAL_IP" || true
}

# conf_with_former_addresses: prints the configuration with the former addresses and the new one. The adverts list the
# same addresses as before: a load balancer ignores an advert that lists others than its own, and two would hold the
# address.
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

# keepalived_conf_for INTERFACE: fills in the placeholders. The kernel allows labels of at most 15 characters: the label
# is left out if the interface name is too long.
keepalived_conf_for() {
  local interface=$1 conf=$KEEPALIVED_CONF
  ((${#interface} <= 13)) || conf=${conf// label @INTERFACE@:1/}
  conf=${conf//@INTERFACE@/"$interface"}
  printf '%s' "${conf//@VRRP_PASSWORD@/"${VRRP_PASSWORD-}"}"
}

# install_services: installs the packages. Debian starts a service when its package is installed, so the services are
# masked until their configuration is written.
install_services() {
  local package status missing=()
  # before the installation: a removed package may have left the configuration of the host's owner
  back_up_configuration haproxy haproxy.cfg "$haproxy_cfg"
  back_up_configuration keepalived keepalived.conf "$keepalived_conf"
  for package in haproxy keepalived; do
    status=$(package_state "$package")
    if [[ $status != ?i* ]]; then
      missing+=("$package")
      # an interrupted installation that we did not note was started by somebody else
      [[ $status == ?[HUFWt]* ]] || touch "$notes/installed-$package"
    fi
  done
  if ((${#missing[@]})); then
    trap 'systemctl unmask --quiet --runtime haproxy.service keepalived.service' EXIT
    systemctl mask --quiet --runtime "${missing[@]/%/.service}"
    install_packages "${missing[@]}"
    systemctl unmask --quiet --runtime "${missing[@]/%/.service}"
    trap - EXIT
  fi
  # an unattended upgrade would restart Keepalived on all load balancers in one night
  hold_packages haproxy keepalived
  # haproxy-watch, and people, use it for HAProxy's stats socket; it stays installed when the load balancer is removed
  install_packages socat
}

# back_up_configuration PACKAGE NAME PATH: copies the configuration of a package that was installed before; not one that
# we wrote.
back_up_configuration() {
  if [[ ! -e $notes/installed-$1 && ! -e $notes/$2 && -e $3 ]] && ! written_by_us "$3"; then
    cp -a "$3" "$notes/$2"
  fi
}

# validate PATH CONTENT COMMAND...: runs COMMAND on the new content. If it fails, the step ends and PATH is unchanged.
validate() {
  local path=$1 content=$2 candidate=$1.candidate
  shift 2
  mkdir -p "$(dirname "$path")"
  rm -f "$candidate"
  (umask 077 && printf '%s' "$content" >"$candidate")
  if ! "$@" "$candidate"; then
    rm -f "$candidate"
    fail "$1 refuses its new configuration (its messages are above); $path was not changed"
  fi
  rm -f "$candidate"
}

# globals_of FILE: prints its global definitions, without comments.
globals_of() { [[ ! -e $1 ]] || awk '/^global_defs/ { inside = 1 } inside && $1 !~ /^#/ { print } /^}/ { inside = 0 }' "$1"; }

start_or_reload_haproxy() {
  if ! systemctl is-active --quiet haproxy.service; then
    control_service start haproxy
  elif ((unapplied)) || changed "$haproxy_cfg" || ! has_read haproxy "$haproxy_cfg"; then
    control_service reload haproxy
  fi
  wait_until 20 "HAProxy to listen on port $PORT" listening
  # a HAProxy that was started before our drop-in existed has not written the file
  [[ -e $down_file ]] || echo 0 >"$down_file"
}
# a deferred configuration may use another port
listening() {
  systemctl is-active haproxy.service && { ((deferred)) || timeout 2 bash -c "exec 4<>/dev/tcp/$ADDRESS/$PORT"; }
}

restart_watch_if_changed() {
  if ((unapplied)) || changed "$watch_program" || changed "$watch_unit" || ! systemctl is-active --quiet haproxy-watch.service ||
    ! has_read haproxy-watch "$watch_program" "$watch_unit"; then
    control_service restart haproxy-watch
  fi
}

# apply_keepalived_conf: only if Keepalived runs. A new one, which the others do not list yet, would hold the virtual IP
# too.
apply_keepalived_conf() {
  systemctl is-active --quiet keepalived.service || return 0
  if ((unapplied)) || { changed "$keepalived_conf" && [[ $globals != "$(globals_of "$keepalived_conf")" ]]; }; then
    # Keepalived reads some of the global definitions only when it starts
    control_service restart keepalived
  elif changed "$keepalived_conf" || ! has_read keepalived "$keepalived_conf"; then
    control_service reload keepalived
  fi
  wait_until 20 "Keepalived to run" systemctl is-active keepalived.service
}
