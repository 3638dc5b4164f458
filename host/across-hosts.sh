# Head of a script that runs beside Pulumi and reaches several hosts. Set before it: KC_HOSTS (lines "NAME USER@ADDRESS:PORT"),
# KC_KNOWN_HOSTS, KC_KEY_FILE.

# on HOST [SECONDS]: runs the bash text on standard input as root there; the host's key is pinned, dialling is bounded.
on() {
  local name=$1 seconds=${2:-600} login port status=0
  if [[ ! -e $kc_dir/known_hosts ]]; then
    # whole or not at all: hosts may be reached side by side
    printf '%s' "$KC_KNOWN_HOSTS" >"$kc_dir/known_hosts.$BASHPID"
    mv -f "$kc_dir/known_hosts.$BASHPID" "$kc_dir/known_hosts"
  fi
  login=$(awk -v n="$name" '$1 == n { print $2 }' <<<"$KC_HOSTS")
  [[ -n $login ]] || fail "no host named $name"
  port=${login##*:} login=${login%:*}
  # the operator's own ssh configuration stays out of it: a shared connection would check no host key.
  # In the foreground, so that what ends the step ends this too; bounded over there as well, where ssh may be cut off
  timeout --foreground --kill-after=5 "$((seconds + 10))" ssh -F none -o BatchMode=yes -o ConnectTimeout=8 -o ConnectionAttempts=2 \
    -o ServerAliveInterval=5 -o ServerAliveCountMax=3 -o StrictHostKeyChecking=yes -o GlobalKnownHostsFile=/dev/null \
    -o UserKnownHostsFile="$kc_dir/known_hosts" -o UpdateHostKeys=no \
    -o LogLevel=ERROR -o IdentitiesOnly=yes -i "$KC_KEY_FILE" -p "$port" "$login" \
    '$([ "$(id -u)" = 0 ] || echo sudo -n)'" timeout --kill-after=5 $seconds bash -s" || status=$?
  case $status in
    124 | 137) echo "error: $name: not done after $seconds s, ended" >&2 ;;
    255) echo "error: $name: ssh could not reach $login port $port, or was cut off" >&2 ;;
  esac
  return "$status"
}

# reachable HOST: can it be dialled within a few seconds?
reachable() { on "$1" 20 <<<'true' >/dev/null 2>&1; }

# alive HOST: 0 where it can be dialled, 1 where for 45 s nobody answered there. What an answering host says instead (a refused
# key, no sudo) ends the step: it is no sign of death.
alive() {
  local said begin=$SECONDS
  until said=$(on "$1" 20 <<<'true' 2>&1); do
    if ((SECONDS - begin < 45)) && [[ $said != *'Permission denied'* && $said != *'verification failed'* && $said != *'sudo:'* ]]; then
      sleep 3
      continue
    fi
    [[ $said == *'timed out'* || $said == *'Connection refused'* || $said == *'No route to host'* || $said == *unreachable* ]] ||
      fail "$1 can neither be used nor taken for dead: $said"
    return 1
  done
}
