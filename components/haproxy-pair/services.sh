# What the scripts of a load balancer share: paths on it, and how its services are started and reloaded. Variables: none.

haproxy_cfg=/etc/haproxy/haproxy.cfg
keepalived_conf=/etc/keepalived/keepalived.conf
haproxy_drop_in=/etc/systemd/system/haproxy.service.d/kube-control.conf
keepalived_drop_in=/etc/systemd/system/keepalived.service.d/kube-control.conf
watch_program=/usr/local/sbin/haproxy-watch
watch_unit=/etc/systemd/system/haproxy-watch.service
# `settled-keepalived.conf`: the configuration that follows when the name leads to no former address any more;
# `owner`: to whom the host belongs (lines `cluster FQDN:PORT`, `node NAME`, `role load balancer`); `installed-*`, `*.cfg`,
# `*.conf`: what the removal takes off or puts back; `unapplied`: files were written that no service has read yet
memory=/var/lib/kube-control/load-balancer

settled_conf=$memory/settled-keepalived.conf

# addresses_in BLOCK: the lines of a block of the keepalived.conf on standard input.
addresses_in() { awk -v block="$1" '$1 == block { inside = 1; next } $1 == "}" { inside = 0 } inside'; }

# served_addresses: the addresses that the keepalived.conf on this host names, a line each.
served_addresses() {
  { addresses_in virtual_ipaddress <"$keepalived_conf" && addresses_in virtual_ipaddress_excluded <"$keepalived_conf"; } |
    awk '{ sub(/\/.*/, "", $1); print $1 }'
}

written_by_us() { grep -qs '^# Written by kube-control' "$1"; }

control_service() {
  if ! systemctl "$1" "$2.service"; then
    journalctl --no-pager -o cat -n 12 -u "$2.service" || true
    fail "systemctl $1 $2 failed (the service's last messages are above)"
  fi
  say "$2: $1"
}
