# Joins a node, with a token and a certificate key made for it: they go from a master to the node through this process and
# are stored nowhere. Variables besides those of across.sh: NODE_ADDRESS, ROLE (master, worker), CLUSTER (FQDN:PORT), ENDPOINT,
# ENDPOINT_ADDRESSES, JOIN_CONFIGURATION, UPLOAD_CONFIGURATION, ENCRYPTION_FILE (empty: none), POD_SUBNET, and FORMER_NODE: the
# name under which the host may say that it is a node, where a change of its name or role was confirmed.

create() {
  local attempt STATE OTHER
  find_control_plane_node || fail "no other master answers as one of the cluster ($(other_masters | tr '\n' ' ')): see above what was seen"
  STATE=$(remote "$NODE" 60 node_state)
  remote "$NODE" 30 refuse_node STATE
  refuse_other_identity
  if [[ $STATE == member && -z $OTHER ]]; then
    refuse_other_cluster
    if is_known_to_cluster; then
      keep
      return
    fi
    say "$NODE was removed from the cluster: it joins anew"
  fi
  # a blank host that the cluster knows is a replaced machine
  remove_from_cluster
  [[ $STATE == clean ]] || remote "$NODE" 600 reset_host POD_SUBNET KC_STEP >&3
  [[ $ROLE == worker ]] || remote "$PEER" 120 remove_dead_masters API PEER NODE MASTERS >&3
  remote "$NODE" 150 wait_for_name ENDPOINT ENDPOINT_ADDRESSES
  for attempt in 1 2 3; do
    if attempt_join; then
      say "joined $NODE as $ROLE"
      return
    fi
    say "attempt $attempt to join $NODE failed"
    ((attempt < 3)) || fail "$NODE did not join in 3 attempts"
    undo
    sleep $((attempt * 5))
  done
}

refuse_node() { refuse_state "$STATE"; }

# Sets OTHER: what the host says that it is, where that is something else and may be given up.
refuse_other_identity() {
  OTHER=$(remote "$NODE" 60 other_identity CLUSTER NODE ROLE)
  [[ -z $OTHER || (-n $FORMER_NODE && $OTHER == "$FORMER_NODE, a "*) ]] ||
    fail "the host at $NODE_ADDRESS is $OTHER; expected $NODE, a $ROLE of $CLUSTER: nothing was changed. Correct the configuration; where that node may be given up, there: $(reset_by_hand)"
}

keep() {
  local API
  API=https://$NODE_ADDRESS:$PORT
  remote "$NODE" 240 start_kubelet API CLUSTER NODE ROLE
  say "$NODE is a $ROLE already"
}
# On the node.
start_kubelet() {
  systemctl start kubelet
  [[ $ROLE == worker ]] || wait_until 180 "the API server at $API" api_ready
  # the mark of an earlier version says less
  mark_member
}

# A node of a former cluster with its own authority may hold data: it is not ours to throw away.
refuse_other_cluster() {
  local theirs ours
  ours=$(remote "$PEER" 30 authority)
  theirs=$(remote "$NODE" 30 authority)
  [[ $ours == "$theirs" ]] ||
    fail "$NODE still is a node of another, former cluster; where that may be thrown away, there: $(reset_by_hand)"
}
authority() { sha256sum </etc/kubernetes/pki/ca.crt >&3; }

# Whether the cluster knows this node. An unknown node is reset and joins again, so a missing answer is an error, and "unknown"
# counts when it was said twice.
is_known_to_cluster() {
  local answer attempt unknown=0
  for attempt in 1 2 3 4 5 6; do
    answer=$(remote "$PEER" 90 report_node_known API PEER NODE ROLE) || answer="no answer (exit $?)"
    case $answer in
      known) return 0 ;;
      unknown) ((++unknown < 2)) || return 1 ;;
    esac
    sleep "${KC_PAUSE:-5}"
  done
  fail "$PEER does not say whether the cluster still knows $NODE (last: $answer); nothing was changed"
}
# On the sponsor: is the node registered, and a master's etcd a member?
report_node_known() {
  local node members=''
  node=$(kube get node "$NODE" --ignore-not-found -o name)
  [[ $ROLE == worker ]] || members=$(etcd_members)
  if [[ -n $node ]] && { [[ $ROLE == worker ]] || awk -v n="$NODE" '$3 == n { found = 1 } END { exit !found }' <<<"$members"; }; then
    result known
  else
    result unknown
  fi
}

