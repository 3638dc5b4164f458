# Verifies that the pair works: exactly one load balancer holds the virtual IP, and the API servers answer through each load
# balancer and through the virtual IP. Load balancers that do not answer are left out.
# Variables: LOAD_BALANCERS ("NAME ADDRESS" a line), VIRTUAL_IP, PORT, FQDN, FROM (names of masters: the first that can asks the
# API servers), PREFERRED (the load balancer that has to hold the virtual IP if it answers; empty: any of them), SKIPPED (names
# of hosts that are known not to answer: nothing waits for them).

create() {
  local living='' preferred='' left_out='' client name address
  find_reachable
  wait_until 90 "$VIRTUAL_IP to be held by ${preferred:-exactly one load balancer}" held_by_exactly_one
  say "$VIRTUAL_IP is held by $(<"$kc_dir/holder")"
  wait_until 60 "a master that can ask the API servers" find_client
  client=$(<"$kc_dir/client")
  while read -r name address; do
    wait_until 60 "/readyz through $name, asked from $client" ready_through "$address"
  done <<<"$living"
  wait_until 60 "/readyz through $VIRTUAL_IP, asked from $client" ready_through "$VIRTUAL_IP"
  say "/readyz answers through it"
}

skipped() { [[ " $SKIPPED " == *" $1 "* ]]; }

# Sets `living` to the load balancers that answer ("NAME ADDRESS" a line), and `preferred` to PREFERRED if it is one of them.
find_reachable() {
  local name address
  while read -r name address; do
    if skipped "$name" || ! alive "$name"; then
      say "$name does not answer: it is left out"
      left_out+=" $name"
      continue
    fi
    living+=${living:+$'\n'}"$name $address"
    [[ $name != "$PREFERRED" ]] || preferred=$name
  done <<<"$LOAD_BALANCERS"
  [[ -n $living ]] || fail "no load balancer answers: ${LOAD_BALANCERS//$'\n'/, }"
}

# What hosts print is compared and printed only, never evaluated.

# Prints the names of the load balancers that hold the virtual IP, a line each.
holders() {
  local name seen
  while read -r name _; do
    # ignore what a start file of the login shell writes to standard error
    seen=$(on "$name" 20 <<<"ip -4 -o address show to $VIRTUAL_IP/32" 2>"$kc_dir/said") || { echo "$name: $(<"$kc_dir/said")" && return 1; }
    [[ $seen != *" inet $VIRTUAL_IP/"* ]] || printf '%s\n' "$name"
  done <<<"$living"
}

# Succeeds where exactly one load balancer holds the virtual IP, the preferred one if there is one: its name goes to
# $kc_dir/holder. One whose SSH alone does not answer may hold it too; whether the address answers is asked afterwards.
held_by_exactly_one() {
  local names
  names=$(holders) || { printf '%s\n' "$names" && return 1; }
  [[ -n $names || -z $left_out ]] || names="${left_out# } (not seen)"
  if [[ -z $names || $names == *$'\n'* || $names != "${preferred:-$names}" ]]; then
    printf 'held by %s' "${names:-nobody}" | tr '\n' ' '
    explain_holders
    return 1
  fi
  printf '%s\n' "$names" >"$kc_dir/holder"
}

explain_holders() {
  local name between=''
  if [[ -z $names ]]; then
    echo ": on each of them HAProxy does not serve, or Keepalived does not run: see journalctl -u haproxy -u keepalived there"
  elif [[ $names == *$'\n'* ]]; then
    for name in $names; do
      between+=${between:+ and }$(awk -v name="$name" '$1 == name { print $2 }' <<<"$living")
    done
    echo ": they do not hear each other's VRRP adverts. Let IP protocol 112 pass between $between in both directions: in the hosts' packet filters, and in the network's (security groups). Check on each: tcpdump -n ip proto 112"
  fi
}

# Finds the first master that answers and has a working kubectl and the administrator's kubeconfig: its name goes to $kc_dir/client.
find_client() {
  local name said
  for name in $FROM; do
    ! skipped "$name" || continue
    if said=$(on "$name" 20 2>&1 <<<'[[ -e /etc/kubernetes/admin.conf ]] || { echo "no /etc/kubernetes/admin.conf" >&2 && exit 1; }
kubectl --kubeconfig /etc/kubernetes/admin.conf config view >/dev/null'); then
      printf '%s\n' "$name" >"$kc_dir/client"
      return
    fi
    printf '%s: %s\n' "$name" "$said"
  done
  return 1
}

# Asks like any client: by the name, over TLS with the certificate checked.
ready_through() {
  # not through a proxy that the environment names
  on "$client" 20 <<<"HTTPS_PROXY='' https_proxy='' kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://$1:$PORT --tls-server-name $FQDN --request-timeout=5s get --raw /readyz"
}
