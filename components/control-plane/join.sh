# Joins a node with a token and a certificate key that are created for this join. They go from a master to the node
# through this process and are stored nowhere. Variables besides those of cluster.sh: NODE_ADDRESS, ROLE (master,
# worker), CLUSTER (FQDN:PORT), ENDPOINT, ENDPOINT_ADDRESSES, JOIN_CONFIGURATION, UPLOAD_CONFIGURATION, ENCRYPTION_FILE
# (empty: none), POD_SUBNET, CGROUP_V1, and FORMER_NODE: the host's former name as a node, if a change of its name or
# role was confirmed.

create() {
  local attempt STATE OTHER
  find_control_plane_node || fail "no other master answers as one of the cluster ($(other_masters | tr '\n' ' ')): the errors are above"
  STATE=$(remote "$NODE" 60 node_state)
  remote "$NODE" 30 refuse_node STATE
  refuse_other_identity
  if [[ $STATE == member && -z $OTHER ]]; then
    refuse_other_cluster
    if is_known_to_cluster; then
      keep_node
      return
    fi
    say "$NODE was removed from the cluster: joining it again"
  fi
  # if the cluster knows a blank host, its machine was replaced
  remove_from_cluster
  [[ $STATE == clean ]] || remote "$NODE" 600 reset_host POD_SUBNET KC_STEP kept >&3
  [[ $ROLE == worker ]] || remote "$PEER" 120 remove_dead_masters API PEER NODE MASTERS >&3
  remote "$NODE" 150 wait_for_name ENDPOINT ENDPOINT_ADDRESSES
  for attempt in 1 2 3; do
    if attempt_join; then
      say "joined $NODE as $ROLE"
      return
    fi
    say "attempt $attempt to join $NODE failed"
    ((attempt < 3)) || fail "$NODE did not join in 3 attempts"
    undo_join
    sleep $((attempt * 5))
  done
}

refuse_node() { refuse_state "$STATE"; }

# refuse_other_identity: fails if the host is another node. Sets OTHER to the host's identity if it is FORMER_NODE,
# which may be reset.
refuse_other_identity() {
  OTHER=$(remote "$NODE" 60 other_identity CLUSTER NODE ROLE)
  [[ -z $OTHER || (-n $FORMER_NODE && $OTHER == "$FORMER_NODE, a "*) ]] ||
    fail "the host at $NODE_ADDRESS is $OTHER; expected $NODE, a $ROLE of $CLUSTER: nothing was changed. Correct the configuration; or if that node may be deleted, run there: $(reset_by_hand)"
}

keep_node() {
  local API_OF_PEER=$API API=https://$NODE_ADDRESS:$PORT
  remote "$NODE" 300 start_node API CLUSTER NODE ROLE KC_STEP kept ${KC_GENERATION:+KC_GENERATION} >&3
  API=$API_OF_PEER
  [[ $ROLE == worker ]] || remote "$PEER" 60 label_master API NODE
  say "$NODE is already a $ROLE"
}
# On the node.
start_node() {
  lock_host
  repair_files
  systemctl start kubelet
  [[ $ROLE == worker ]] || wait_until 180 "the API server at $API" api_ready
  # the mark of an earlier version has fewer lines
  mark_member
  keep_files
}
# On PEER. kubeadm sets the label.
label_master() { kube label --overwrite node "$NODE" node-role.kubernetes.io/control-plane=; }

# refuse_other_cluster: a node of a former cluster, with another CA, may hold data, so it is not reset.
refuse_other_cluster() {
  local of_node of_cluster
  of_cluster=$(remote "$PEER" 30 ca_digest)
  of_node=$(remote "$NODE" 30 ca_digest)
  [[ $of_cluster == "$of_node" ]] ||
    fail "$NODE is still a node of another, former cluster; if its data may be deleted, run there: $(reset_by_hand)"
}
ca_digest() { sha256sum </etc/kubernetes/pki/ca.crt >&3; }

