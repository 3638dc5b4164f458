# The pod network. Variables besides those of across.sh: MANIFEST or MANIFEST_URL, POD_SUBNET.

create() {
  find_sponsor || fail "no master answers"
  remote "$SPONSOR" 300 apply_network API MANIFEST MANIFEST_URL POD_SUBNET >&3
}

# Where no master is left, neither is the network.
delete() {
  if find_sponsor; then
    remote "$SPONSOR" 120 remove_network_objects API MANIFEST MANIFEST_URL POD_SUBNET >&3 || say "the pod network's objects were not all removed"
  fi
}

apply_network() {
  fetch_manifest
  wait_until 120 "the API server to take the pod network's manifest" kube apply -f "$kc_dir/cni.yaml"
  say "applied the pod network"
}
remove_network_objects() {
  fetch_manifest
  kubectl --server "$API" delete -f "$kc_dir/cni.yaml" --ignore-not-found --timeout=60s
}
fetch_manifest() {
  if [[ -z $MANIFEST ]]; then
    /usr/lib/apt/apt-helper -o Acquire::Retries=3 download-file "$MANIFEST_URL" "$kc_dir/fetched" ||
      fail "cannot fetch $MANIFEST_URL; a copy of it can be given as kubernetes.cni.manifest"
    # the released manifest has its default there
    MANIFEST=$(sed "s|10\.244\.0\.0/16|$POD_SUBNET|" "$kc_dir/fetched")
  fi
  printf '%s\n' "$MANIFEST" >"$kc_dir/cni.yaml"
}
