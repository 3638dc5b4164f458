# Variables: ADDRESS, HAPROXY_CFG, KEEPALIVED_CONF (with @INTERFACE@), HAPROXY_DROP_IN, KEEPALIVED_DROP_IN, WATCH_PATH,
# WATCH_PROGRAM, WATCH_UNIT.
interface=$(ip -4 -o address show | awk -v address="$ADDRESS" '{ split($4, parts, "/") } parts[1] == address { sub(/@.*/, "", $2); print $2; exit }')
put /etc/systemd/system/haproxy.service.d/kube-control.conf 0644 <<<"$HAPROXY_DROP_IN"
put /etc/systemd/system/keepalived.service.d/kube-control.conf 0644 <<<"$KEEPALIVED_DROP_IN"
put "$WATCH_PATH" 0755 <<<"$WATCH_PROGRAM"
put /etc/systemd/system/haproxy-watch.service 0644 <<<"$WATCH_UNIT"
systemctl -q mask --runtime haproxy.service keepalived.service
install haproxy keepalived socat
systemctl -q unmask --runtime haproxy.service keepalived.service
put /etc/haproxy/haproxy.cfg 0644 <<<"$HAPROXY_CFG"
put /etc/keepalived/keepalived.conf 0600 <<<"${KEEPALIVED_CONF//@INTERFACE@/"$interface"}"
haproxy -c -f /etc/haproxy/haproxy.cfg
keepalived -t -f /etc/keepalived/keepalived.conf
systemctl daemon-reload
systemctl -q enable haproxy haproxy-watch keepalived
systemctl start haproxy haproxy-watch
