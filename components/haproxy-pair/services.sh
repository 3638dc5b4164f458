# What the scripts of a load balancer share: paths on it, and how its services are started and reloaded. Variables: none.

haproxy_cfg=/etc/haproxy/haproxy.cfg
keepalived_conf=/etc/keepalived/keepalived.conf
haproxy_drop_in=/etc/systemd/system/haproxy.service.d/kube-control.conf
keepalived_drop_in=/etc/systemd/system/keepalived.service.d/kube-control.conf
watch_program=/usr/local/sbin/haproxy-watch
watch_unit=/etc/systemd/system/haproxy-watch.service
# `owner`: to whom the host belongs (lines `cluster FQDN:PORT`, `node NAME`, `role load balancer`); `installed-*`, `*.cfg`,
# `*.conf`: what the removal takes off or puts back; `unapplied`: files were written that no service has read yet
memory=/var/lib/kube-control/load-balancer

written_by_us() { grep -qs '^# Written by kube-control' "$1"; }

service_does() {
  if ! systemctl "$1" "$2.service"; then
    journalctl --no-pager -o cat -n 12 -u "$2.service" || true
    fail "systemctl $1 $2 failed (the service's last messages are above)"
  fi
  say "$2: $1"
}
