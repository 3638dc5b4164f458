# Variables: VERSION, REPOSITORY_URL, REPOSITORY_KEY, REPOSITORY_KEY_URL, IMAGE_REPOSITORY, CONTAINERD; function: put_registry_hosts.
printf 'overlay\nbr_netfilter\n' | put /etc/modules-load.d/kubernetes.conf 0644
grep -qw overlay /proc/filesystems || modprobe overlay
[[ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]] || modprobe br_netfilter
keys=(net.bridge.bridge-nf-call-ip6tables net.bridge.bridge-nf-call-iptables net.ipv4.ip_forward)
printf '%s = 1\n' "${keys[@]}" | put /etc/sysctl.d/90-kubernetes.conf 0644
for key in "${keys[@]}"; do echo 1 >"/proc/sys/${key//.//}"; done

keyring=/etc/apt/keyrings/kubernetes.asc
mkdir -p /etc/apt/keyrings
if [[ -n $REPOSITORY_KEY ]]; then
  put "$keyring" 0644 <<<"$REPOSITORY_KEY"
else
  /usr/lib/apt/apt-helper -qq download-file "$REPOSITORY_KEY_URL" "$keyring"
  chmod 0644 "$keyring"
fi
put /etc/apt/sources.list.d/kubernetes.list 0644 <<<"deb [signed-by=$keyring] $REPOSITORY_URL /"
apt-get -qq -o Dir::Etc::sourcelist=sources.list.d/kubernetes.list -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 update
install containerd iptables conntrack ethtool socat "kubeadm=${VERSION#v}-*" "kubelet=${VERSION#v}-*" "kubectl=${VERSION#v}-*"
apt-mark hold kubeadm kubelet kubectl

sandbox=$(kubeadm config images list --kubernetes-version "$VERSION" --image-repository "$IMAGE_REPOSITORY" | grep '/pause:')
put /etc/containerd/config.toml 0644 <<<"${CONTAINERD//@SANDBOX_IMAGE@/"$sandbox"}"
put_registry_hosts
mkdir -p /etc/cni/net.d
systemctl restart containerd
systemctl -q enable containerd kubelet
until_true 60 ctr version
kubeadm config images pull --kubernetes-version "$VERSION" --image-repository "$IMAGE_REPOSITORY" \
  --cri-socket unix:///run/containerd/containerd.sock
