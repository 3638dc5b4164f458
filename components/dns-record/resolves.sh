# Waits until DNS resolves the name to one address only on this host. Variables: FQDN, ADDRESS, SECONDS_TO_WAIT.

create() {
  wait_until "$SECONDS_TO_WAIT" "$FQDN to resolve to $ADDRESS on this host" resolves
  say "$FQDN resolves to $ADDRESS"
}

resolves() {
  local seen
  # do not wait until this host's own cache expires
  resolvectl flush-caches >/dev/null 2>&1 || true
  seen=$(dns_addresses "$FQDN") || true
  [[ $seen == "$ADDRESS" ]] || { echo "by DNS it resolves to ${seen:-nothing}" && return 1; }
}
