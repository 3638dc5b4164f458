# Configures containerd. These functions run on a node as root.
# Variables: VERSION and IMAGE_REPOSITORY (of the pause image), CONTAINERD_CONFIGURATION, REGISTRY_HOSTS (paths), and the
# function write_registry_hosts.

configure_containerd() {
  local was_unread=0
  back_up_configuration
  ! mark_unread containerd || was_unread=1
  remove_stale_registry_hosts
  write_containerd_configuration
  systemctl enable containerd
  # if this folder was deleted, a running containerd no longer watches for a pod network
  if [[ ! -d /etc/cni/net.d ]]; then
    mkdir -p /etc/cni/net.d
    systemctl stop containerd
  fi
  if ((was_unread)) || changed /etc/containerd/config.toml || ! has_read containerd /etc/containerd/config.toml ||
    ! systemctl -q is-active containerd; then
    systemctl restart containerd
    wait_until 60 "containerd" ctr version
    wait_for_own_api_server
  fi
  clear_unread containerd
}

# wait_for_own_api_server: a restart of containerd can end containers on a host with a high load. The next master is
# changed only when this one is ready.
wait_for_own_api_server() {
  local manifest=/etc/kubernetes/manifests/kube-apiserver.yaml address port
  [[ -e $manifest && -e /var/lib/kube-control/member ]] || return 0
  address=$(sed -n 's/.*--advertise-address=//p' "$manifest")
  port=$(sed -n 's/.*--secure-port=//p' "$manifest")
  wait_until 180 "the API server of this host" env -u HTTPS_PROXY -u https_proxy kubectl \
    --kubeconfig /etc/kubernetes/admin.conf --server "https://$address:$port" --request-timeout=5s get --raw /readyz
}

# In a check, write_file compares.
write_containerd_configuration() {
  local sandbox
  sandbox=$(kubeadm config images list --kubernetes-version "$VERSION" --image-repository "$IMAGE_REPOSITORY" | grep '/pause:')
  write_file /etc/containerd/config.toml 0644 "${CONTAINERD_CONFIGURATION//@SANDBOX_IMAGE@/"$sandbox"}"
  write_registry_hosts
}

# back_up_configuration: keeps containerd's former configuration. leave_host (node.sh) restores it.
back_up_configuration() {
  local file=/etc/containerd/config.toml backup=/var/lib/kube-control/containerd
  if [[ -e $file && ! -e $backup/config.toml ]] && ! written_by_us "$file"; then
    mkdir -p "$backup"
    cp -a "$file" "$backup/config.toml"
    say "kept the former $file in $backup"
  fi
}

# remove_stale_registry_hosts: removes the files of mirrors that are no longer in the configuration. containerd would
# continue to use them.
remove_stale_registry_hosts() {
  local file
  while read -r file; do
    rm -f "$file"
    say "removed $file"
  done < <(stale_registry_hosts)
}
stale_registry_hosts() {
  local file
  for file in /etc/containerd/certs.d/*/hosts.toml; do
    if [[ -e $file && " $REGISTRY_HOSTS " != *" $file "* ]] && written_by_us "$file"; then
      echo "$file"
    fi
  done
}
