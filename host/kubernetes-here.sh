# kubernetes_is_here: does this host hold a Kubernetes node, or files of one? kubeadm init would use existing
# certificates and keys.
kubernetes_is_here() {
  local file
  [[ ! -e /var/lib/etcd/member ]] || return 0
  for file in /etc/kubernetes/*.conf /etc/kubernetes/manifests/*.yaml /etc/kubernetes/pki/*.crt /etc/kubernetes/pki/*.key; do
    [[ ! -e $file ]] || return 0
  done
  return 1
}
