# Removes HAProxy and Keepalived from a load balancer when this step is deleted. Creating the step changes nothing. It
# is created before the host is changed, so that a failed run is cleaned up too.
# Variables besides those of files-and-services.sh: NODE, CLUSTER (FQDN:PORT), VIRTUAL_IP.

create() { say "HAProxy and Keepalived will be removed from $NODE when this is deleted"; }

delete() {
  if ! is_up "$NODE"; then
    say "$NODE does not answer: HAProxy, Keepalived and haproxy-watch are still installed there, and take $VIRTUAL_IP if the host comes back. Stop them there: sudo systemctl disable --now keepalived haproxy-watch haproxy"
    return
  fi
  remote "$NODE" 780 clear_host NODE CLUSTER VIRTUAL_IP KC_STEP haproxy_cfg keepalived_conf haproxy_drop_in keepalived_drop_in \
    watch_program watch_unit down_file no_servers_file former_no_servers_file notes >&3
}

# The functions below run on the load balancer.

clear_host() {
  local found
  lock_host
  found=$(other_owner)
  if [[ -z $found ]]; then
    remove_services
  else
    say "this host was not changed: expected $NODE, a load balancer of $CLUSTER; found ${found//[[:cntrl:]]/?}"
  fi
}

# other_owner: prints this host's identity if it is not NODE of CLUSTER. Prints nothing if it is, or if the host has no
# identity. Versions before 0.2 wrote no owner file; the name is in Keepalived's configuration.
other_owner() {
  local node='' cluster=''
  if [[ -e $notes/owner ]]; then
    node=$(awk '$1 == "node" { print $2; exit }' "$notes/owner")
    cluster=$(awk '$1 == "cluster" { print $2; exit }' "$notes/owner")
  fi
  if [[ -n $node ]]; then
    [[ $node == "$NODE" && $cluster == "$CLUSTER" ]] || echo "$node, a load balancer of ${cluster:-an unknown cluster}"
  elif written_by_us "$keepalived_conf"; then
    node=$(awk '$1 == "router_id" { print $2; exit }' "$keepalived_conf")
    [[ $node == "$NODE" ]] || echo "${node:-no name} (router_id in $keepalived_conf)"
  fi
}

remove_services() {
  local service
  local -A conf=([keepalived]=$keepalived_conf [haproxy]=$haproxy_cfg)
  ! written_by_us "$watch_unit" || systemctl disable --quiet --now haproxy-watch.service
  # Keepalived first: the virtual IP moves to another load balancer while HAProxy still runs here
  for service in keepalived haproxy; do
    if set_up_by_us "$service" && systemctl cat "$service.service" >/dev/null 2>&1; then
      systemctl disable --quiet --now "$service.service"
      systemctl reset-failed "$service.service" 2>/dev/null || true
      say "stopped $service"
    fi
  done
  remove_virtual_ip
  for service in keepalived haproxy; do
    ! set_up_by_us "$service" || rm -f "${conf[$service]}"
  done
  rm -f "$haproxy_drop_in" "$keepalived_drop_in" "$watch_program" "$watch_unit" "$down_file" "$no_servers_file" "$former_no_servers_file"
  rmdir "$(dirname "$haproxy_drop_in")" "$(dirname "$keepalived_drop_in")" 2>/dev/null || true
  systemctl daemon-reload
  release_packages keepalived haproxy
  complete_dpkg || true
  for service in keepalived haproxy; do
    [[ ! -e $notes/installed-$service ]] || purge "$service"
  done
  restore_configuration haproxy.cfg "$haproxy_cfg"
  restore_configuration keepalived.conf "$keepalived_conf"
  rm -rf "$notes"
  rmdir "$(dirname "$notes")" 2>/dev/null || true
}

# purge PACKAGE: removes this package only. If another package depends on it, it stays installed, and its service
# disabled.
purge() {
  local others
  others=$(apt-get -s -o APT::Get::AutomaticRemove=false purge "$1" |
    awk -v package="$1" '/^(Remv|Purg) / && $2 != package { print $2 }' | sort -u)
  if [[ -n $others ]]; then
    say "left the package $1 installed: ${others//$'\n'/, } depends on it"
    return
  fi
  apt-get -o DPkg::Lock::Timeout=300 -o APT::Get::AutomaticRemove=false purge -y "$1"
  say "removed $1"
}

# set_up_by_us SERVICE: a run that failed early may not have changed a service that was installed before.
set_up_by_us() { [[ -e $notes/installed-$1 ]] || written_by_us "${conf[$1]}"; }

restore_configuration() { [[ ! -e $notes/$1 ]] || { mkdir -p "$(dirname "$2")" && mv -f "$notes/$1" "$2"; }; }

# Keepalived leaves the virtual IP on its interface if it is killed.
remove_virtual_ip() {
  local interface address
  while read -r interface address; do
    ip address del "$address" dev "$interface"
    say "removed $address from $interface"
  done < <(ip -4 -o address show to "$VIRTUAL_IP/32" | awk '{ print $2, $4 }')
}
