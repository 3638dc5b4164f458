# Verifies the load balancers: exactly one of them holds the virtual IP, and the API servers answer through each load
# balancer and through the virtual IP. Load balancers that do not answer are skipped.
# Variables: LOAD_BALANCERS (lines "NAME ADDRESS"), VIRTUAL_IP, PORT, FQDN, FROM (names of masters: the first that can
# do so sends the requests), PREFERRED (the load balancer that must hold the virtual IP if it answers; empty: any of
# them), SKIPPED (names of hosts that are known not to answer).

create() {
  local reachable='' preferred='' unreachable='' client name address
  find_reachable
  wait_until 90 "$VIRTUAL_IP to be held by ${preferred:-exactly one load balancer}" held_by_exactly_one
  say "$VIRTUAL_IP is held by $(<"$kc_dir/holder")"
  wait_until 60 "a master that can ask the API servers" find_client
  client=$(<"$kc_dir/client")
  while read -r name address; do
    wait_until 60 "/readyz through $name, asked from $client" ready_through "$address"
  done <<<"$reachable"
  wait_until 60 "/readyz through $VIRTUAL_IP, asked from $client" ready_through "$VIRTUAL_IP"
  say "/readyz answers through $VIRTUAL_IP"
}

skipped() { [[ " $SKIPPED " == *" $1 "* ]]; }

# find_reachable: sets `reachable` to the load balancers that answer (lines "NAME ADDRESS"), `unreachable` to the names
# of the others, and `preferred` to PREFERRED if it answers.
find_reachable() {
  local name address
  while read -r name address; do
    if skipped "$name" || ! is_up "$name"; then
      say "$name does not answer: skipped"
      unreachable+=" $name"
      continue
    fi
    reachable+=${reachable:+$'\n'}"$name $address"
    [[ $name != "$PREFERRED" ]] || preferred=$name
  done <<<"$LOAD_BALANCERS"
  [[ -n $reachable ]] || fail "no load balancer answers: ${LOAD_BALANCERS//$'\n'/, }"
}

# Output of hosts is compared and printed only, never evaluated.

# holders: prints the names of the load balancers that hold the virtual IP, one per line.
holders() {
  local name seen
  while read -r name _; do
    # ignore what a start file of the login shell writes to standard error
    seen=$(on "$name" 20 <<<"ip -4 -o address show to $VIRTUAL_IP/32" 2>"$kc_dir/said") || { echo "$name: $(<"$kc_dir/said")" && return 1; }
    [[ $seen != *" inet $VIRTUAL_IP/"* ]] || printf '%s\n' "$name"
  done <<<"$reachable"
}

# held_by_exactly_one: succeeds if exactly one load balancer (the preferred one, if set) holds the virtual IP, and
# writes its name to $kc_dir/holder. An unreachable one may hold it: then the later requests to the virtual IP decide.
held_by_exactly_one() {
  local names
  names=$(holders) || { printf '%s\n' "$names" && return 1; }
  [[ -n $names || -z $unreachable ]] || names="${unreachable# } (not seen)"
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
      between+=${between:+ and }$(awk -v name="$name" '$1 == name { print $2 }' <<<"$reachable")
    done
    echo ": they do not hear each other's VRRP adverts. Let IP protocol 112 pass between $between in both directions: in the hosts' packet filters, and in the network's (security groups). Check on each: tcpdump -n ip proto 112"
  fi
}

# find_client: finds the first master that answers and has a working kubectl and the administrator's kubeconfig. Writes
# its name to $kc_dir/client.
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

# ready_through ADDRESS: asks like any client, by the name and over TLS with the certificate checked.
ready_through() {
  # without a proxy from the environment
  on "$client" 20 <<<"HTTPS_PROXY='' https_proxy='' kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://$1:$PORT --tls-server-name $FQDN --request-timeout=5s get --raw /readyz"
}
