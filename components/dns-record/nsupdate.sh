# Sends DNS updates from the first host that answers. Shared by nsupdate-record.sh and nsupdate-swap.sh, which run
# beside Pulumi.
# Variables: SERVER, SERVER_PORT, ZONE, FQDN, TTL, KEY_NAME, KEY_ALGORITHM; secret: KEY_SECRET (base64).

# on_any_host FUNCTION [VARIABLE...]: runs a function of this script on the first host that answers, with these
# variables and those above. A failure there ends the step. Returns 1 if no host could be used for 45 s, with each
# host's error in ERRORS.
on_any_host() {
  local host said status begin=$SECONDS
  while true; do
    ERRORS=''
    for host in $(awk '{ print $1 }' <<<"$KC_HOSTS"); do
      if said=$(on "$host" 20 <<<'true' 2>&1); then
        status=0
        echo "through $host:"
        remote "$host" 600 "$@" SERVER SERVER_PORT ZONE FQDN TTL KEY_NAME KEY_ALGORITHM KEY_SECRET KC_STEP >&3 || status=$?
        ((status != 0)) || return 0
        # the connection broke: the functions may be repeated on the next host
        ((status == 255)) || exit "$status"
        said="the connection broke"
      fi
      ERRORS+="${ERRORS:+; }$host: ${said//$'\n'/ }"
    done
    ((SECONDS - begin < 45)) || return 1
    sleep 3
  done
}

fail_without_host() { fail "no host can send the update of $FQDN: $ERRORS"; }

# skip_deletion WHAT: ends a deletion if no host answers. If a host answers but cannot be used, the deletion fails.
skip_deletion() {
  ! must_be_corrected "$ERRORS" || fail_without_host
  say "no host answers: $1 ($ERRORS)"
}

# The functions below run on a host.

install_dnsutils() {
  lock_host
  install_packages bind9-dnsutils
}

# send_update LINE...: sends one signed UPDATE message, which is applied completely or not at all.
send_update() {
  (
    umask 077
    printf 'key "%s" {\n  algorithm %s;\n  secret "%s";\n};\n' "$KEY_NAME" "$KEY_ALGORITHM" "$KEY_SECRET" >"$kc_dir/tsig.key"
  )
  printf '%s\n' "server $SERVER $SERVER_PORT" "zone $ZONE" "$@" send | nsupdate -k "$kc_dir/tsig.key" -t 30 ||
    fail "$SERVER did not accept the update of $FQDN (its answer is above). Check the TSIG key for NOTAUTH (BADKEY, BADSIG), this host's clock for BADTIME, the zone's update policy for REFUSED"
}

# point_at ADDRESS: replaces the record in one update, so that the name always resolves.
point_at() { send_update "update delete $FQDN. A" "update add $FQDN. $TTL A $1"; }

# records_at SERVER PORT: prints "TYPE VALUE" of each record that decides where the name resolves to, one per line. If
# there is no valid answer, it fails and prints why: that must not be mistaken for a name without records.
records_at() {
  local type answer status records=''
  for type in A AAAA; do
    answer=$(dig +norecurse +noall +comments +answer +time=3 +tries=2 -p "$2" "@$1" "$FQDN." "$type") ||
      { echo "$1 does not answer on port $2" && return 1; }
    status=$(sed -n 's/^;; ->>HEADER<<-.* status: \([A-Z0-9]*\),.*/\1/p' <<<"$answer")
    [[ $status == NOERROR || $status == NXDOMAIN ]] || { echo "$1 answers ${status:-no valid DNS message}" && return 1; }
    records+=$(awk -v name="$FQDN." 'tolower($1) == tolower(name) { print $4, $5 }' <<<"$answer")$'\n'
  done
  awk 'NF' <<<"$records" | sort -u
}

# answers SERVER PORT EXPECTED: does the server return just these records? Prints what it returns instead.
answers() {
  local seen
  seen=$(records_at "$1" "$2") || { echo "$seen" && return 1; }
  [[ $seen == "$3" ]] || { echo "$1 returns ${seen:-no record}" && return 1; }
}
