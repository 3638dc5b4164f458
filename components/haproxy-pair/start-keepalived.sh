# Starts Keepalived if it does not run. By now every load balancer has its files, and lists this one among its peers.
# Variables: PAIR (a digest of the configuration: the step runs again when it changes).

create() {
  systemctl enable --quiet keepalived.service
  systemctl is-active --quiet keepalived.service || control_service start keepalived
  wait_until 20 "Keepalived to run" systemctl is-active keepalived.service
}
