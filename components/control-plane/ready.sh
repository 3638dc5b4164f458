# Waits until the cluster is whole. Variables besides those of across.sh: NODES (names), NODES_READY (0: there is no pod
# network, so no node can be Ready).

create() {
  find_sponsor || fail "no master answers"
  remote "$SPONSOR" 400 wait_for_cluster API SPONSOR MASTERS PORT NODES NODES_READY >&3
}

wait_for_cluster() {
  wait_until 300 "the cluster" cluster_whole
  say "nodes: $(kube get nodes --no-headers | awk '{ printf "%s %s; ", $1, $2 }')"
  say "etcd: $(etcd_members | awk '{ printf "%s %s; ", $3, $2 }')"
}

# Says everything that is missing, in one line.
cluster_whole() {
  local missing='' name address nodes members
  nodes=$(kube get nodes -o jsonpath='{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}' 2>&1) || missing+="nodes: $nodes; "
  members=$(etcd_members 2>&1) || missing+="etcd: $members; "
  for name in $NODES; do
    if ! grep -q "^$name " <<<"$nodes"; then
      missing+="node $name is not registered; "
    elif ((NODES_READY)) && ! grep -qx "$name True" <<<"$nodes"; then
      missing+="node $name is not Ready; "
    fi
  done
  while read -r name address; do
    kubectl --server "https://$address:$PORT" --request-timeout=5s get --raw /readyz >/dev/null 2>&1 || missing+="the API server of $name is not ready; "
    awk -v n="$name" '$2 == "started" && $3 == n && $5 == "false" { found = 1 } END { exit !found }' <<<"$members" ||
      missing+="etcd has no started voter $name; "
  done <<<"$MASTERS"
  [[ -z $missing ]] || { echo "$missing" && return 1; }
}
