# Takes a node out of service before it is disturbed, and brings it back. These functions run beside Pulumi, or on PEER:
# a master other than NODE, or NODE itself if it is the only master.
# Variables besides those of cluster.sh: NODE_ADDRESS, ROLE (master, worker), DRAIN_SECONDS, LOAD_BALANCERS (names;
# empty: none), STATS_SOCKET (of HAProxy), BACKEND (the section with HAProxy's checks of the API servers).

# choose_peer: sets PEER and API.
choose_peer() {
  find_control_plane_node && return
  [[ $ROLE == master && -z $(other_masters) ]] || fail "no master other than $NODE answers as one of the cluster: the errors are above. $NODE was not changed"
  PEER=$NODE API=https://$NODE_ADDRESS:$PORT
}
is_only_master() { [[ $PEER == "$NODE" ]]; }

# take_out_of_service HOW: with `drain`, the node's pods move to other nodes; with `keep-pods`, they stay. Draining comes
# first: it is what fails most often, and until then nothing is disturbed.
take_out_of_service() {
  remote "$PEER" 60 begin_maintenance API NODE
  if [[ $1 == drain ]] && ! is_only_master && ! remote "$PEER" "$((DRAIN_SECONDS + 90))" drain_node API NODE DRAIN_SECONDS >&3; then
    remote "$PEER" 60 end_maintenance API NODE
    fail "$NODE was not drained (see above), so it was not changed. Remove the obstacle, then run the same command again"
  fi
  if [[ $ROLE == master ]] && ! is_only_master; then
    remote "$PEER" 60 take_leadership API PEER NODE NODE_ADDRESS >&3
    leave_load_balancers
  fi
}

# return_to_service: waits until the node is ready.
return_to_service() {
  wait_until_ready >&3
  [[ $ROLE == worker ]] || join_load_balancers
  remote "$PEER" 60 end_maintenance API NODE
}
wait_until_ready() { remote "$PEER" 460 wait_for_node API PEER NODE NODE_ADDRESS ROLE PORT VERSION; }

# On PEER. The annotation lasts until the node is back, so that an interrupted run is completed. It also tells whether
# somebody else had cordoned the node.
begin_maintenance() {
  local cordoned
  [[ -z $(maintenance) ]] || return 0
  cordoned=$(kube get node "$NODE" -o 'jsonpath={.spec.unschedulable}')
  kube annotate node "$NODE" "kube-control/maintenance=${cordoned:+stays-}cordoned"
}
maintenance() { kube get node "$NODE" -o "jsonpath={.metadata.annotations['kube-control/maintenance']}"; }
end_maintenance() {
  [[ $(maintenance) != cordoned ]] || kube uncordon "$NODE"
  kube annotate node "$NODE" kube-control/maintenance-
}

# On PEER.
drain_node() {
  local said
  kube cordon "$NODE"
  said=$(kubectl --server "$API" drain "$NODE" --ignore-daemonsets --delete-emptydir-data --timeout="${DRAIN_SECONDS}s" 2>&1) && return
  say "$NODE was not drained within $DRAIN_SECONDS s: $(drain_obstacles "$said")"
  return 1
}
# drain_obstacles TEXT: prints the pods that kubectl could not evict, with their PodDisruptionBudgets, or its last lines.
drain_obstacles() {
  local pod namespace found=''
  while read -r pod namespace; do
    found+="pod $namespace/$pod is kept by PodDisruptionBudget $(exhausted_budgets "$namespace"); "
  done < <(sed -nE 's/.*error when evicting pods?\/"([^"]+)" -n "([^"]+)".*disruption budget.*/\1 \2/p' <<<"$1" | sort -u)
  [[ -n $found ]] || found=$(tail -n 3 <<<"$1")
  printf '%s' "${found//$'\n'/ }"
}
# exhausted_budgets NAMESPACE: prints the budgets that allow no eviction.
exhausted_budgets() {
  kube -n "$1" get poddisruptionbudgets -o 'jsonpath={range .items[?(@.status.disruptionsAllowed==0)]}{.metadata.name} {end}' |
    sed -E 's/ +$//; s/ / or /g'
}

# On PEER. take_leadership: if NODE leads etcd, PEER leads it afterwards. A planned change of the leader takes
# milliseconds, an election hundreds of them.
take_leadership() {
  local MEMBER_URL=https://$NODE_ADDRESS:2379 status member
  status=$(etcd endpoint status -w json) || { say "etcd on $NODE does not answer: it does not lead" && return 0; }
  [[ $status =~ \"member_id\":([0-9]+) && $status == *"\"leader\":${BASH_REMATCH[1]}"[,\}]* ]] || return 0
  member=$(etcd_members | awk -v n="$PEER" '$3 == n { print $1 }')
  [[ $member =~ ^[0-9A-Za-z]+$ ]] || { echo "etcd lists no member $PEER" && return 1; }
  etcd move-leader "$member"
  say "etcd's leadership moved from $NODE to $PEER"
}

