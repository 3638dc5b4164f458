# Brings a running node to the configured version and settings, while the cluster serves: an upgrade, or a change of the
# control plane's or kubelet's settings. Masters are updated one after another, then workers.
# Variables besides those of cluster.sh, service.sh, kubernetes-packages.sh and containerd.sh: CLUSTER (FQDN:PORT),
# CONFIGURATION (of kubeadm, for this node), CONFIGURATION_DIGEST (of its part that all nodes share), CGROUP_V1.

create() {
  local differences PEER API
  differences=$(list_of_differences)
  if [[ -z $differences ]]; then
    say "$NODE runs Kubernetes $VERSION with the configured settings"
    return
  fi
  say "$NODE differs: ${differences//$'\n'/, }"
  choose_peer
  remote "$PEER" 240 refuse_unhealthy_cluster API PEER NODE MASTERS PORT >&3
  if differs_in configuration; then
    remote "$NODE" 300 upload_configuration VERSION CONFIGURATION CONFIGURATION_DIGEST KC_STEP >&3
    # kubelet's settings are compared with those in the ConfigMap, which has just changed. This happens once in a run: the
    # next nodes find the settings in the ConfigMap.
    differences=$(list_of_differences)
    [[ -n $differences ]] || return 0
  fi
  ! differs_in version || remote "$PEER" 960 save_snapshot API PEER VERSION >&3
  take_out_of_service "$(if differs_in version; then echo drain; else echo keep-pods; fi)"
  remote "$NODE" 1500 apply_update differences ROLE VERSION CONFIGURATION CONFIGURATION_DIGEST CGROUP_V1 IMAGE_REPOSITORY \
    CONTAINERD_CONFIGURATION REGISTRY_HOSTS REPOSITORY_URL REPOSITORY_KEY REPOSITORY_KEY_URL REPOSITORY_KEY_FINGERPRINT \
    keyring source_list kept KC_STEP >&3
  if differs_in version; then
    # some seconds after its node is ready, a kubelet of another version may restart the static pods
    wait_until_ready
    sleep "${KC_PAUSE:-15}"
  fi
  return_to_service
  say "$NODE runs Kubernetes $VERSION with the configured settings"
}

list_of_differences() {
  remote "$NODE" 120 list_differences CLUSTER NODE ROLE VERSION CONFIGURATION CONFIGURATION_DIGEST kept
}
# differs_in WHAT
differs_in() { grep -qx -- "$1" <<<"$differences"; }

# On the node. list_differences: prints a line per difference:
#   version        kubelet, or a part of the control plane, has another version
#   configuration  kubeadm's ConfigMaps do not have the settings
#   control-plane, etcd, kubelet   kubeadm would write other files for the settings
#   certificate    the API server's certificate lacks a name
#   interrupted    an update of this node did not end
list_differences() {
  local other running
  other=$(other_identity 3>&1)
  [[ -z $other && -e /etc/kubernetes/kubelet.conf ]] || fail "this host is ${other:-not a node}; expected $NODE, a $ROLE of $CLUSTER: nothing was changed"
  refuse_newer_version
  [[ ! -e /etc/kubernetes/pki/signing-ca.crt ]] ||
    fail "its certificate authorities are being replaced: complete this first (docs/operations.md, New certificate authorities)"
  # of the running kubelet: after an interrupted update, another one may be installed
  running="Kubernetes $(of_own_node '{.status.nodeInfo.kubeletVersion}')"
  [[ $(of_own_node "{.metadata.annotations['kube-control/maintenance']}") == '' ]] || say interrupted
  if [[ $running != "Kubernetes $VERSION" ]] || { [[ $ROLE == master ]] && [[ $(control_plane_version) != "$VERSION" ]]; }; then
    say version
  fi
  if [[ $ROLE == master ]]; then
    [[ $(uploaded_digest) == "$CONFIGURATION_DIGEST" ]] || say configuration
    [[ $running != "Kubernetes $VERSION" ]] || compare_manifests
    ! lacks_certificate_name || say certificate
  fi
  [[ $running != "Kubernetes $VERSION" ]] || compare_kubelet_configuration
}

# control_plane_version: the oldest of its images' tags.
control_plane_version() {
  local name
  for name in kube-apiserver kube-controller-manager kube-scheduler; do
    image_in "/etc/kubernetes/manifests/$name.yaml" | sed 's/.*://'
  done | sort -V | head -n 1
}

# refuse_newer_version: Kubernetes supports no downgrade.
refuse_newer_version() {
  local seen
  seen=$({ kubelet --version | awk '{ print $2 }' && { [[ $ROLE == worker ]] || control_plane_version; }; } | sort -V | tail -n 1)
  [[ $(printf '%s\n' "$seen" "$VERSION" | sort -V | tail -n 1) == "$VERSION" ]] ||
    fail "this node runs Kubernetes $seen, which is newer than $VERSION, and Kubernetes supports no downgrade: set kubernetes.version to $seen or newer"
}

