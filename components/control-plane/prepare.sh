# Prepares a host for kubeadm: kernel modules, sysctls, containerd, Kubernetes' packages of one version, images.
# Variables: VERSION (v1.37.2), REPOSITORY_URL, REPOSITORY_KEY or REPOSITORY_KEY_URL, REPOSITORY_KEY_FINGERPRINT (empty:
# any fetched key is accepted), IMAGE_REPOSITORY, CONTAINERD_CONFIGURATION, REGISTRY_HOSTS (paths), ROLE (master,
# worker), and the function write_registry_hosts.

create() {
  refuse_other_version
  configure_kernel
  install_containerd
  install_kubernetes
  configure_containerd
  write_kubelet_drop_in
  systemctl enable kubelet
  # a member already runs these images, and a pull would slow down its etcd
  [[ $ROLE == worker || -e /var/lib/kube-control/member ]] || pull_images
  say "ready for kubeadm: $(kubeadm version -o short), $(containerd --version | awk '{ print $1, $3 }')"
}

# refuse_other_version: packages of a running node are not changed: an upgrade has its own order (kubeadm upgrade, node
# by node).
refuse_other_version() {
  local running
  [[ -e /etc/kubernetes/kubelet.conf ]] && command -v kubelet >/dev/null || return 0
  running=$(kubelet --version | awk '{ print $2 }')
  [[ $running == "$VERSION" ]] ||
    fail "this node runs Kubernetes $running and the settings say $VERSION: upgrade it with kubeadm first, or set kubernetes.version back to $running"
}

