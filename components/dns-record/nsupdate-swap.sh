# Points the record at another address. Variables besides those of nsupdate.sh: ADDRESS, INITIAL_ADDRESS, NAME_SERVERS.

create() { on_any_host swap ADDRESS NAME_SERVERS || fail_without_host; }
delete() { on_any_host swap_back INITIAL_ADDRESS || skip_deletion "the record $FQDN stays at $ADDRESS"; }

# check: runs on a host, and compares the record with what swap() writes (host/check.sh).
check() {
  local server seen
  seen=$(records_at "$SERVER" "$SERVER_PORT") || true
  expect "record $FQDN at $SERVER" "A $ADDRESS" "${seen//$'\n'/, }"
  for server in $NAME_SERVERS; do
    seen=$(records_at "$server" 53) || true
    expect "record $FQDN at $server" "A $ADDRESS" "${seen//$'\n'/, }"
  done
}

swap() {
  local server
  install_dnsutils
  point_at "$ADDRESS"
  wait_until 30 "$FQDN at $ADDRESS" answers "$SERVER" "$SERVER_PORT" "A $ADDRESS"
  for server in $NAME_SERVERS; do
    wait_until 120 "$FQDN at $ADDRESS on every name server" answers "$server" 53 "A $ADDRESS"
  done
  say "$FQDN is at $ADDRESS"
}

swap_back() {
  install_dnsutils
  point_at "$INITIAL_ADDRESS"
  say "$FQDN is at $INITIAL_ADDRESS again"
}
