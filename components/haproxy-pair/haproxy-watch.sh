#!/bin/bash
# Written by kube-control. What neither HAProxy nor Keepalived does about each other, ten times a second:
#  - a HAProxy that ends loses the virtual IP at once, before systemd has started anything that would say so
#  - a HAProxy that hangs is no end that systemd would see: the virtual IP leaves it, then it is killed
#  - a HAProxy that reaches no API server hands the virtual IP to one that may
#  - connections to an API server that is down are ended, so that their clients open them anew elsewhere
#  - so are all connections when the virtual IP has left: nothing that their clients send arrives here any more
# It starts no process while all is well. Arguments: HEALTH_PORT BACKEND VIRTUAL_IP STATS_SOCKET SERVER...
set -uo pipefail

health_port=$1 backend=$2 virtual_ip=$3 socket=$4
servers=("${@:5}")
run=${KUBE_CONTROL_RUN:-/run}
# of Debian's unit
master=/run/haproxy-master.sock
routes=${KUBE_CONTROL_ROUTES:-/proc/net/fib_trie}
down=$run/haproxy.down blind=$run/haproxy.blind

period=${KUBE_CONTROL_PERIOD:-0.1} # seconds between two looks
patience=0.5  # for an answer; two in a row that fail are a HAProxy that hangs
despair=10    # looks without any API server until another load balancer is preferred
grace=2       # looks from a server's end to that of its connections: those under way find another server meanwhile

# HAProxy may end a connection that is being written to
trap '' PIPE

# a pipe that nobody writes to: reading from it with a limit is a pause without a process
exec {never}<> <(:)
pause() { read -r -t "$1" -u "$never" || true; }

# A connection to wait on: the kernel closes it the moment HAProxy ends. So does HAProxy after two idle seconds, and at a
# reload; but then there is a HAProxy that takes the next one.
lifeline=
hold_lifeline() {
  { exec {lifeline}<>"/dev/tcp/127.0.0.1/$health_port"; } 2>/dev/null || { lifeline= && return 1; }
  printf 'GET / HTTP/1.1\r\nHost: haproxy-watch\r\n\r\n' 1>&"$lifeline" 2>/dev/null
}

# Until the next look, or HAProxy's end.
rest() {
  local status=0
  if [[ -z $lifeline ]] && ! hold_lifeline; then
    pause "$period"
    return
  fi
  # the answer to the one request comes first
  while ((status == 0)); do
    read -r -t "$period" -u "$lifeline" 2>/dev/null
    status=$?
  done
  ((status > 128)) || lifeline_ended
}

lifeline_ended() {
  exec {lifeline}>&-
  if ! hold_lifeline; then
    echo 1 >"$down"
    given_up=1
  fi
}

# ask: sets `answer` to the servers' states, `1 1 0`. Fails with 1 where nobody listens, with 2 where nobody answers.
ask() {
  local line="" health
  answer=
  { exec {health}<>"/dev/tcp/127.0.0.1/$health_port"; } 2>/dev/null || return 1
  printf 'GET / HTTP/1.0\r\n\r\n' 1>&"$health" 2>/dev/null
  # a HAProxy that is killed meanwhile resets the connection
  while IFS= read -r -t "$patience" -u "$health" line 2>/dev/null || [[ -n $line ]]; do
    answer=${line%$'\r'}
    line=
  done
  exec {health}>&-
  [[ $answer =~ ^[01](\ [01])*$ ]] || return 2
}

# tell SOCKET COMMAND: what HAProxy says to it.
tell() { printf '%s\n' "$2" | timeout 2 socat - "UNIX-CONNECT:$1"; }

# end_sessions SERVER...: HAProxy ends the connections that go to these, those too that it took before it was reloaded.
end_sessions() {
  local server worker
  for server in "$@"; do tell "$socket" "shutdown sessions server $backend/$server" >/dev/null; done
  for worker in $(old_workers); do
    for server in "$@"; do tell "$master" "@!$worker shutdown sessions server $backend/$server" >/dev/null; done
  done
}

# The processes of earlier configurations, which serve what connections they have.
old_workers() {
  tell "$master" "show proc" 2>/dev/null | awk '/^#/ { old = /old workers/ } old && $2 == "worker" { print $1 }'
}

# holds: whether the virtual IP is an address of this host.
holds() {
  local table
  IFS= read -r -d '' table <"$routes"
  [[ $table == *"-- $virtual_ip"$'\n'* ]]
}

hung() {
  echo "HAProxy does not answer: the virtual IP leaves, and HAProxy is killed"
  echo 1 >"$down"
  pause 0.2
  given_up=1
  # systemd starts it again
  systemctl kill --signal KILL haproxy.service
}

reaches_nobody() {
  echo "no API server is up: another load balancer is preferred"
  echo 1 >"$blind"
  # a moment without: whoever holds the virtual IP would keep it from one with a higher priority
  echo 1 >"$down"
  pause 0.3
  ! systemctl is-active --quiet haproxy.service || echo 0 >"$down"
}

# look_at_servers STATE...: ends the connections of those that went down a while ago.
look_at_servers() {
  local index gone=() states=("$@")
  for index in "${!servers[@]}"; do
    if [[ ${states[index]-0} == 1 ]]; then
      since[index]=0
    elif ((++since[index] == grace)); then
      gone+=("${servers[index]}")
    fi
  done
  if ((${#gone[@]})); then
    echo "ends the connections to ${gone[*]}"
    end_sessions "${gone[@]}"
  fi
}

since=()
for _ in "${servers[@]}"; do since+=("$grace"); done
unanswered=0 held=0 given_up=0
# until an API server is seen, none is known of
without=$despair
echo 1 >"$blind"

while rest; do
  ask
  case $? in
    1) unanswered=0 && continue ;; # it does not run, as systemd knows
    2)
      if ((++unanswered == 2)); then
        hung
        unanswered=0
      fi
      continue
      ;;
  esac
  unanswered=0
  # it has come to itself, or was started again, which systemd has noted
  ((!given_up)) || echo 0 >"$down"
  given_up=0

  # shellcheck disable=SC2086
  look_at_servers $answer
  if [[ $answer == *1* ]]; then
    ((without < despair)) || echo 0 >"$blind"
    without=0
  elif ((++without == despair)); then
    reaches_nobody
  fi

  if holds; then
    held=1
  elif ((held)); then
    held=0
    echo "the virtual IP has left: ends the connections"
    end_sessions "${servers[@]}"
  fi
done
