# Stands for the host's part in the pair: creating it does nothing yet, deleting it takes everything off the host again.
# It is there before the host is touched, so that whatever a failed run has left is cleaned up too. Variable: VIRTUAL_IP.

create() { say "HAProxy and Keepalived will be taken off this host when this is deleted"; }

delete() {
  local service
  local -A conf=([keepalived]=$keepalived_conf [haproxy]=$haproxy_cfg)
  ! written_by_us "$watch_unit" || systemctl disable --quiet --now haproxy-watch.service
  # the virtual IP leaves before what it leads to ends
  for service in keepalived haproxy; do
    if ours "$service" && systemctl cat "$service.service" >/dev/null 2>&1; then
      systemctl disable --quiet --now "$service.service"
      systemctl reset-failed "$service.service" 2>/dev/null || true
      say "stopped $service"
    fi
  done
  drop_virtual_ip
  for service in keepalived haproxy; do
    ! ours "$service" || rm -f "${conf[$service]}"
  done
  rm -f "$haproxy_drop_in" "$keepalived_drop_in" "$watch_program" "$watch_unit" /run/haproxy.down /run/haproxy.blind
  rmdir "$(dirname "$haproxy_drop_in")" "$(dirname "$keepalived_drop_in")" 2>/dev/null || true
  systemctl daemon-reload
  for service in keepalived haproxy; do
    if [[ -e $memory/installed-$service ]]; then
      apt-get -o DPkg::Lock::Timeout=300 purge -y "$service"
      say "removed $service"
    fi
  done
  put_back haproxy.cfg "$haproxy_cfg"
  put_back keepalived.conf "$keepalived_conf"
  rm -rf "$memory"
  rmdir "$(dirname "$memory")" 2>/dev/null || true
}

# Where a run failed early, a service that was here before may still be its owner's.
ours() { [[ -e $memory/installed-$1 ]] || written_by_us "${conf[$1]}"; }

put_back() { [[ ! -e $memory/$1 ]] || mv -f "$memory/$1" "$2"; }

# A Keepalived that was killed leaves the virtual IP behind.
drop_virtual_ip() {
  local interface address
  while read -r interface address; do
    ip address del "$address" dev "$interface"
    say "took $address off $interface"
  done < <(ip -4 -o address show to "$VIRTUAL_IP/32" | awk '{ print $2, $4 }')
}
