# Starts a Keepalived that does not run: every load balancer has its files by now, and lists this one among its peers.
# Variables: PAIR (a changed pair is looked at again).

create() {
  systemctl enable --quiet keepalived.service
  systemctl is-active --quiet keepalived.service || control_service start keepalived
  wait_until 20 "Keepalived to run" systemctl is-active keepalived.service
}