# of_own_node PATH: prints a field of the node. The node may read itself, and a worker has no other kubeconfig.
of_own_node() {
  KUBECONFIG=/etc/kubernetes/kubelet.conf kubectl --request-timeout=20s get node "$NODE" -o "jsonpath=$1"
}

uploaded_digest() {
  kubectl --request-timeout=20s -n kube-system get configmap kubeadm-config -o "jsonpath={.metadata.annotations['kube-control/configuration']}"
}

# compare_manifests: renders the static pods of the settings, and compares them with what kubeadm wrote here last, so that
# a change by hand stays until the settings change.
compare_manifests() {
  local name rendered=$kc_dir/rendered
  mkdir -p "$rendered"
  write_configuration "$VERSION"
  KUBEADM_INIT_DRYRUN_DIR=$rendered kubeadm init phase control-plane all --dry-run --config "$kc_dir/kubeadm.yaml"
  KUBEADM_INIT_DRYRUN_DIR=$rendered kubeadm init phase etcd local --dry-run --config "$kc_dir/kubeadm.yaml"
  for name in kube-apiserver kube-controller-manager kube-scheduler; do
    if ! cmp "$rendered/$name.yaml" "$(written_before "$name.yaml")"; then
      say control-plane
      break
    fi
  done
  # etcd ignores these options once it has data; they are different on each master
  cmp <(grep -v -e --initial-cluster "$rendered/etcd.yaml") <(grep -v -e --initial-cluster "$(written_before etcd.yaml)") || say etcd
}
# written_before NAME: prints the path of the copy, or of the file itself if there is none.
written_before() {
  if [[ -s $kept/$1 ]]; then echo "$kept/$1"; else echo "/etc/kubernetes/manifests/$1"; fi
}

# compare_kubelet_configuration: renders it from kubeadm's ConfigMap.
compare_kubelet_configuration() {
  local rendered=$kc_dir/kubelet before=/var/lib/kubelet/config.yaml
  mkdir -p "$rendered"
  [[ ! -s $kept/config.yaml ]] || before=$kept/config.yaml
  cp /var/lib/kubelet/{config,instance-config}.yaml "$rendered/" 2>/dev/null || true
  KUBEADM_UPGRADE_DRYRUN_DIR=$rendered kubeadm upgrade node phase kubelet-config --dry-run
  cmp "$rendered/config.yaml" "$before" || say kubelet
}

# write_configuration VERSION: writes kubeadm's configuration for a version.
write_configuration() {
  printf '%s' "${CONFIGURATION//"kubernetesVersion: $VERSION"/"kubernetesVersion: $1"}" >"$kc_dir/kubeadm.yaml"
}

# lacks_certificate_name: does the API server's certificate lack a configured name or address?
lacks_certificate_name() {
  local name names
  names=$(openssl x509 -in /etc/kubernetes/pki/apiserver.crt -noout -ext subjectAltName)
  names=$(tail -n 1 <<<"$names" | tr ',' '\n' | sed -E 's/^ *(DNS|IP Address)://')
  for name in $(sed -n '/^  certSANs:/,/^  [a-z]/s/^ *- *//p' <<<"$CONFIGURATION" | tr -d "\"'"); do
    grep -qixF -- "$name" <<<"$names" || return 0
  done
  return 1
}

# On a master. upload_configuration: writes the settings into kubeadm's ConfigMaps, with the version that the cluster has
# until `kubeadm upgrade apply` changes it, and applies kube-proxy's. Running nodes do not read the ConfigMaps.
upload_configuration() {
  local before after
  lock_host
  write_configuration "$(cluster_version)"
  kubeadm init phase upload-config all --config "$kc_dir/kubeadm.yaml"
  before=$(kube_proxy_settings)
  kubeadm init phase addon kube-proxy --config "$kc_dir/kubeadm.yaml"
  after=$(kube_proxy_settings)
  if [[ $before != "$after" ]]; then
    kubectl -n kube-system rollout restart daemonset/kube-proxy
    kubectl -n kube-system rollout status daemonset/kube-proxy --timeout=240s
    say "kube-proxy was restarted with its new settings on every node"
  fi
  note_configuration
  say "uploaded the settings to kubeadm's ConfigMaps"
}
cluster_version() {
  kubectl --request-timeout=20s -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' |
    awk '$1 == "kubernetesVersion:" { print $2 }'
}
kube_proxy_settings() { kubectl --request-timeout=20s -n kube-system get configmap kube-proxy -o 'jsonpath={.data.config\.conf}'; }

