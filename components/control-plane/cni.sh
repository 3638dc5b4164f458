# The pod network. Variables besides those of across.sh: MANIFEST, or MANIFEST_URL and MANIFEST_SHA256; POD_SUBNET.

create() {
  find_control_plane_node || fail "no master answers"
  remote "$PEER" 300 apply_network API MANIFEST MANIFEST_URL MANIFEST_SHA256 POD_SUBNET >&3
}

# Where no master is left, neither is the network.
delete() {
  if find_control_plane_node; then
    remote "$PEER" 120 remove_network_objects API MANIFEST MANIFEST_URL MANIFEST_SHA256 POD_SUBNET >&3 || say "the pod network's objects were not all removed"
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
  [[ -n $MANIFEST ]] || MANIFEST=$(fetched_manifest)
  printf '%s\n' "$MANIFEST" >"$kc_dir/cni.yaml"
}
fetched_manifest() {
  local file=$kc_dir/fetched sum
  /usr/lib/apt/apt-helper -o Acquire::Retries=3 download-file "$MANIFEST_URL" "$file" >&2 ||
    fail "cannot fetch $MANIFEST_URL; a copy of it can be given as kubernetes.cni.manifest"
  sum=$(sha256sum <"$file")
  [[ ${sum%% *} == "$MANIFEST_SHA256" ]] ||
    fail "$MANIFEST_URL has the SHA-256 ${sum%% *}, expected $MANIFEST_SHA256: nothing was applied. Look at what answers there (a proxy's page?); a copy of the right file can be given as kubernetes.cni.manifest"
  # The released manifest has its default network there, and flannel takes the interface of the default route. The checksum says
  # that these lines are there.
  awk -v subnet="$POD_SUBNET" '
    { gsub(/10\.244\.0\.0\/16/, subnet); print }
    $1 == "-" && $2 == "--kube-subnet-mgr" { print "        - --iface=$(NODE_ADDRESS)" }
    $1 == "env:" {
      print "        - name: NODE_ADDRESS"
      print "          valueFrom:"
      print "            fieldRef:"
      print "              fieldPath: status.hostIP"
    }' "$file"
}