# check: compares this host with what create() writes, installs and starts (host/check.sh).
check() {
  local key package version sandbox
  write_kernel_files
  has_overlay || differs "kernel module overlay" "is not loaded"
  has_bridge_filter || differs "kernel module br_netfilter" "is not loaded"
  for key in $(sysctls); do
    expect "sysctl $key" 1 "$(cat "/proc/sys/${key//.//}" 2>/dev/null || true)"
  done
  for package in iptables conntrack ethtool socat; do
    expect_package "$package"
  done
  command -v containerd >/dev/null || differs "package containerd" "is not installed"
  expect_held containerd
  for package in kubeadm kubelet kubectl; do
    version=$(package_state "$package")
    if [[ $version != ?i*" ${VERSION#v}-"* ]]; then
      differs "package $package" "has version ${version:3}, expected ${VERSION#v}"
    fi
    expect_held "$package"
  done
  write_file "$source_list" 0644 "$(package_source)"$'\n'
  if [[ -n $REPOSITORY_KEY ]]; then
    write_file "$keyring" 0644 "$REPOSITORY_KEY"
  elif [[ ! -s $keyring ]] || ! is_expected_key "$keyring"; then
    differs "$keyring" "is not the key of $REPOSITORY_URL"
  fi
  if command -v kubeadm >/dev/null; then
    write_containerd_configuration
  fi
  stale_registry_hosts | while read -r file; do
    differs "$file" "is not in the configuration any more"
  done
  expect_unit containerd
  has_read containerd /etc/containerd/config.toml || differs containerd.service "does not run with its configuration file, which was changed later"
  write_kubelet_drop_in
  expect_at_boot kubelet.service
}

configure_kernel() {
  local key
  write_kernel_files
  has_overlay || modprobe overlay || true
  has_overlay || fail "the kernel has no overlay file system, which containerd needs: see modprobe overlay"
  has_bridge_filter || modprobe br_netfilter || true
  has_bridge_filter || fail "the kernel does not pass bridged packets to iptables, which kube-proxy needs: see modprobe br_netfilter"
  for key in $(sysctls); do
    set_to_one "/proc/sys/${key//.//}"
  done
}
# In a check, write_file compares.
write_kernel_files() {
  write_file /etc/modules-load.d/kubernetes.conf 0644 $'overlay\nbr_netfilter\n'
  write_file /etc/sysctl.d/90-kubernetes.conf 0644 "$(sysctls | sed 's/$/ = 1/')"$'\n'
}
sysctls() { printf '%s\n' net.bridge.bridge-nf-call-ip6tables net.bridge.bridge-nf-call-iptables net.ipv4.ip_forward; }
has_overlay() { grep -qw overlay /proc/filesystems; }
has_bridge_filter() { [[ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]]; }

# set_to_one FILE: sysctl would not report that the kernel ignored the value.
set_to_one() {
  [[ $(<"$1") == 1 ]] && return
  printf '1\n' >"$1" || true
  [[ $(<"$1") == 1 ]] || fail "$1 must be 1, but stays $(<"$1")"
  say "set $1 to 1"
}

# install_containerd: uses an installed containerd of any vendor. Docker's containerd.io and Debian's containerd
# conflict.
install_containerd() {
  command -v containerd >/dev/null || install_packages containerd
  install_packages iptables conntrack ethtool socat
  # an unattended upgrade would restart it on all nodes at about the same time; another vendor's package is not held
  hold_packages containerd
}

install_kubernetes() {
  local version
  write_repository
  version=$(package_version)
  if [[ -z $version ]] || changed "$source_list" || changed "$keyring"; then
    update_lists
    version=$(package_version)
  fi
  [[ -n $version ]] || fail "$REPOSITORY_URL has no kubeadm ${VERSION#v}; it has: $(available)"
  install_packages "kubeadm=$version" "kubelet=$version" "kubectl=$version"
  apt_mark hold kubeadm kubelet kubectl
}

keyring=/etc/apt/keyrings/kubernetes.asc
source_list=/etc/apt/sources.list.d/kubernetes.list

package_source() { echo "deb [signed-by=$keyring] $REPOSITORY_URL /"; }

write_repository() {
  local source refusal
  source=$(package_source)
  [[ $REPOSITORY_URL$REPOSITORY_KEY_URL != *https:* ]] || install_packages ca-certificates
  [[ -z $REPOSITORY_KEY_FINGERPRINT ]] || command -v gpg >/dev/null || install_packages gpg
  [[ ! -e $source_list ]] || cp -a "$source_list" "$kc_dir/former.list"
  if [[ -n $REPOSITORY_KEY ]]; then
    write_file "$keyring" 0644 "$REPOSITORY_KEY"
  elif [[ ! -s $keyring || ! -e $source_list || $(<"$source_list") != "$source" || -z $(package_version) ]] || ! is_expected_key "$keyring"; then
    fetch_key
  fi
  write_file "$source_list" 0644 "$source"$'\n'
  if ! refusal=$(apt-get indextargets 2>&1 >/dev/null); then
    revert_source
    fail "apt cannot read the package sources of this host with the one for $REPOSITORY_URL: ${refusal//$'\n'/ } ($source_list was reverted). Correct the other files in /etc/apt/sources.list.d, then run this again"
  fi
}

fetch_key() {
  # every host has apt's own downloader
  /usr/lib/apt/apt-helper -o Acquire::Retries=3 download-file "$REPOSITORY_KEY_URL" "$kc_dir/key" ||
    fail "cannot fetch the repository's key from $REPOSITORY_KEY_URL"
  grep -q 'BEGIN PGP PUBLIC KEY BLOCK' "$kc_dir/key" || fail "$REPOSITORY_KEY_URL is not an ASCII-armoured PGP key"
  is_expected_key "$kc_dir/key" ||
    fail "the key from $REPOSITORY_KEY_URL was not installed: its fingerprint is $(fingerprints "$kc_dir/key"), expected $REPOSITORY_KEY_FINGERPRINT. If its owner has announced a new key, set kubernetes.repository.keyFingerprint"
  write_file "$keyring" 0644 "$(<"$kc_dir/key")"$'\n'
}

# is_expected_key FILE: does the file hold the key with the expected fingerprint and no other? apt trusts every key in
# the file.
is_expected_key() {
  [[ -z $REPOSITORY_KEY_FINGERPRINT || $(fingerprints "$1") == "$REPOSITORY_KEY_FINGERPRINT" ]]
}
# fingerprints FILE: prints the fingerprints of its primary keys.
fingerprints() {
  gpg --homedir "$kc_dir" --batch --show-keys --with-colons "$1" |
    awk -F : '$1 == "pub" { primary = 1 } $1 == "fpr" && primary { printf "%s%s", separator, $10; primary = 0; separator = " and " }'
}

# revert_source: a package source that apt cannot use would break apt on this host. The file's former content is
# restored, unless it was ours too.
revert_source() {
  rm -f "$source_list"
  if [[ -e $kc_dir/former.list ]] && ! grep -qF "signed-by=$keyring" "$kc_dir/former.list"; then
    mv -f "$kc_dir/former.list" "$source_list"
  fi
}

# update_lists: updates only this repository's lists, so that an unrelated broken mirror cannot fail this step.
update_lists() {
  if ! apt_update -o APT::Update::Error-Mode=any -o Dir::Etc::sourcelist=sources.list.d/kubernetes.list \
    -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0; then
    revert_source
    fail "apt cannot read $REPOSITORY_URL (its messages are above); $source_list was reverted"
  fi
}

package_version() {
  apt-cache madison kubeadm 2>/dev/null | awk -F '|' -v wanted="${VERSION#v}-" '
    { gsub(/ /, "", $2) } index($2, wanted) == 1 { print $2; exit }'
}
available() { apt-cache madison kubeadm | awk -F '|' '{ gsub(/ /, "", $2); printf "%s ", $2 }'; }

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
  wait_until 60 "containerd" ctr version
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

# remove_stale_registry_hosts: a mirror that is no longer in the configuration must not be used any more.
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

pull_images() {
  wait_until 300 "the images of Kubernetes $VERSION from $IMAGE_REPOSITORY" kubeadm config images pull \
    --kubernetes-version "$VERSION" --image-repository "$IMAGE_REPOSITORY" --cri-socket unix:///run/containerd/containerd.sock
}
