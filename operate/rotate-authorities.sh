#!/bin/bash
# Replaces the certificate authorities of a cluster by new ones, without loss of service. It runs on a node as root, in stages:
# docs/operations.md ("New certificate authorities") has their order, and the reboots between them.
#   create             on one master: makes new authorities in /etc/kubernetes/new-authorities
#   certificate NODE   on a master: prints a client certificate and its key for the kubelet of NODE, signed by the new authority
#   trust              this node trusts the former and the new authorities
#   sign               this node's certificates are made again by the new authorities
#   finish             this node trusts the new authorities only
# Each stage may be repeated.
set -euo pipefail
export LC_ALL=C KUBECONFIG=/etc/kubernetes/admin.conf
pki=/etc/kubernetes/pki
new=/etc/kubernetes/new-authorities
kubelet=/var/lib/kubelet/pki

fail() {
  echo "$(hostname): $*" >&2
  exit 1
}

is_master() { [[ -e $pki/ca.key ]]; }

create() {
  is_master || fail "create runs on a master"
  (umask 077 && mkdir -p "$new/etcd")
  cluster_configuration >"$new/cluster.yaml"
  for authority in ca front-proxy-ca etcd-ca; do
    # it keeps an authority that exists
    kubeadm init phase certs "$authority" --cert-dir "$new" --config <(sed "s|^certificatesDir:.*|certificatesDir: $new|" "$new/cluster.yaml")
  done
}
cluster_configuration() { kubectl --namespace kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}'; }

certificate() {
  local node=$1 kubeconfig
  [[ -s $new/ca.key ]] || fail "there is no new authority: run create, and copy $new to this master"
  kubeconfig=$(kubeadm kubeconfig user --org system:nodes --client-name "system:node:$node" \
    --config <(sed "s|^certificatesDir:.*|certificatesDir: $new|" "$new/cluster.yaml"))
  for key in client-certificate-data client-key-data; do
    awk -v key="$key:" '$1 == key { print $2 }' <<<"$kubeconfig" | base64 -d
  done
}

trust() {
  ! cmp -s "$new/ca.key" "$pki/ca.key" || fail "its certificates are signed by the new authorities already"
  write_authorities trust
}

sign() {
  local node
  openssl verify -CAfile "$pki/ca.crt" "$new/ca.crt" >/dev/null || fail "this node does not trust the new authority: run trust first"
  node=$(openssl x509 -in "$kubelet/kubelet-client-current.pem" -noout -subject -nameopt multiline | sed -n 's/^ *commonName *= system:node://p')
  if is_master; then
    (umask 077 && certificate "$node" >"$new/kubelet.pem")
  fi
  [[ -s $new/kubelet.pem ]] || fail "$new/kubelet.pem is missing: it is what certificate $node prints on a master"
  write_authorities sign
  if is_master; then
    kubeadm certs renew all
    write_kubeconfigs
  fi
  # kubelet writes the same two paths as links to the files of its last renewal
  (umask 077 && cp "$new/kubelet.pem" "$kubelet/kubelet-client-new-authority.pem")
  ln -sfn "$kubelet/kubelet-client-new-authority.pem" "$kubelet/kubelet-client-current.pem"
  # kubelet requests it again; a master's timer approves the request
  rm -f "$kubelet/kubelet-server-current.pem"
  systemctl restart kubelet
}

finish() {
  local file
  for file in "$kubelet"/kubelet-{client,server}-current.pem "$pki"/{apiserver,apiserver-kubelet-client}.crt; do
    [[ -e $file ]] || { ! is_master && [[ $file == "$pki"/* ]] && continue; }
    openssl verify -partial_chain -CAfile "$new/ca.crt" "$file" >/dev/null || fail "$file is not signed by the new authority: run sign first"
  done
  write_authorities finish
}

# write_authorities STAGE: which authorities this node trusts, and with which it signs. The first certificate of a file belongs to
# the key.
write_authorities() {
  local stage=$1 name former lock
  [[ -s $new/ca.crt ]] || fail "$new/ca.crt is missing: copy it from the master where create ran"
  # kube-control changes this node with the same lock
  (umask 077 && mkdir -p /run/kube-control)
  exec {lock}>>/run/kube-control/lock
  flock -w 120 "$lock" || fail "kube-control is changing this node: try again"
  for name in ca front-proxy-ca etcd/ca; do
    [[ -e $pki/$name.crt ]] || continue
    former=$new/former/$name.crt
    mkdir -p "${former%/*}"
    [[ -e $former ]] || cp "$pki/$name.crt" "$former"
    case $stage in
      trust) cat "$former" "$new/$name.crt" ;;
      sign) cat "$new/$name.crt" "$former" ;;
      finish) cat "$new/$name.crt" ;;
    esac >"$pki/$name.crt.new"
    mv "$pki/$name.crt.new" "$pki/$name.crt"
    [[ $stage != sign || ! -e $new/$name.key ]] || install -m 0600 "$new/$name.key" "$pki/$name.key"
  done
  write_kubeconfigs
  exec {lock}>&-
}

# The cluster's authority in the kubeconfigs of this node, and, on a master, in what kubeadm tells a node that joins.
write_kubeconfigs() {
  local file data
  for file in /etc/kubernetes/{admin,super-admin,controller-manager,scheduler,kubelet}.conf; do
    [[ ! -e $file ]] || with_authority <"$file" | write_same "$file"
  done
  is_master || return 0
  kubectl --namespace kube-public get configmap cluster-info -o 'jsonpath={.data.kubeconfig}' | with_authority >"$new/cluster-info"
  data=$(kubectl create configmap cluster-info --from-file=kubeconfig="$new/cluster-info" --dry-run=client -o 'jsonpath={.data}')
  kubectl --namespace kube-public patch configmap cluster-info --type merge --patch "{\"data\":$data}"
}
with_authority() { sed "s|^\( *certificate-authority-data: *\).*|\1$(base64 -w 0 "$pki/ca.crt")|"; }
write_same() {
  (umask 077 && cat >"$1.new")
  mv "$1.new" "$1"
}

case ${1-} in
  create | trust | sign | finish) "$1" ;;
  certificate) certificate "${2:?certificate needs the name of a node}" ;;
  *) fail "usage: create, certificate NODE, trust, sign or finish" ;;
esac
