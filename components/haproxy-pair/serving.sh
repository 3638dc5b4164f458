# The pair does its work: one load balancer holds the virtual IP, and behind each the API servers answer.
# Variables: LOAD_BALANCERS ("NAME ADDRESS" a line), VIRTUAL_IP, PORT, FQDN, FROM (a master), PREFERRED (who has to hold the
# virtual IP; empty where anyone may).

create() {
  local name address
  wait_until 90 "$VIRTUAL_IP to be held by ${PREFERRED:-exactly one load balancer}" held_by_one
  say "$VIRTUAL_IP is held by $(holders)"
  while read -r name address; do
    wait_until 60 "/readyz through $name" ready_through "$address"
  done <<<"$LOAD_BALANCERS"
  wait_until 60 "/readyz through $VIRTUAL_IP" ready_through "$VIRTUAL_IP"
  say "/readyz answers through it"
}

# The names of those that hold the virtual IP.
holders() {
  local name address seen all=()
  while read -r name address; do
    seen=$(on "$name" 20 <<<"ip -4 -o address show to $VIRTUAL_IP/32" 2>&1) || { echo "$name: $seen" && return 1; }
    [[ -z $seen ]] || all+=("$name")
  done <<<"$LOAD_BALANCERS"
  echo "${all[*]-nobody}"
}

held_by_one() {
  local seen
  seen=$(holders) || { echo "$seen" && return 1; }
  [[ $seen == "${PREFERRED:-${seen%% *}}" && $seen != nobody ]] || { echo "held by $seen" && return 1; }
}

# As a client asks: by the name, over TLS that is checked.
ready_through() {
  on "$FROM" 20 <<<"kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://$1:$PORT --tls-server-name $FQDN --request-timeout=5s get --raw /readyz"
}
