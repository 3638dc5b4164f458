# The record's birth and end. Variable besides those of nsupdate.sh: ADDRESS.

create() {
  local seen
  install_packages bind9-dnsutils
  seen=$(records_at "$SERVER" "$SERVER_PORT") || fail "$seen"
  if [[ $seen == "A $ADDRESS" ]]; then
    say "adopted $FQDN, which is at $ADDRESS already"
    return
  fi
  [[ -z $seen ]] || fail "$FQDN has records already: ${seen//$'\n'/, }. Either delete them; or leave a single A record at $ADDRESS, which is then adopted"
  send_update "prereq nxrrset $FQDN. A" "prereq nxrrset $FQDN. CNAME" "update add $FQDN. $TTL A $ADDRESS"
  wait_until 30 "$FQDN at $ADDRESS" answers "$SERVER" "$SERVER_PORT" "A $ADDRESS"
  say "$FQDN is at $ADDRESS"
}

# After its birth the record has one writer, the swap: here it is made again only where it is gone, as on another server.
update() {
  local seen
  install_packages bind9-dnsutils
  seen=$(records_at "$SERVER" "$SERVER_PORT") || fail "$seen"
  [[ -n $seen ]] || create
}

delete() {
  send_update "update delete $FQDN. A"
  wait_until 30 "$FQDN to be gone" answers "$SERVER" "$SERVER_PORT" ""
  say "deleted $FQDN"
}
