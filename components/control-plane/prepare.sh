# Makes a host ready for kubeadm: modules, sysctls, containerd, Kubernetes' packages at one version, images.
# Variables: VERSION (v1.37.2), REPOSITORY_URL, REPOSITORY_KEY or REPOSITORY_KEY_URL, IMAGE_REPOSITORY,
# CONTAINERD_CONFIGURATION, ROLE (master, worker), and the function write_registry_hosts.

create() {
  refuse_other_version
  open_kernel
  install_containerd
  install_kubernetes
  configure_containerd
  systemctl enable kubelet
  # a member runs these images already, and a pull would take its processors from etcd
  [[ $ROLE == worker || -e /var/lib/kube-control/member ]] || pull_images
  say "ready for kubeadm: $(kubeadm version -o short), $(containerd --version | awk '{ print $1, $3 }')"
}

# A node's packages are not changed under it: an upgrade has an order of its own (kubeadm upgrade, one node after another).
refuse_other_version() {
  local running
  [[ -e /etc/kubernetes/kubelet.conf ]] && command -v kubelet >/dev/null || return 0
  running=$(kubelet --version | awk '{ print $2 }')
  [[ $running == "$VERSION" ]] ||
    fail "this node runs Kubernetes $running and the settings say $VERSION: upgrade it with kubeadm first, or set kubernetes.version back to $running"
}

open_kernel() {
  local key
  write_file /etc/modules-load.d/kubernetes.conf 0644 $'overlay\nbr_netfilter\n'
  has_overlay || modprobe overlay || true
  has_overlay || fail "the kernel has no overlay file system, which containerd needs (modprobe overlay)"
  has_bridge_filter || modprobe br_netfilter || true
  has_bridge_filter || fail "the kernel does not show bridged packets to iptables, which kube-proxy needs (modprobe br_netfilter)"
  write_file /etc/sysctl.d/90-kubernetes.conf 0644 "$(sysctls | sed 's/$/ = 1/')"$'\n'
  for key in $(sysctls); do
    set_to_one "/proc/sys/${key//.//}"
  done
}
sysctls() { printf '%s\n' net.bridge.bridge-nf-call-ip6tables net.bridge.bridge-nf-call-iptables net.ipv4.ip_forward; }
has_overlay() { grep -qw overlay /proc/filesystems; }
has_bridge_filter() { [[ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]]; }

# Not by sysctl, which leaves open whether the value was taken.
set_to_one() {
  [[ $(<"$1") == 1 ]] && return
  printf '1\n' >"$1" || true
  [[ $(<"$1") == 1 ]] || fail "$1 stays $(<"$1"), has to be 1"
  say "set $1 to 1"
}

install_containerd() {
  install_packages containerd iptables conntrack ethtool socat
}

install_kubernetes() {
  local version
  write_repository
  version=$(package_version)
  if [[ -z $version ]] || changed /etc/apt/sources.list.d/kubernetes.list || changed "$keyring"; then
    update_lists
    version=$(package_version)
  fi
  [[ -n $version ]] || fail "$REPOSITORY_URL has no kubeadm ${VERSION#v}; it has: $(available)"
  install_packages "kubeadm=$version" "kubelet=$version" "kubectl=$version"
  apt-mark hold kubeadm kubelet kubectl
}

keyring=/etc/apt/keyrings/kubernetes.asc

write_repository() {
  [[ $REPOSITORY_URL$REPOSITORY_KEY_URL != *https:* ]] || install_packages ca-certificates
  local list=/etc/apt/sources.list.d/kubernetes.list source="deb [signed-by=$keyring] $REPOSITORY_URL /"
  if [[ -n $REPOSITORY_KEY ]]; then
    write_file "$keyring" 0644 "$REPOSITORY_KEY"
  elif [[ ! -s $keyring || ! -e $list || $(<"$list") != "$source" || -z $(package_version) ]]; then
    # apt's own downloader: no host is without it
    /usr/lib/apt/apt-helper -o Acquire::Retries=3 download-file "$REPOSITORY_KEY_URL" "$kc_dir/key" ||
      fail "cannot fetch the repository's key from $REPOSITORY_KEY_URL"
    grep -q 'BEGIN PGP PUBLIC KEY BLOCK' "$kc_dir/key" || fail "$REPOSITORY_KEY_URL is no ASCII-armoured PGP key"
    write_file "$keyring" 0644 "$(<"$kc_dir/key")"$'\n'
  fi
  write_file "$list" 0644 "$source"$'\n'
}

# Only this repository's lists, so that a broken mirror of something else is in nobody's way.
update_lists() {
  apt_update -o APT::Update::Error-Mode=any -o Dir::Etc::sourcelist=sources.list.d/kubernetes.list \
    -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 || fail "apt cannot read $REPOSITORY_URL (its words are above)"
}

package_version() {
  apt-cache madison kubeadm 2>/dev/null | awk -F '|' -v wanted="${VERSION#v}-" '
    { gsub(/ /, "", $2) } index($2, wanted) == 1 { print $2; exit }'
}
available() { apt-cache madison kubeadm | awk -F '|' '{ gsub(/ /, "", $2); printf "%s ", $2 }'; }

configure_containerd() {
  local sandbox
  sandbox=$(kubeadm config images list --kubernetes-version "$VERSION" --image-repository "$IMAGE_REPOSITORY" | grep '/pause:')
  write_file /etc/containerd/config.toml 0644 "${CONTAINERD_CONFIGURATION//@SANDBOX_IMAGE@/"$sandbox"}"
  forget_registry_hosts
  write_registry_hosts
  systemctl enable containerd
  # where this folder went under a running containerd, that has stopped to look for a pod network
  if [[ ! -d /etc/cni/net.d ]]; then
    mkdir -p /etc/cni/net.d
    systemctl stop containerd
  fi
  if changed /etc/containerd/config.toml || ! systemctl -q is-active containerd; then
    systemctl restart containerd
  fi
  wait_until 60 "containerd" ctr version
}

# A mirror that is no longer in the settings must not go on being asked.
forget_registry_hosts() {
  local file
  for file in /etc/containerd/certs.d/*/hosts.toml; do
    if [[ -e $file && " $REGISTRY_HOSTS " != *" $file "* ]] && grep -q '^# written by kube-control' "$file"; then
      rm -f "$file"
      say "removed $file"
    fi
  done
}

pull_images() {
  wait_until 300 "the images of Kubernetes $VERSION from $IMAGE_REPOSITORY" kubeadm config images pull \
    --kubernetes-version "$VERSION" --image-repository "$IMAGE_REPOSITORY" --cri-socket unix:///run/containerd/containerd.sock
}
