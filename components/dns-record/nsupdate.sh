# What the record's scripts share. They run beside Pulumi; the updates are sent from the first host that answers.
# Variables: SERVER, SERVER_PORT, ZONE, FQDN, TTL, KEY_NAME, KEY_ALGORITHM; secret: KEY_SECRET (base64).

# on_any_host FUNCTION [VARIABLE...]: runs a function of this script on the first host that answers, with these variables and
# those above. A failure there ends the step. Returns 1 where for 45 s no host could be used; ERRORS then holds what each said.
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
        # cut off: whatever was done, the next host may do it again
        ((status == 255)) || exit "$status"
        said="the connection broke off"
      fi
      ERRORS+="${ERRORS:+; }$host: ${said//$'\n'/ }"
    done
    ((SECONDS - begin < 45)) || return 1
    sleep 3
  done
}

fail_without_host() { fail "no host can send the update of $FQDN: $ERRORS"; }

# leave WHAT: ends a deletion for which no host answers. A host that answers but cannot be used can be corrected.
leave() {
  [[ $ERRORS != *'Permission denied'* && $ERRORS != *'verification failed'* && $ERRORS != *'sudo:'* && $ERRORS != *'login shell'* ]] || fail_without_host
  say "no host answers: $1 ($ERRORS)"
}

# The functions below run on a host.

prepare_host() {
  lock_host
  install_packages bind9-dnsutils
}

# send_update LINE...: one signed UPDATE message, which takes effect as a whole or not at all.
send_update() {
  (
    umask 077
    printf 'key "%s" {\n  algorithm %s;\n  secret "%s";\n};\n' "$KEY_NAME" "$KEY_ALGORITHM" "$KEY_SECRET" >"$kc_dir/tsig.key"
  )
  printf '%s\n' "server $SERVER $SERVER_PORT" "zone $ZONE" "$@" send | nsupdate -k "$kc_dir/tsig.key" -t 30 ||
    fail "$SERVER took no update of $FQDN (its answer is above): NOTAUTH (BADKEY, BADSIG) means the TSIG key, BADTIME this host's clock, REFUSED the zone's update policy"
}

# point_at ADDRESS: there is no moment without a record.
point_at() { send_update "update delete $FQDN. A" "update add $FQDN. $TTL A $1"; }

# records_at SERVER PORT: "TYPE VALUE" of each record at the name that decides where it leads, a line each. Where the
# server does not say, it fails and prints why: a lost answer is not to be taken for a name without records.
records_at() {
  local type answer status records=''
  for type in A AAAA; do
    answer=$(dig +norecurse +noall +comments +answer +time=3 +tries=2 -p "$2" "@$1" "$FQDN." "$type") ||
      { echo "$1 does not answer on port $2" && return 1; }
    status=$(sed -n 's/^;; ->>HEADER<<-.* status: \([A-Z0-9]*\),.*/\1/p' <<<"$answer")
    [[ $status == NOERROR || $status == NXDOMAIN ]] || { echo "$1 answers ${status:-nothing that is DNS}" && return 1; }
    records+=$(awk -v name="$FQDN." 'tolower($1) == tolower(name) { print $4, $5 }' <<<"$answer")$'\n'
  done
  awk 'NF' <<<"$records" | sort -u
}

# answers SERVER PORT WANTED: does it say just that? What it says instead is printed.
answers() {
  local seen
  seen=$(records_at "$1" "$2") || { echo "$seen" && return 1; }
  [[ $seen == "$3" ]] || { echo "$1 says ${seen:-that there is none}" && return 1; }
}
