# What the scripts of a load balancer share: where things lie on it, and how its services are told. Variables: none.

haproxy_cfg=/etc/haproxy/haproxy.cfg
keepalived_conf=/etc/keepalived/keepalived.conf
haproxy_drop_in=/etc/systemd/system/haproxy.service.d/kube-control.conf
keepalived_drop_in=/etc/systemd/system/keepalived.service.d/kube-control.conf
watch_program=/usr/local/sbin/haproxy-watch
watch_unit=/etc/systemd/system/haproxy-watch.service
# what was here before us, to be put back by delete; and a mark that files were written which no service has read yet
memory=/var/lib/kube-control/load-balancer

written_by_us() { grep -qs '^# Written by kube-control' "$1"; }

service_does() {
  if ! systemctl "$1" "$2.service"; then
    journalctl --no-pager -o cat -n 12 -u "$2.service" || true
    fail "systemctl $1 $2 failed (the service's last words are above)"
  fi
  say "$2: $1"
}
