# Files of a load balancer, and the control of its services. Shared by the scripts of this folder. Variables: none.

haproxy_cfg=/etc/haproxy/haproxy.cfg
keepalived_conf=/etc/keepalived/keepalived.conf
haproxy_drop_in=/etc/systemd/system/haproxy.service.d/kube-control.conf
keepalived_drop_in=/etc/systemd/system/keepalived.service.d/kube-control.conf
watch_program=/usr/local/sbin/haproxy-watch
watch_unit=/etc/systemd/system/haproxy-watch.service
# track files of Keepalived, and the former name of the second one
down_file=/run/haproxy.down
no_servers_file=/run/haproxy.no-servers
former_no_servers_file=/run/haproxy.blind
# What kube-control remembers on this host:
#   owner                    the host's identity: lines `cluster FQDN:PORT`, `node NAME`, `role load balancer`
#   installed-PACKAGE        the package was installed by kube-control and is purged at the removal
#   *.cfg, *.conf            configuration that was there before, restored at the removal
#   settled-keepalived.conf  the configuration that applies once the name no longer resolves to a former virtual IP
#   unapplied                files were written that the services may not have read yet
notes=/var/lib/kube-control/load-balancer
settled_conf=$notes/settled-keepalived.conf

# addresses_in BLOCK: prints the lines of a block of the keepalived.conf on standard input.
addresses_in() { awk -v block="$1" '$1 == block { inside = 1; next } $1 == "}" { inside = 0 } inside'; }

# served_addresses: prints the addresses in this host's keepalived.conf, one per line.
served_addresses() {
  { addresses_in virtual_ipaddress <"$keepalived_conf" && addresses_in virtual_ipaddress_excluded <"$keepalived_conf"; } |
    awk '{ sub(/\/.*/, "", $1); print $1 }'
}

# control_service ACTION SERVICE: runs systemctl, and prints the service's last messages if that fails.
control_service() {
  if ! systemctl "$1" "$2.service"; then
    journalctl --no-pager -o cat -n 12 -u "$2.service" || true
    fail "systemctl $1 $2 failed (the service's last messages are above)"
  fi
  say "$2: $1"
}
