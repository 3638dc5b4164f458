# One load balancer but for the start of its Keepalived (keepalived.sh): files, HAProxy, and a Keepalived that runs already.
# Variables besides services.sh: ADDRESS, PORT, HEALTH_PORT, HAPROXY_CFG, KEEPALIVED_CONF (with placeholders),
# HAPROXY_DROP_IN, KEEPALIVED_DROP_IN, WATCH_PROGRAM, WATCH_UNIT; secret: VRRP_PASSWORD (version 2).

create() {
  local interface conf globals unapplied=0
  interface=$(interface_of "$ADDRESS")
  [[ -n $interface ]] || fail "no interface of this host carries $ADDRESS: is that the host's own address?"
  refuse_taken_port "$PORT"
  refuse_taken_port "$HEALTH_PORT"
  conf=$(keepalived_conf_for "$interface")$'\n'
  mkdir -p "$memory"
  [[ ! -e $memory/unapplied ]] || unapplied=1
  install_services

  validate "$haproxy_cfg" "$HAPROXY_CFG" haproxy -c -f
  validate "$keepalived_conf" "$conf" keepalived -t -f
  globals=$(globals_of "$keepalived_conf")
  # one that joins the pair starts when all the others know of it, and no boot starts it before
  written_by_us "$keepalived_conf" || systemctl disable --quiet --now keepalived.service
  touch "$memory/unapplied"
  write_file "$haproxy_cfg" 0644 "$HAPROXY_CFG"
  write_file "$keepalived_conf" 0600 "$conf"
  write_file "$haproxy_drop_in" 0644 "$HAPROXY_DROP_IN"
  write_file "$keepalived_drop_in" 0644 "$KEEPALIVED_DROP_IN"
  write_file "$watch_program" 0755 "$WATCH_PROGRAM"
  write_file "$watch_unit" 0644 "$WATCH_UNIT"
  if ((unapplied)) || changed "$haproxy_drop_in" || changed "$keepalived_drop_in" || changed "$watch_unit"; then
    systemctl daemon-reload
  fi
  systemctl enable --quiet haproxy.service haproxy-watch.service
  run_haproxy
  run_watch
  tell_keepalived
  rm -f "$memory/unapplied"
}

interface_of() {
  ip -4 -o address show | awk -v address="$1" '{ split($4, parts, "/") } parts[1] == address { sub(/@.*/, "", $2); print $2; exit }'
}

refuse_taken_port() {
  local listener
  listener=$(ss -Hltnp "sport = :$1" | grep -v '"haproxy"' || true)
  [[ -z $listener ]] || fail "port $1 is taken on this host: $listener"
}

# The kernel takes labels of at most 15 characters: a long interface name goes without.
keepalived_conf_for() {
  local interface=$1 conf=$KEEPALIVED_CONF
  ((${#interface} <= 13)) || conf=${conf// label @INTERFACE@:1/}
  conf=${conf//@INTERFACE@/"$interface"}
  printf '%s' "${conf//@VRRP_PASSWORD@/"${VRRP_PASSWORD-}"}"
}

# Debian starts a service as its package arrives: masked for that while, nothing runs before its configuration is there.
install_services() {
  local package status missing=()
  for package in haproxy keepalived; do
    status=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true)
    if [[ $status != ?i* ]]; then
      missing+=("$package")
      touch "$memory/installed-$package"
    fi
  done
  keep haproxy haproxy.cfg "$haproxy_cfg"
  keep keepalived keepalived.conf "$keepalived_conf"
  if ((${#missing[@]})); then
    trap 'systemctl unmask --quiet --runtime haproxy.service keepalived.service' EXIT
    systemctl mask --quiet --runtime "${missing[@]/%/.service}"
    install_packages "${missing[@]}"
    systemctl unmask --quiet --runtime "${missing[@]/%/.service}"
    trap - EXIT
  fi
  # how a person asks HAProxy's stats socket; it stays when the pair goes
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
    fail "$1 refuses its new configuration (its words are above); $live was left as it was"
  fi
  rm -f "$candidate"
}

globals_of() { [[ ! -e $1 ]] || awk '/^global_defs/ { inside = 1 } inside { print } /^}/ { inside = 0 }' "$1"; }

run_haproxy() {
  if ! systemctl is-active --quiet haproxy.service; then
    service_does start haproxy
  elif ((unapplied)) || changed "$haproxy_cfg"; then
    service_does reload haproxy
  fi
  wait_until 20 "HAProxy to listen on port $PORT" listening
  # a HAProxy that ran before it had our drop-in has written nothing
  [[ -e /run/haproxy.down ]] || echo 0 >/run/haproxy.down
}
listening() { systemctl is-active haproxy.service && timeout 2 bash -c "exec 4<>/dev/tcp/$ADDRESS/$PORT"; }

run_watch() {
  if ((unapplied)) || changed "$watch_program" || changed "$watch_unit" || ! systemctl is-active --quiet haproxy-watch.service; then
    service_does restart haproxy-watch
  fi
}

# It goes on only where it runs already: a new one, of which the others do not know yet, would hold the virtual IP too.
tell_keepalived() {
  systemctl is-active --quiet keepalived.service || return 0
  if ((unapplied)) || { changed "$keepalived_conf" && [[ $globals != "$(globals_of "$keepalived_conf")" ]]; }; then
    # of the global definitions, Keepalived reads some at its start only
    service_does restart keepalived
  elif changed "$keepalived_conf"; then
    service_does reload keepalived
  fi
  wait_until 20 "Keepalived to run" systemctl is-active keepalived.service
}
