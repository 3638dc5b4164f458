# Waits until DNS leads this host to one address and to nothing else. Variables: FQDN, ADDRESS, SECONDS_TO_WAIT (seconds).

create() {
  wait_until "$SECONDS_TO_WAIT" "$FQDN to resolve to $ADDRESS on this host" resolves
  say "$FQDN resolves to $ADDRESS"
}

resolves() {
  local seen
  # what this host itself keeps need not be waited for
  resolvectl flush-caches >/dev/null 2>&1 || true
  seen=$(dns_addresses "$FQDN") || true
  [[ $seen == "$ADDRESS" ]] || { echo "by DNS it resolves to ${seen:-nothing}" && return 1; }
}
