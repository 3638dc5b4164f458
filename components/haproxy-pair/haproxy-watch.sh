#!/bin/bash
# Written by kube-control. Ten times a second it does what neither HAProxy nor Keepalived does:
#  - HAProxy exits: release the virtual IP at once, before systemd runs ExecStopPost
#  - HAProxy hangs, which systemd does not notice: release the virtual IP, then kill HAProxy
#  - HAProxy reaches no API server: let a load balancer take the virtual IP that may reach one
#  - an API server is down: close the connections to it, so that clients reconnect to another one
#  - the virtual IP has moved away: close all connections, because packets of their clients no longer arrive here
# It starts no process in normal operation. Arguments: HEALTH_PORT BACKEND VIRTUAL_IP STATS_SOCKET SERVER...
set -uo pipefail

health_port=$1 backend=$2 virtual_ip=$3 stats_socket=$4
servers=("${@:5}")
run=${KUBE_CONTROL_RUN:-/run}
# the path in Debian's haproxy.service
master_socket=/run/haproxy-master.sock
routing_table=${KUBE_CONTROL_ROUTES:-/proc/net/fib_trie}
# Keepalived tracks both files (keepalived.ts)
down_file=$run/haproxy.down no_servers_file=$run/haproxy.no-servers

poll_interval=${KUBE_CONTROL_PERIOD:-0.1} # seconds
answer_timeout=0.5                        # seconds; HAProxy hangs if two answers in a row are late
polls_without_server=10                   # polls without any API server before another load balancer is preferred
polls_before_disconnect=5                 # polls of a down server before its connections are closed: it may only have been slow

# HAProxy may close a connection while this program writes to it
trap '' PIPE

# a pipe without a writer: `read -t` on it pauses without starting a process
exec {idle_fd}<> <(:)
pause() { read -r -t "$1" -u "$idle_fd" || true; }

# The sentinel is an open connection to HAProxy, which the kernel closes the moment HAProxy exits. HAProxy also closes
# it after two idle seconds and at a reload; then HAProxy accepts a new one.
sentinel_fd=
open_sentinel() {
  { exec {sentinel_fd}<>"/dev/tcp/127.0.0.1/$health_port"; } 2>/dev/null || { sentinel_fd= && return 1; }
  printf 'GET / HTTP/1.1\r\nHost: haproxy-watch\r\n\r\n' 1>&"$sentinel_fd" 2>/dev/null
}

# wait_for_poll: returns after the poll interval, or earlier if the sentinel is closed.
wait_for_poll() {
  local status=0
  if [[ -z $sentinel_fd ]] && ! open_sentinel; then
    pause "$poll_interval"
    return
  fi
  # the lines of the answer to the sentinel's request come first
  while ((status == 0)); do
    read -r -t "$poll_interval" -u "$sentinel_fd" 2>/dev/null
    status=$?
  done
  ((status > 128)) || on_sentinel_closed
}

on_sentinel_closed() {
  exec {sentinel_fd}>&-
  if ! open_sentinel; then
    echo 1 >"$down_file"
    marked_down=1
  fi
}

# poll_servers: sets `server_states` to the states of the servers, such as `1 1 0`. Returns 1 if nothing listens on the
# port, and 2 if there is no valid answer in time.
poll_servers() {
  local line="" health_fd
  server_states=
  { exec {health_fd}<>"/dev/tcp/127.0.0.1/$health_port"; } 2>/dev/null || return 1
  printf 'GET / HTTP/1.0\r\n\r\n' 1>&"$health_fd" 2>/dev/null
  # if HAProxy is killed meanwhile, the connection is reset
  while IFS= read -r -t "$answer_timeout" -u "$health_fd" line 2>/dev/null || [[ -n $line ]]; do
    server_states=${line%$'\r'}
    line=
  done
  exec {health_fd}>&-
  [[ $server_states =~ ^[01](\ [01])*$ ]] || return 2
}

# haproxy_command SOCKET COMMAND: prints HAProxy's answer to a command.
haproxy_command() { printf '%s\n' "$2" | timeout 2 socat - "UNIX-CONNECT:$1"; }

# close_sessions SERVER...: closes the connections to these servers, those of HAProxy's old workers too.
close_sessions() {
  local server worker
  for server in "$@"; do haproxy_command "$stats_socket" "shutdown sessions server $backend/$server" >/dev/null; done
  for worker in $(old_workers); do
    for server in "$@"; do haproxy_command "$master_socket" "@!$worker shutdown sessions server $backend/$server" >/dev/null; done
  done
}

# old_workers: prints the PIDs of workers that a reload replaced and that still serve their connections.
old_workers() {
  haproxy_command "$master_socket" "show proc" 2>/dev/null | awk '/^#/ { old = /old workers/ } old && $2 == "worker" { print $1 }'
}

# holds_virtual_ip: is the virtual IP an address of this host?
holds_virtual_ip() {
  local table
  IFS= read -r -d '' table <"$routing_table"
  [[ $table == *"-- $virtual_ip"$'\n'* ]]
}

on_hang() {
  echo "HAProxy does not answer: releasing the virtual IP, then killing HAProxy"
  echo 1 >"$down_file"
  pause 0.2
  marked_down=1
  # systemd restarts it
  systemctl kill --signal KILL haproxy.service
}

on_no_server() {
  echo "no API server is up: another load balancer is preferred"
  echo 1 >"$no_servers_file"
  # release the virtual IP for a moment: with nopreempt its holder keeps it from load balancers of higher priority
  echo 1 >"$down_file"
  pause 0.3
  ! systemctl is-active --quiet haproxy.service || echo 0 >"$down_file"
}

# close_sessions_of_down_servers STATE...: closes the connections to servers that have been down for
# polls_before_disconnect polls.
close_sessions_of_down_servers() {
  local index down=() states=("$@")
  for index in "${!servers[@]}"; do
    if [[ ${states[index]-0} == 1 ]]; then
      polls_down[index]=0
    elif ((++polls_down[index] == polls_before_disconnect)); then
      down+=("${servers[index]}")
    fi
  done
  if ((${#down[@]})); then
    echo "closing the connections to ${down[*]}"
    close_sessions "${down[@]}"
  fi
}

polls_down=()
for _ in "${servers[@]}"; do polls_down+=("$polls_before_disconnect"); done
unanswered=0 held=0 marked_down=0
# no API server counts as up until HAProxy reports one
without_server=$polls_without_server
echo 1 >"$no_servers_file"

while wait_for_poll; do
  poll_servers
  case $? in
    1) unanswered=0 && continue ;; # HAProxy does not run: systemd writes the down file
    2)
      if ((++unanswered == 2)); then
        on_hang
        unanswered=0
      fi
      continue
      ;;
  esac
  unanswered=0
  # HAProxy answers again after this program marked it as down
  ((!marked_down)) || echo 0 >"$down_file"
  marked_down=0

  # shellcheck disable=SC2086
  close_sessions_of_down_servers $server_states
  if [[ $server_states == *1* ]]; then
    ((without_server < polls_without_server)) || echo 0 >"$no_servers_file"
    without_server=0
  elif ((++without_server == polls_without_server)); then
    on_no_server
  fi

  if holds_virtual_ip; then
    held=1
  elif ((held)); then
    held=0
    echo "the virtual IP has moved away: closing all connections"
    close_sessions "${servers[@]}"
  fi
done
