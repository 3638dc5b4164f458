# Prepares a host for kubeadm: kernel modules, sysctls, containerd, Kubernetes' packages of one version, images.
# Variables besides those of kubernetes-packages.sh and containerd.sh: ROLE (master, worker).

create() {
  local running
  running=$(running_version)
  configure_kernel
  install_containerd
  if [[ -z $running || $running == "$VERSION" ]]; then
    install_kubernetes
  else
    find_kubernetes
    say "Kubernetes $running is not changed in this step: the step update changes it to $VERSION"
    # the pause image is that of the running version
    VERSION=$running
  fi
  configure_containerd
  write_kubelet_drop_in
  systemctl enable kubelet
  # a member already runs these images, and a pull would slow down its etcd
  [[ $ROLE == worker || -e /var/lib/kube-control/member ]] || pull_images
  say "ready for kubeadm: $(kubeadm version -o short), $(containerd --version | awk '{ print $1, $3 }')"
}

# running_version: prints the version of kubelet on a node of a cluster. Its packages are not changed here, because an
# upgrade has an order: one node after another (update.sh).
running_version() {
  [[ ! -e /etc/kubernetes/kubelet.conf ]] || ! command -v kubelet >/dev/null || kubelet --version | awk '{ print $2 }'
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

pull_images() {
  wait_until 300 "the images of Kubernetes $VERSION from $IMAGE_REPOSITORY" kubeadm config images pull \
    --kubernetes-version "$VERSION" --image-repository "$IMAGE_REPOSITORY" --cri-socket unix:///run/containerd/containerd.sock
}
