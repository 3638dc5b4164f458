# Waits until the cluster is usable. Variables besides those of cluster.sh: NODES (names), NODES_READY (0: there is no
# pod network, so no node becomes Ready and no pod that needs the network runs), SKIPPED (names of nodes that are known
# not to answer), CLUSTER (FQDN:PORT).

create() {
  local name
  # this run ends a deletion that was not completed
  for name in $(other_masters); do
    skipped "$name" || remote "$name" 30 remove_deletion_note || say "$name does not answer"
  done
  find_control_plane_node || fail "no master answers"
  remote "$PEER" 440 wait_for_cluster API PEER MASTERS PORT NODES NODES_READY SKIPPED >&3
}

# delete: runs when the whole cluster is deleted, before any of its nodes is removed.
delete() {
  local name
  for name in $(other_masters); do
    remote "$name" 30 note_deletion CLUSTER || say "$name does not answer"
  done
}

wait_for_cluster() {
  wait_until 300 "the cluster" cluster_usable
  say "nodes: $(kube get nodes --no-headers | awk '{ printf "%s %s; ", $1, $2 }')"
  say "etcd: $(etcd_members | awk '{ printf "%s %s; ", $3, $2 }')"
}

# cluster_usable: prints everything that is missing, on one line. kubectl's output is compared and printed only, never
# evaluated.
cluster_usable() {
  local missing='' name address nodes members others
  nodes=$(kube get nodes -o jsonpath='{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status} {.spec.taints[*].key}{"\n"}{end}' 2>&1) || missing+="nodes: $nodes; "
  members=$(etcd_members 2>&1) || missing+="etcd: $members; "
  for name in $NODES; do
    skipped "$name" && continue
    missing+=$(missing_of_node "$name" <<<"$nodes")
    kubelet_answers "$name" >/dev/null 2>&1 || missing+="the kubelet of $name does not answer the API server; "
  done
  if ((NODES_READY)); then
    others=$(others_not_ready <<<"$nodes")
    missing+=$(missing_of_namespace kube-system "$others")$(missing_of_namespace kube-flannel "$others")
  fi
  while read -r name address; do
    ! skipped "$name" || continue
    kubectl --server "https://$address:$PORT" --request-timeout=5s get --raw /readyz >/dev/null 2>&1 || missing+="the API server of $name is not ready; "
    awk -v n="$name" '$2 == "started" && $3 == n && $5 == "false" { found = 1 } END { exit !found }' <<<"$members" ||
      missing+="etcd has no started voter $name; "
  done <<<"$MASTERS"
  [[ -z $missing ]] || { echo "${missing//[[:cntrl:]]/ }" && return 1; }
}

skipped() { [[ " $SKIPPED " == *" $1 "* ]]; }

# others_not_ready: prints the names of nodes that are neither of this stack nor Ready. After a restore on new machines, these are
# the former masters. Reads lines NODE READY TAINT...
others_not_ready() {
  awk -v nodes="$NODES" '
    BEGIN { split(nodes, list, " "); for (i in list) ours[list[i]] }
    $2 != "True" && !($1 in ours) { print $1 }'
}

# missing_of_node NAME: prints what the node lacks. Reads lines NODE READY TAINT...
missing_of_node() {
  awk -v name="$1" -v network="$NODES_READY" '
    $1 == name {
      registered = 1
      if (network && $2 != "True") printf "node %s is not Ready; ", name
      for (i = 3; network && i <= NF; i++)
        if ($i ~ /^node\.kubernetes\.io\/((disk|memory|pid)-pressure|network-unavailable|not-ready|unreachable)$/ && !seen[$i]++)
          printf "node %s has the taint %s; ", name, $i
    }
    END { if (!registered) printf "node %s is not registered; ", name }' || echo "node $1 could not be checked; "
}

# missing_of_namespace NAMESPACE OTHERS: prints its DaemonSets, Deployments and pods that are not ready, and why. Finished pods
# are ignored: the counts of their DaemonSet or Deployment show whether others replaced them. So are pods on the nodes OTHERS.
# gawk allows no variable named namespace.
missing_of_namespace() {
  local fields='' field items
  for field in .kind .metadata.name .metadata.generation .status.observedGeneration \
    '.status.desiredNumberScheduled}{.spec.replicas' '.status.numberReady}{.status.readyReplicas' \
    .spec.nodeName .status.phase '.status.conditions[?(@.type=="Ready")].status' \
    '.status.conditions[?(@.type=="PodScheduled")].message' \
    '.status.initContainerStatuses[*].state.waiting.reason} {.status.containerStatuses[*].state.waiting.reason' \
    '.status.conditions[?(@.type=="Ready")].message'; do
    fields+="{$field}{\"\\t\"}"
  done
  items=$(kube -n "$1" get daemonsets,deployments,pods -o jsonpath="{range .items[*]}$fields{\"\\n\"}{end}" 2>&1) ||
    { echo "pods of $1: $items; " && return; }
  awk -F '\t' -v ns="$1" -v nodes="$NODES" -v skipped="$SKIPPED" -v others="${2//$'\n'/ }" '
    BEGIN {
      split(nodes, list, " ")
      for (i in list) cluster[list[i]]
      absent = split(others, list, " ")
      for (i in list) silent[list[i]]
      split(skipped, list, " ")
      for (i in list) { silent[list[i]]; if (list[i] in cluster) absent++ }
    }
    $1 == "DaemonSet" { wanted = $5 - absent }
    # all its pods may be on a node that does not answer: Kubernetes moves them after five minutes
    $1 == "Deployment" { wanted = absent ? 0 : $5 }
    $1 == "DaemonSet" || $1 == "Deployment" {
      if ($3 != $4 || $5 !~ /^[0-9]+$/ || $6 !~ /^[0-9]*$/ || $6 + 0 < wanted + 0)
        printf "%s %s/%s is not rolled out: %s of %s pods are ready; ", $1, ns, $2, ($6 == "" ? 0 : $6), $5
    }
    $1 == "Pod" && $8 != "Succeeded" && $8 != "Failed" && $9 != "True" && !($7 in silent) {
      gsub(/^ | $/, "", $11)
      why = $10 != "" ? $10 : $11 != "" ? $11 : $12 != "" ? $12 : $8
      printf "pod %s/%s%s is not Ready: %s; ", ns, $2, ($7 == "" ? "" : " on " $7), why
    }' <<<"$items" || echo "pods of $1 could not be checked; "
}