# is_known_to_cluster: does the cluster know this node? An unknown node is reset and joined again, so a missing answer
# is an error, and "unknown" counts only after two such answers.
is_known_to_cluster() {
  local answer attempt unknown=0
  for attempt in 1 2 3 4 5 6; do
    answer=$(remote "$PEER" 90 report_node API PEER NODE ROLE) || answer="no answer (exit $?)"
    case $answer in
      known) return 0 ;;
      unknown) ((++unknown < 2)) || return 1 ;;
    esac
    sleep "${KC_PAUSE:-5}"
  done
  fail "$PEER does not report whether the cluster knows $NODE (last answer: $answer); nothing was changed"
}
# On PEER. report_node: prints `known` if the node is registered and, on a master, its etcd is a member.
report_node() {
  local node members=''
  node=$(kube get node "$NODE" --ignore-not-found -o name)
  [[ $ROLE == worker ]] || members=$(etcd_members)
  if [[ -n $node ]] && { [[ $ROLE == worker ]] || awk -v n="$NODE" '$3 == n { found = 1 } END { exit !found }' <<<"$members"; }; then
    say known
  else
    say unknown
  fi
}

# attempt_join: one attempt, with new credentials. Its caller uses it as a condition, so `set -e` has no effect here.
attempt_join() {
  local CONFIGURATION CERTIFICATE_KEY='' TOKEN printed CA_HASH ENCRYPTION='' PEER_FILES='' output status=0
  if [[ $ROLE == master && -n $ENCRYPTION_FILE ]]; then
    ENCRYPTION=$(remote "$PEER" 30 read_encryption ENCRYPTION_FILE) || return 1
  fi
  if [[ $ROLE == master ]]; then
    PEER_FILES=$(remote "$PEER" 30 read_control_plane_files) || return 1
  fi
  [[ $ROLE == worker ]] || CERTIFICATE_KEY=$(od -An -N 32 -t x1 /dev/urandom | tr -d ' \n')
  if ! printed=$(remote "$PEER" 90 create_credentials API NODE UPLOAD_CONFIGURATION CERTIFICATE_KEY); then
    delete_credentials
    return 1
  fi
  TOKEN=$(word_after --token "$printed")
  CA_HASH=$(word_after --discovery-token-ca-cert-hash "$printed")
  if [[ ! $TOKEN =~ ^[a-z0-9]{6,}\.[a-z0-9]{16}$ || ! $CA_HASH =~ ^sha256:[0-9a-f]+$ ]]; then
    echo "$PEER printed no token and no CA hash"
    delete_credentials
    return 1
  fi
  CONFIGURATION=${JOIN_CONFIGURATION//@TOKEN@/"$TOKEN"}
  CONFIGURATION=${CONFIGURATION//@CA_HASH@/"$CA_HASH"}
  CONFIGURATION=${CONFIGURATION//@CERTIFICATE_KEY@/"$CERTIFICATE_KEY"}
  output=$(remote "$NODE" 720 join_node CLUSTER NODE ROLE CONFIGURATION ENCRYPTION ENCRYPTION_FILE PEER_FILES CGROUP_V1 KC_STEP kept 2>&1) || status=1
  ((status)) || remote "$PEER" 200 wait_for_kubelet API NODE >&3 || status=1
  output=${output//"$TOKEN"/[token]}
  printf '%s\n' "${output//"${CERTIFICATE_KEY:-$TOKEN}"/[certificate key]}"
  delete_credentials
  return "$status"
}
# delete_credentials: a failure is ignored, because they expire within minutes (token) and hours (certificates).
delete_credentials() { remote "$PEER" 60 delete_tokens API NODE ROLE || true; }
word_after() { awk -v w="$1" '{ for (i = 1; i < NF; i++) if ($i == w) print $(i + 1) }' <<<"$2"; }

# On PEER.
create_credentials() {
  local printed upload address=${API#https://}
  if [[ -n $CERTIFICATE_KEY ]]; then
    upload=${UPLOAD_CONFIGURATION//@CERTIFICATE_KEY@/"$CERTIFICATE_KEY"}
    printf '%s' "${upload//@ADDRESS@/"${address%:*}"}" >"$kc_dir/upload.yaml"
    kubeadm init phase upload-certs --upload-certs --skip-certificate-key-print --config "$kc_dir/upload.yaml"
  fi
  printed=$(kubeadm token create --ttl 15m --description "kube-control: join of $NODE" --print-join-command)
  say "$printed"
}
# read_encryption: prints nothing if the running cluster does not encrypt yet: encryption.sh turns it on later.
read_encryption() {
  local manifest=/etc/kubernetes/manifests/kube-apiserver.yaml
  if [[ -e $ENCRYPTION_FILE || ! -e $manifest ]] || grep -q -e --encryption-provider-config= "$manifest"; then
    cat "$ENCRYPTION_FILE" >&3
  fi
}
delete_tokens() {
  [[ $ROLE == worker ]] || kube -n kube-system delete secret kubeadm-certs --ignore-not-found || true
  # Tokens are found by their description. upload-certs creates its own token, whose end after two hours ends that
  # secret. If create_credentials was interrupted, its token is unknown.
  kubeadm token list -o jsonpath='{.token}{"\t"}{.description}{"\n"}' |
    awk -F '\t' -v join="kube-control: join of $NODE" -v role="$ROLE" \
      '$2 == join || (role == "master" && /Proxy for managing TTL/) { print substr($1, 1, 6) }' | without_proxy xargs -r kubeadm token delete
}

# On the node.
join_node() {
  local skipped
  lock_host
  mark_begun
  [[ -z $ENCRYPTION ]] || write_file "$ENCRYPTION_FILE" 0600 "$ENCRYPTION"$'\n'
  if [[ $ROLE == master ]]; then
    write_files_of_peer
    write_control_plane_files
  fi
  printf '%s' "$CONFIGURATION" >"$kc_dir/join.yaml"
  skipped=$(skipped_checks)
  kubeadm join --config "$kc_dir/join.yaml" ${skipped:+"$skipped"}
  mark_member
  keep_files
}

reset_host() {
  lock_host
  reset_node
}

# undo_join: removes what a failed join left in the cluster and on the node.
undo_join() {
  remove_from_cluster
  remote "$NODE" 600 reset_host POD_SUBNET KC_STEP kept >&3
}
remove_from_cluster() { remote "$PEER" 120 remove_node API PEER NODE NODE_ADDRESS ROLE >&3; }
# On PEER.
remove_node() {
  [[ $ROLE == worker ]] || wait_until 60 "etcd to remove the member $NODE" remove_etcd_member
  delete_node_object
}

# On PEER. remove_dead_masters: kubeadm joins no master while an etcd member does not answer. A dead master that is no
# longer in the configuration is removed here, before the step that deletes it runs.
remove_dead_masters() {
  local id name url members
  members=$(etcd_members)
  while read -r id _ name url _; do
    if [[ $name == - || $name == "$NODE" || -n $(address_of "$name") ]] || accepts_connection "$url"; then
      continue
    fi
    [[ $id =~ ^[0-9A-Za-z][0-9A-Za-z-]*$ && $name =~ ^[0-9A-Za-z.-]+$ ]] || { echo "etcd lists a member with the invalid ID or name $id $name" && return 1; }
    etcd member remove "$id" </dev/null
    kube delete node "$name" --ignore-not-found --wait=false </dev/null
    say "removed $name from the cluster: it does not answer and is no longer in the configuration"
  done <<<"$members"
}
# accepts_connection URL: does something listen there?
accepts_connection() {
  [[ $1 =~ ^https://([0-9.]+):([0-9]+)$ ]] || return 1
  timeout 3 bash -c "exec 4<>/dev/tcp/${BASH_REMATCH[1]}/${BASH_REMATCH[2]}" 2>/dev/null
}