# leave_load_balancers: HAProxy sends no new connections to NODE. Requests that are under way get some seconds to end: they
# may wait for etcd, whose leader has just moved. Then haproxy-watch closes the open connections, so that clients connect
# to another master while this one still answers. A load balancer that does not answer serves no clients, or continues to
# check the API servers by itself.
leave_load_balancers() {
  local name leaving=()
  for name in $LOAD_BALANCERS; do
    if is_up "$name"; then
      remote "$name" 60 server_drains NODE STATS_SOCKET BACKEND >&3
      leaving+=("$name")
    else
      say "$name does not answer: HAProxy there was not told that $NODE is out of service"
    fi
  done
  ((${#leaving[@]})) || return 0
  sleep "${KC_PAUSE:-5}"
  for name in "${leaving[@]}"; do
    remote "$name" 60 server_leaves NODE STATS_SOCKET BACKEND >&3
  done
}
join_load_balancers() {
  local name
  for name in $LOAD_BALANCERS; do
    remote "$name" 90 server_joins NODE STATS_SOCKET BACKEND >&3 || say "$name could not be told that $NODE is back: $NODE stays out of service in HAProxy there until HAProxy reloads"
  done
}

# On a load balancer.
server_drains() {
  [[ -n $(server_status) ]] || return 0
  wait_until 30 "HAProxy to see an API server other than $NODE up" other_server_is_up
  set_server_state drain
}
server_leaves() {
  [[ -n $(server_status) ]] || return 0
  set_server_state maint
  say "$NODE left HAProxy on $(hostname)"
}
server_joins() {
  [[ -n $(server_status) ]] || return 0
  set_server_state ready
  wait_until 60 "HAProxy to see $NODE up" server_is_up
  say "$NODE is back in HAProxy on $(hostname)"
}
set_server_state() {
  local said
  said=$(haproxy_command "set server $BACKEND/$NODE state $1")
  [[ -z ${said//[[:space:]]/} ]] || fail "HAProxy refuses to set the state of $BACKEND/$NODE: $said"
}
haproxy_command() { socat -T 5 - "UNIX-CONNECT:$STATS_SOCKET" <<<"$1"; }
# server_states: prints a line "SERVER STATUS" per API server; nothing if HAProxy does not run, or has no such section.
server_states() {
  [[ ! -S $STATS_SOCKET ]] || haproxy_command 'show stat' |
    awk -F , -v section="$BACKEND" '$1 == section && $2 != "BACKEND" { print $2, $18 }'
}
server_status() { server_states | awk -v n="$NODE" '$1 == n { print $2 }'; }
server_is_up() { server_status | grep '^UP'; }
other_server_is_up() { server_states | awk -v n="$NODE" '$1 != n && $2 ~ /^UP/ { found = 1 } { print } END { exit !found }'; }

# On PEER.
wait_for_node() {
  wait_until 420 "$NODE to be ready" node_is_ready
  say "$NODE is ready"
}
# node_is_ready: prints everything that is missing. If VERSION is empty, any version is accepted.
node_is_ready() {
  local missing='' seen
  seen=$(kube get node "$NODE" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status} {.status.nodeInfo.kubeletVersion}' 2>&1) || missing+="node: $seen; "
  [[ $seen == "True ${VERSION:-v}"* ]] || missing+="node $NODE is Ready: ${seen/ /, kubelet }; "
  [[ -n $missing ]] || kubelet_answers "$NODE" >/dev/null 2>&1 || missing+="the kubelet of $NODE does not answer the API server; "
  [[ $ROLE == worker ]] || missing+=$(missing_of_master "$NODE" "$NODE_ADDRESS")
  [[ -z $missing ]] || { echo "${missing//[[:cntrl:]]/ }" && return 1; }
}
# missing_of_master NAME ADDRESS
missing_of_master() {
  local seen MEMBER_URL=https://$2:2379
  seen=$(kubectl --server "https://$2:$PORT" --request-timeout=5s get --raw /readyz 2>&1) || printf '%s' "the API server of $1 is not ready: $seen; "
  seen=$(etcd endpoint health 2>&1) || printf '%s' "etcd of $1 is not healthy: ${seen##*$'\n'}; "
}

# On PEER. refuse_unhealthy_cluster: another node may be disturbed only if all others serve. An API server on a busy host
# may answer late once.
refuse_unhealthy_cluster() {
  wait_until 90 "the cluster to be healthy, before $NODE is changed (npm run status shows more)" others_are_healthy
}
others_are_healthy() {
  local missing='' name address state nodes
  while read -r name address; do
    [[ $name == "$NODE" ]] || missing+=$(missing_of_master "$name" "$address")
  done <<<"$MASTERS"
  nodes=$(kube get nodes -o 'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}' 2>&1) || { missing+="nodes: $nodes; " && nodes=''; }
  while read -r name state; do
    [[ -z $name || $name == "$NODE" || $state == True ]] || missing+="node $name is not Ready; "
  done <<<"$nodes"
  missing+=$(etcd alarm list 2>&1 | awk '/alarm/ { printf "etcd has an alarm: %s; ", $0 }')
  [[ -z $missing ]] || { echo "${missing//[[:cntrl:]]/ }$NODE was not changed" && return 1; }
}
