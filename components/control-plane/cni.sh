# The pod network. Variables besides those of cluster.sh: MANIFEST, or MANIFEST_URL and MANIFEST_SHA256; POD_SUBNET.

create() {
  find_control_plane_node || fail "no master answers"
  remote "$PEER" 300 apply_network API MANIFEST MANIFEST_URL MANIFEST_SHA256 POD_SUBNET >&3
}

# If no master is left, there is nothing to delete.
delete() {
  if find_control_plane_node; then
    remote "$PEER" 120 remove_network_objects API MANIFEST MANIFEST_URL MANIFEST_SHA256 POD_SUBNET >&3 || say "not all objects of the pod network were removed"
  fi
}

# check: runs on a master, and compares the cluster's objects with those of the manifest (host/check.sh).
check() {
  local API found status=0
  export KUBECONFIG=/etc/kubernetes/admin.conf
  API=$(awk '$1 == "server:" { print $2; exit }' /etc/kubernetes/admin.conf)
  if ! write_manifest 2>"$kc_dir/said"; then
    note "pod network" "cannot be compared: $(tail -n 1 "$kc_dir/said")"
    return
  fi
  # an object that is missing is compared with an empty file
  found=$(KUBECTL_EXTERNAL_DIFF='diff --brief --recursive --new-file' kube diff -f "$kc_dir/cni.yaml" 2>&1) || status=$?
  case $status in
    0) ;;
    1)
      while read -r name; do
        differs "pod network, $name" "differs from the manifest"
      done < <(sed -nE 's|^Files \S+/([^/ ]+) and .*|\1|p' <<<"$found")
      ;;
    *) differs "pod network" "cannot be read: ${found//$'\n'/; }" ;;
  esac
}

apply_network() {
  write_manifest
  wait_until 120 "the API server to accept the pod network's manifest" kube apply -f "$kc_dir/cni.yaml"
  say "applied the pod network"
}
remove_network_objects() {
  write_manifest
  kubectl --server "$API" delete -f "$kc_dir/cni.yaml" --ignore-not-found --timeout=60s
}
write_manifest() {
  [[ -n $MANIFEST ]] || MANIFEST=$(fetch_manifest) || return
  printf '%s\n' "$MANIFEST" >"$kc_dir/cni.yaml"
}
# fetch_manifest: prints the released manifest with this cluster's settings.
fetch_manifest() {
  local file=$kc_dir/fetched sum
  /usr/lib/apt/apt-helper -o Acquire::Retries=3 download-file "$MANIFEST_URL" "$file" >&2 ||
    fail "cannot fetch $MANIFEST_URL; a copy of it can be given as kubernetes.cni.manifest"
  sum=$(sha256sum <"$file")
  [[ ${sum%% *} == "$MANIFEST_SHA256" ]] ||
    fail "$MANIFEST_URL has the SHA-256 ${sum%% *}, expected $MANIFEST_SHA256: nothing was applied. Check what answers there (a proxy's page?); a copy of the right file can be given as kubernetes.cni.manifest"
  # The released manifest contains its default network, and flannel uses the interface of the default route. The
  # checksum guarantees that the lines matched here exist.
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
