# The pair does its work: one load balancer holds the virtual IP, and behind each the API servers answer.
# Variables: LOAD_BALANCERS ("NAME ADDRESS" a line, the highest priority first), VIRTUAL_IP, PORT, FQDN, FROM (a master).

create() {
  local name address
  wait_until 90 "$VIRTUAL_IP to be held by exactly one load balancer, the one of the highest priority" held_by_first
  say "$VIRTUAL_IP is held by $(awk 'NR == 1 { print $1 }' <<<"$LOAD_BALANCERS")"
  while read -r name address; do
    wait_until 60 "/readyz through $name" ready_through "$address"
  done <<<"$LOAD_BALANCERS"
  wait_until 60 "/readyz through $VIRTUAL_IP" ready_through "$VIRTUAL_IP"
  say "/readyz answers through it"
}

held_by_first() {
  local name address seen first='' holders=()
  while read -r name address; do
    first=${first:-$name}
    seen=$(on "$name" 20 <<<"ip -4 -o address show to $VIRTUAL_IP/32" 2>&1) || { echo "$name: $seen" && return 1; }
    [[ -z $seen ]] || holders+=("$name")
  done <<<"$LOAD_BALANCERS"
  [[ ${holders[*]-} == "$first" ]] || { echo "held by ${holders[*]-nobody}, not by $first alone" && return 1; }
}

# As a client asks: by the name, over TLS that is checked.
ready_through() {
  on "$FROM" 20 <<<"kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://$1:$PORT --tls-server-name $FQDN --request-timeout=5s get --raw /readyz"
}