# One attempt, with everything fresh. Its caller asks whether it failed, so `set -e` is off here.
attempt_join() {
  local CONFIGURATION CERTIFICATE_KEY='' TOKEN printed CA_HASH ENCRYPTION='' output status=0
  if [[ $ROLE == master && -n $ENCRYPTION_FILE ]]; then
    ENCRYPTION=$(remote "$PEER" 30 print_encryption ENCRYPTION_FILE) || return 1
  fi
  [[ $ROLE == worker ]] || CERTIFICATE_KEY=$(od -An -N 32 -t x1 /dev/urandom | tr -d ' \n')
  if ! printed=$(remote "$PEER" 90 mint API NODE UPLOAD_CONFIGURATION CERTIFICATE_KEY); then
    revoke_credentials
    return 1
  fi
  TOKEN=$(word_after --token "$printed")
  CA_HASH=$(word_after --discovery-token-ca-cert-hash "$printed")
  if [[ ! $TOKEN =~ ^[a-z0-9]{6,}\.[a-z0-9]{16}$ || ! $CA_HASH =~ ^sha256:[0-9a-f]+$ ]]; then
    echo "$PEER printed no token and no CA hash"
    revoke_credentials
    return 1
  fi
  CONFIGURATION=${JOIN_CONFIGURATION//@TOKEN@/"$TOKEN"}
  CONFIGURATION=${CONFIGURATION//@CA_HASH@/"$CA_HASH"}
  CONFIGURATION=${CONFIGURATION//@CERTIFICATE_KEY@/"$CERTIFICATE_KEY"}
  output=$(remote "$NODE" 720 join_node CLUSTER NODE ROLE CONFIGURATION ENCRYPTION ENCRYPTION_FILE CGROUP_V1 KC_STEP 2>&1) || status=1
  output=${output//"$TOKEN"/[token]}
  printf '%s\n' "${output//"${CERTIFICATE_KEY:-$TOKEN}"/[certificate key]}"
  revoke_credentials
  return "$status"
}
# They end by themselves as well, in minutes and hours.
revoke_credentials() { remote "$PEER" 60 delete_credentials API NODE ROLE || true; }
word_after() { awk -v w="$1" '{ for (i = 1; i < NF; i++) if ($i == w) print $(i + 1) }' <<<"$2"; }

# On the sponsor.
mint() {
  local printed upload address=${API#https://}
  if [[ -n $CERTIFICATE_KEY ]]; then
    upload=${UPLOAD_CONFIGURATION//@CERTIFICATE_KEY@/"$CERTIFICATE_KEY"}
    printf '%s' "${upload//@ADDRESS@/"${address%:*}"}" >"$kc_dir/upload.yaml"
    kubeadm init phase upload-certs --upload-certs --skip-certificate-key-print --config "$kc_dir/upload.yaml"
  fi
  printed=$(kubeadm token create --ttl 15m --description "kube-control: join of $NODE" --print-join-command)
  result "$printed"
}
print_encryption() { cat "$ENCRYPTION_FILE" >&3; }
delete_credentials() {
  [[ $ROLE == worker ]] || kube -n kube-system delete secret kubeadm-certs --ignore-not-found || true
  # by what they are for: upload-certs makes a token of its own, whose end in two hours ends that secret, and a mint that
  # was cut off has told nobody of its token
  kubeadm token list -o jsonpath='{.token}{"\t"}{.description}{"\n"}' |
    awk -F '\t' -v ours="kube-control: join of $NODE" -v role="$ROLE" \
      '$2 == ours || (role == "master" && /Proxy for managing TTL/) { print substr($1, 1, 6) }' | without_proxy xargs -r kubeadm token delete
}

# On the node.
join_node() {
  local skipped
  lock_host
  mark_begun
  [[ -z $ENCRYPTION ]] || write_file "$ENCRYPTION_FILE" 0600 "$ENCRYPTION"$'\n'
  printf '%s' "$CONFIGURATION" >"$kc_dir/join.yaml"
  skipped=$(skipped_checks)
  kubeadm join --config "$kc_dir/join.yaml" ${skipped:+"$skipped"}
  mark_member
}

reset_host() {
  lock_host
  reset_node
}

# Takes back what a failed join has left in the cluster and on the node.
undo() {
  remove_from_cluster
  remote "$NODE" 600 reset_host POD_SUBNET KC_STEP >&3
}
remove_from_cluster() { remote "$PEER" 120 remove_joining_node API PEER NODE NODE_ADDRESS ROLE >&3; }
# On the sponsor.
remove_joining_node() {
  [[ $ROLE == worker ]] || wait_until 60 "etcd to remove the member $NODE" remove_etcd_member
  delete_node_object
}

# On the sponsor. kubeadm joins nobody while a member of etcd does not answer: a master that is dead, and no longer in the
# settings, leaves before its own deletion comes.
remove_dead_masters() {
  local id name url members
  members=$(etcd_members)
  while read -r id _ name url _; do
    if [[ $name == - || $name == "$NODE" || -n $(address_of "$name") ]] || answers "$url"; then
      continue
    fi
    [[ $id =~ ^[0-9A-Za-z][0-9A-Za-z-]*$ && $name =~ ^[0-9A-Za-z.-]+$ ]] || { echo "etcd names a member $id $name" && return 1; }
    etcd member remove "$id" </dev/null
    kube delete node "$name" --ignore-not-found --wait=false </dev/null
    say "took $name, which is dead and no longer in the settings, out of the cluster"
  done <<<"$members"
}
# answers URL: does anything listen there?
answers() {
  [[ $1 =~ ^https://([0-9.]+):([0-9]+)$ ]] || return 1
  timeout 3 bash -c "exec 4<>/dev/tcp/${BASH_REMATCH[1]}/${BASH_REMATCH[2]}" 2>/dev/null
}
