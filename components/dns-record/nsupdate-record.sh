# Makes the record, and deletes it. Variables besides those of nsupdate.sh: ADDRESS; ADOPTABLE, further addresses at which a
# record that exists is taken over.

create() { on_any_host make_record ADDRESS ADOPTABLE || fail_without_host; }
update() { on_any_host restore_missing_record ADDRESS ADOPTABLE || fail_without_host; }
delete() { on_any_host delete_record || leave "the record $FQDN remains on $SERVER"; }

make_record() {
  prepare_host
  adopt_or_add
}

# Once the record exists, only the swap writes it: here it is made again where it is gone, as on another server.
restore_missing_record() {
  local seen
  prepare_host
  seen=$(records_at "$SERVER" "$SERVER_PORT") || fail "$seen"
  [[ -n $seen ]] || adopt_or_add
}

adopt_or_add() {
  local seen address
  seen=$(records_at "$SERVER" "$SERVER_PORT") || fail "$seen"
  for address in $ADDRESS $ADOPTABLE; do
    if [[ $seen == "A $address" ]]; then
      say "adopted $FQDN, which is at $address already"
      return
    fi
  done
  [[ -z $seen ]] || fail "$FQDN has records already: ${seen//$'\n'/, }. Either delete them; or leave a single A record at $ADDRESS${ADOPTABLE:+ or ${ADOPTABLE// / or }}, which is then adopted. Where another stack has the name, give this one its own: kube-control:endpoint.fqdn"
  send_update "prereq nxrrset $FQDN. A" "prereq nxrrset $FQDN. CNAME" "update add $FQDN. $TTL A $ADDRESS"
  wait_until 30 "$FQDN at $ADDRESS" answers "$SERVER" "$SERVER_PORT" "A $ADDRESS"
  say "$FQDN is at $ADDRESS"
}

delete_record() {
  prepare_host
  send_update "update delete $FQDN. A"
  wait_until 30 "$FQDN to be gone" answers "$SERVER" "$SERVER_PORT" ""
  say "deleted $FQDN"
}
