# kubernetes_is_here: whether this host holds a Kubernetes node, or files of one. An init would use certificates and keys that are
# there already.
kubernetes_is_here() {
  local file
  [[ ! -e /var/lib/etcd/member ]] || return 0
  for file in /etc/kubernetes/*.conf /etc/kubernetes/manifests/*.yaml /etc/kubernetes/pki/*.crt /etc/kubernetes/pki/*.key; do
    [[ ! -e $file ]] || return 0
  done
  return 1
}
