# Head of a script that runs beside Pulumi and reaches several hosts. Set before it: KC_HOSTS (lines "NAME USER@ADDRESS:PORT"),
# KC_KNOWN_HOSTS, KC_KEY_FILE.

# on HOST [SECONDS]: runs the bash text on standard input as root there; the host's key is pinned, dialling is bounded.
on() {
  local name=$1 seconds=${2:-600} login port
  [[ -e $kc_dir/known_hosts ]] || printf '%s' "$KC_KNOWN_HOSTS" >"$kc_dir/known_hosts"
  login=$(awk -v n="$name" '$1 == n { print $2 }' <<<"$KC_HOSTS")
  [[ -n $login ]] || fail "no host named $name"
  port=${login##*:} login=${login%:*}
  timeout --kill-after=5 "$seconds" ssh -o BatchMode=yes -o ConnectTimeout=8 -o ConnectionAttempts=2 \
    -o ServerAliveInterval=5 -o ServerAliveCountMax=3 -o StrictHostKeyChecking=yes -o GlobalKnownHostsFile=/dev/null \
    -o UserKnownHostsFile="$kc_dir/known_hosts" -o UpdateHostKeys=no \
    -o LogLevel=ERROR -o IdentitiesOnly=yes -i "$KC_KEY_FILE" -p "$port" "$login" \
    '$([ "$(id -u)" = 0 ] || echo sudo -n) bash -s'
}

# reachable HOST: can it be dialled within a few seconds?
reachable() { on "$1" 20 <<<'true' >/dev/null 2>&1; }
