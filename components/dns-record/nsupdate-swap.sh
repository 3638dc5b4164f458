# Points the record elsewhere. Variables besides those of nsupdate.sh: ADDRESS, BIRTH_ADDRESS, NAME_SERVERS.

create() {
  local server
  point_at "$ADDRESS"
  wait_until 30 "$FQDN at $ADDRESS" answers "$SERVER" "$SERVER_PORT" "A $ADDRESS"
  for server in $NAME_SERVERS; do
    wait_until 120 "$FQDN at $ADDRESS on every name server" answers "$server" 53 "A $ADDRESS"
  done
  say "$FQDN is at $ADDRESS"
}

delete() {
  point_at "$BIRTH_ADDRESS"
  say "$FQDN is at $BIRTH_ADDRESS again"
}
