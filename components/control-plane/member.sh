# Compares a node with what init.sh, join.sh and kubeadm made of it (host/check.sh); changes nothing. It uses functions
# of cluster.sh on the node itself. Variables besides those of cluster.sh: NODE, NODE_ADDRESS, ROLE (master, worker),
# CLUSTER (FQDN:PORT).

check() {
  local state other PEER=$NODE API=https://$NODE_ADDRESS:$PORT
  state=$(node_state 3>&1)
  if [[ $state != member ]]; then
    differs Kubernetes "is ${state/clean/not set up} on this host, expected a $ROLE of $CLUSTER"
    return
  fi
  other=$(other_identity 3>&1)
  if [[ -n $other ]]; then
    note Kubernetes "is $other on this host, expected $NODE, a $ROLE of $CLUSTER"
    return
  fi
  expect_unit containerd
  expect_unit kubelet
  has_read kubelet /var/lib/kubelet/config.yaml || differs kubelet.service "does not run with its configuration file, which was changed later"
  write_kept_files
  if [[ $ROLE == master ]]; then
    check_master
  fi
  check_node
}

check_master() {
  local said members name
  export KUBECONFIG=/etc/kubernetes/admin.conf
  if ! said=$(api_ready 2>&1); then
    differs "API server" "is not ready: ${said//$'\n'/; }"
    return
  fi
  if ! members=$(etcd_members 2>&1); then
    differs etcd "is not readable: ${members//$'\n'/; }"
  elif ! awk -v n="$NODE" '$2 == "started" && $3 == n && $5 == "false" { found = 1 } END { exit !found }' <<<"$members"; then
    differs etcd "has no started voting member $NODE"
  else
    # members of hosts that are not in the configuration
    while read -r name; do
      [[ -n $(address_of "$name") ]] || note "etcd member $name" "belongs to no master of the configuration"
    done < <(awk '{ print $3 }' <<<"$members")
  fi
}

# check_node: with kubelet's own kubeconfig, because a worker has no other one. It may read its own node.
check_node() {
  local seen ready unschedulable role
  if ! seen=$(KUBECONFIG=/etc/kubernetes/kubelet.conf kubectl --request-timeout=10s get node "$NODE" --ignore-not-found \
    -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status} {.spec.unschedulable} {.metadata.labels}' 2>&1); then
    differs "node $NODE" "cannot be read through $CLUSTER: ${seen//$'\n'/; }"
  elif [[ -z ${seen// /} ]]; then
    differs "node $NODE" "is not registered"
  else
    ready=${seen%% *} unschedulable=${seen#* } role=${seen#* * }
    unschedulable=${unschedulable%% *}
    expect "node $NODE, condition Ready" True "$ready"
    [[ $ROLE == worker || $role == *'"node-role.kubernetes.io/control-plane"'* ]] ||
      differs "node $NODE" "has no label node-role.kubernetes.io/control-plane"
    [[ $unschedulable != true ]] || note "node $NODE" "is cordoned. To undo that: kubectl uncordon $NODE"
  fi
}