# On PEER. save_snapshot: saves etcd's data before the first node is upgraded.
save_snapshot() {
  # etcd's pod shares only its data folder with the host
  local snapshots=/var/lib/kube-control/snapshots made=/var/lib/etcd/kube-control-snapshot.db version name size
  version=$(cluster_version)
  [[ $version != "$VERSION" ]] || return 0
  name=$snapshots/before-upgrade-$version-to-$VERSION.db
  (umask 077 && mkdir -p "$snapshots")
  rm -f "$made"*
  size=$(du -sb /var/lib/etcd/member | cut -f 1)
  require_space /var/lib/etcd "$size"
  require_space "$snapshots" "$size"
  if ! ETCD_SECONDS=900 etcd snapshot save "$made"; then
    rm -f "$made"*
    fail "etcd on $PEER made no snapshot within 900 s (its messages are above), so no node was upgraded"
  fi
  chmod 0600 "$made"
  mv -f "$made" "$name"
  # three are kept
  find "$snapshots" -name 'before-upgrade-*.db' -printf '%T@ %p\n' | sort -rn | tail -n +4 | cut -d ' ' -f 2- | xargs -r rm -f
  say "saved etcd's data on $PEER: $name ($(du -h "$name" | cut -f 1))"
}

# require_space FOLDER BYTES: a full disk stops etcd, so 512 MiB must stay free.
require_space() {
  local free mib=$((1024 * 1024))
  free=$(df --output=avail --block-size=1 "$1" | tail -n 1)
  ((free > $2 + 512 * mib)) ||
    fail "the disk of $1 on $PEER has $((free / mib)) MiB free, and a snapshot of etcd before the upgrade needs $(($2 / mib + 512)) MiB: free some space, then run the same command again"
}

# On the node.
apply_update() {
  lock_host
  # the new manifest of the API server refers to them
  [[ $ROLE == worker ]] || write_control_plane_files
  if differs_in version; then
    upgrade_node
  elif differs_in control-plane || differs_in etcd || differs_in kubelet; then
    reconfigure_node
  fi
  ! differs_in certificate || renew_api_server_certificate
  replace_kept_files
  if [[ $ROLE == master ]]; then
    note_configuration
    remove_stale_control_plane_files
  fi
}

upgrade_node() {
  local package_version options
  find_kubernetes
  options=$(skipped_checks)
  install_packages "kubeadm=$package_version"
  if [[ $ROLE == master && $(cluster_version) != "$VERSION" ]]; then
    kubeadm upgrade apply "$VERSION" --yes ${options:+"$options"}
  else
    kubeadm upgrade node ${options:+"$options"}
  fi
  install_packages "kubelet=$package_version" "kubectl=$package_version"
  apt_mark hold kubeadm kubelet kubectl
  # the pause image of this version
  configure_containerd
  systemctl daemon-reload
  systemctl restart kubelet
  say "upgraded to Kubernetes $VERSION"
}

# reconfigure_node: kubeadm writes the files of its ConfigMaps, waits for each static pod, and puts the former file back if
# a pod does not start.
reconfigure_node() {
  local etcd=false options phases=''
  ! differs_in etcd || etcd=true
  # a kubelet that is not restarted would not have read its rewritten file
  differs_in kubelet || phases=--skip-phases=kubelet-config
  options=$(skipped_checks)
  kubeadm upgrade node --certificate-renewal=false --etcd-upgrade="$etcd" ${phases:+"$phases"} ${options:+"$options"}
  ! differs_in kubelet || systemctl restart kubelet
  say "applied the settings: ${differences//$'\n'/, }"
}

# renew_api_server_certificate: the API server reads the new certificate without a restart. kubeadm makes it only if there is none. After
# an interrupted run, `former` has the files that the API server needs, and the next run completes it.
renew_api_server_certificate() {
  local pki=/etc/kubernetes/pki former=/etc/kubernetes/pki/former-apiserver file
  write_configuration "$VERSION"
  [[ ! -e $pki/apiserver.crt || ! -e $pki/apiserver.key ]] || rm -rf "$former"
  (umask 077 && mkdir -p "$former")
  for file in apiserver.crt apiserver.key; do
    # a file that has a former one is of the interrupted run
    [[ ! -e $pki/$file || -e $former/$file ]] || mv "$pki/$file" "$former/"
    rm -f "$pki/$file"
  done
  if ! kubeadm init phase certs apiserver --config "$kc_dir/kubeadm.yaml"; then
    mv -f "$former"/* "$pki/"
    rmdir "$former"
    fail "kubeadm did not create a certificate for the API server (its messages are above): the former one was put back"
  fi
  rm -rf "$former"
  say "created a new certificate for the API server"
}
