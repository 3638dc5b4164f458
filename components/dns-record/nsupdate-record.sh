# Creates and deletes the record. Variables besides those of nsupdate.sh: ADDRESS; ADOPTABLE (further addresses with
# which an existing record is adopted).

create() { on_any_host create_record ADDRESS ADOPTABLE || fail_without_host; }
update() { on_any_host restore_missing_record ADDRESS ADOPTABLE || fail_without_host; }
delete() { on_any_host delete_record || skip_deletion "the record $FQDN remains on $SERVER"; }

create_record() {
  install_dnsutils
  adopt_or_add
}

# restore_missing_record: once the record exists, only nsupdate-swap.sh changes it. It is created again if it is
# missing, for example on another server.
restore_missing_record() {
  local seen
  install_dnsutils
  seen=$(records_at "$SERVER" "$SERVER_PORT") || fail "$seen"
  [[ -n $seen ]] || adopt_or_add
}

adopt_or_add() {
  local seen address
  seen=$(records_at "$SERVER" "$SERVER_PORT") || fail "$seen"
  for address in $ADDRESS $ADOPTABLE; do
    if [[ $seen == "A $address" ]]; then
      say "adopted $FQDN, which already has the address $address"
      return
    fi
  done
  [[ -z $seen ]] || fail "$FQDN has records already: ${seen//$'\n'/, }. Either delete them; or leave a single A record at $ADDRESS${ADOPTABLE:+ or ${ADOPTABLE// / or }}, which is then adopted. If another stack uses the name, give this one its own: kube-control:endpoint.fqdn"
  send_update "prereq nxrrset $FQDN. A" "prereq nxrrset $FQDN. CNAME" "update add $FQDN. $TTL A $ADDRESS"
  wait_until 30 "$FQDN at $ADDRESS" answers "$SERVER" "$SERVER_PORT" "A $ADDRESS"
  say "$FQDN is at $ADDRESS"
}

delete_record() {
  install_dnsutils
  send_update "update delete $FQDN. A"
  wait_until 30 "$FQDN to have no record" answers "$SERVER" "$SERVER_PORT" ""
  say "deleted $FQDN"
}
