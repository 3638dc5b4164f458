#!/bin/bash
# Replaces the certificate authorities of a cluster by new ones. It runs on a node as root, in stages:
# docs/operations.md ("New certificate authorities") has their order, and the reboots between them.
#   create             on one master: creates new authorities in /etc/kubernetes/new-authorities
#   trust              this node trusts the former and the new authorities
#   keys               this master signs with the new authorities
#   certificate NODE   on a master: prints a client certificate and its key for the kubelet of NODE, signed by the new authority
#   sign               the certificates of this node are made again, signed by the new authorities
#   finish             this node trusts the new authorities only
#   clean              deletes /etc/kubernetes/new-authorities
# A stage that failed may be repeated.
set -euo pipefail
export LC_ALL=C KUBECONFIG=/etc/kubernetes/admin.conf
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY
pki=/etc/kubernetes/pki
new=/etc/kubernetes/new-authorities
kubelet=/var/lib/kubelet/pki
# The controller manager signs with this file while ca.crt contains two certificates. It does not start with more than one.
signing=$pki/signing-ca.crt

fail() {
  echo "$(hostname): $*" >&2
  exit 1
}

is_master() { [[ -e $pki/ca.key ]]; }
# The authorities that this node has. A worker has one.
authorities() {
  echo ca
  ! is_master || printf '%s\n' front-proxy-ca etcd/ca
}
trusts_new() { all_authorities '*' '*'; }
signs_with_new() { all_authorities '' '*'; }
trusts_only_new() { all_authorities '' ''; }
# all_authorities BEFORE AFTER: does each file contain the new authority, with these patterns around it?
all_authorities() {
  local name
  for name in $(authorities); do
    # shellcheck disable=SC2053  # the arguments are patterns
    [[ $(<"$pki/$name.crt") == $1"$(<"$new/$name.crt")"$2 ]] || return 1
  done
}

# Prevents that kube-control changes this node meanwhile.
lock_node() {
  (umask 077 && mkdir -p /run/kube-control)
  exec {lock}>>/run/kube-control/lock
  flock -w 120 "$lock" || fail "kube-control is changing this node: repeat $1 later"
}
unlock_node() { exec {lock}>&-; }

# replace FILE MODE: writes standard input to FILE, which is never incomplete. kubelet reads no manifest whose name begins with a dot.
replace() {
  local part="${1%/*}/.${1##*/}.part"
  (umask 077 && cat >"$part")
  chmod "$2" "$part"
  mv "$part" "$1"
}

# --- create, certificate

create() {
  local authority
  is_master || fail "create runs on a master"
  (umask 077 && mkdir -p "$new/etcd")
  kubeadm_configuration >"$new/kubeadm.yaml"
  for authority in ca front-proxy-ca etcd/ca; do
    # kubeadm keeps an authority that exists, and writes its key first
    openssl x509 -in "$new/$authority.crt" -noout 2>/dev/null || rm -f "$new/$authority".{crt,key}
    kubeadm init phase certs "${authority/etcd\/ca/etcd-ca}" --config "$new/kubeadm.yaml"
  done
}
# The cluster's configuration with the folder of the new authorities. With an address kubeadm does not look for one.
kubeadm_configuration() {
  local configuration
  configuration=$(kubectl --namespace kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}')
  sed "s|^certificatesDir:.*|certificatesDir: $new|" <<<"$configuration"
  printf '%s\n' --- "$(grep '^apiVersion:' <<<"$configuration")" 'kind: InitConfiguration' 'localAPIEndpoint:' \
    "  advertiseAddress: $(sed -n 's/^ *- --advertise-address=//p' /etc/kubernetes/manifests/kube-apiserver.yaml)"
}

certificate() {
  local node=$1 kubeconfig validity key
  [[ $node =~ ^[a-z0-9][a-z0-9.-]*$ ]] || fail "certificate needs the name of a node"
  [[ -s $new/ca.key ]] || fail "the key of the new authority is missing: run create on one master, and copy $new to this one"
  validity=$(sed -n 's/^certificateValidityPeriod: *//p' "$new/kubeadm.yaml")
  kubeconfig=$(kubeadm kubeconfig user --org system:nodes --client-name "system:node:$node" --config "$new/kubeadm.yaml" \
    ${validity:+--validity-period "$validity"})
  for key in client-certificate-data client-key-data; do
    awk -v key="$key:" '$1 == key { print $2 }' <<<"$kubeconfig" | base64 -d
  done
}

# --- trust, keys, finish

trust() {
  local name
  [[ -s $new/ca.crt ]] || fail "$new/ca.crt is missing: copy it from the master where create ran"
  ! signs_with_new || fail "this node has passed this stage. Before another rotation, remove $new on every node"
  for name in $(authorities); do
    [[ ! -e $new/former/$name.crt ]] || continue
    mkdir -p "$new/former/etcd"
    replace "$new/former/$name.crt" 0644 <"$pki/$name.crt"
  done
  (($(grep -c 'BEGIN CERTIFICATE' "$new/former/ca.crt") == 1)) || fail "$new/former/ca.crt contains more than one certificate"
  trusts_new || note_boot
  ! is_master || replace "$signing" 0644 <"$new/former/ca.crt"
  write_authorities trust
  ! is_master || sign_with "$signing"
}

keys() {
  local name
  is_master || fail "keys runs on a master"
  require_trust
  for name in $(authorities); do
    replace "$pki/$name.key" 0600 <"$new/$name.key"
  done
  replace "$signing" 0644 <"$new/ca.crt"
  write_authorities sign
}

finish() {
  local file
  [[ -s $new/ca.crt ]] || fail "there are no new authorities: $new/ca.crt is missing"
  for file in $(certificates); do
    is_signed_by_new "$file" || fail "$file is not signed by the new authority: run sign first"
  done
  trusts_only_new || note_boot
  write_authorities finish
  is_master || return 0
  sign_with "$pki/ca.crt"
  rm -f "$signing"
}

clean() {
  [[ -e $new ]] || return 0
  trusts_only_new || fail "this node trusts the former authorities: run finish first"
  has_booted || fail "this node has not booted since finish: repeat the reboots of that stage"
  rm -r "$new"
}

require_trust() {
  [[ -s $new/ca.crt ]] || fail "there are no new authorities: $new/ca.crt is missing"
  trusts_new || fail "this node does not trust the new authorities: run trust first"
  ! trusts_only_new || fail "this node has passed this stage"
  # etcd and the API server read the authorities of etcd only when they start
  has_booted || fail "this node has not booted since trust: repeat the reboots of that stage"
}

# The second part is when the first process started. In a container, only this part changes.
boot_identity() { echo "$(</proc/sys/kernel/random/boot_id) $(awk '{ print $22 }' /proc/1/stat)"; }
note_boot() { boot_identity | replace "$new/boot" 0600; }
has_booted() { [[ -s $new/boot && $(<"$new/boot") != "$(boot_identity)" ]]; }

# The files with a certificate that `sign` makes.
certificates() {
  printf '%s\n' "$kubelet"/kubelet-{client,server}-current.pem
  is_master || return 0
  [[ ! -e /etc/kubernetes/super-admin.conf ]] || echo /etc/kubernetes/super-admin.conf
  printf '%s\n' /etc/kubernetes/{admin,controller-manager,scheduler}.conf "$pki"/{apiserver,apiserver-kubelet-client}.crt \
    "$pki"/{front-proxy-client,apiserver-etcd-client}.crt "$pki"/etcd/{server,peer,healthcheck-client}.crt
}

# is_signed_by_new FILE: a certificate in PEM, or a kubeconfig.
is_signed_by_new() {
  local authority=ca
  case $1 in
    */front-proxy-client.crt) authority=front-proxy-ca ;;
    */apiserver-etcd-client.crt | */etcd/*) authority=etcd/ca ;;
  esac
  if [[ $1 == *.conf ]]; then
    awk '$1 == "client-certificate-data:" { print $2; exit }' "$1" | base64 -d
  else
    cat "$1" 2>/dev/null
  fi | openssl verify -CAfile "$new/$authority.crt" >/dev/null 2>&1
}

# write_authorities STAGE: writes which authorities this node trusts. The first certificate of a file belongs to the key.
write_authorities() {
  local name file
  for name in $(authorities); do
    case $1 in
      trust) cat "$new/former/$name.crt" "$new/$name.crt" ;;
      sign) cat "$new/$name.crt" "$new/former/$name.crt" ;;
      finish) cat "$new/$name.crt" ;;
    esac | replace "$pki/$name.crt" 0644
  done
  for file in /etc/kubernetes/{admin,super-admin,controller-manager,scheduler,kubelet}.conf; do
    [[ ! -e $file ]] || write_kubeconfig "$file"
  done
  ! is_master || write_cluster_info
}
write_kubeconfig() {
  local text
  text=$(with_authority <"$1")
  [[ $text == "$(<"$1")" ]] || replace "$1" 0600 <<<"$text"
}
# What kubeadm tells a node that joins.
write_cluster_info() {
  local data
  kubectl --namespace kube-public get configmap cluster-info -o 'jsonpath={.data.kubeconfig}' | with_authority >"$new/cluster-info"
  data=$(kubectl create configmap cluster-info --from-file=kubeconfig="$new/cluster-info" --dry-run=client -o 'jsonpath={.data}')
  kubectl --namespace kube-public patch configmap cluster-info --type merge --patch "{\"data\":$data}"
}
with_authority() { sed "s|^\( *certificate-authority-data: *\).*|\1$(base64 -w 0 "$pki/ca.crt")|"; }

# sign_with FILE: restarts the controller manager with this certificate for signing. At its start it also reads the authorities that it
# publishes to the pods.
sign_with() {
  local manifest=/etc/kubernetes/manifests/kube-controller-manager.yaml copy=/var/lib/kube-control/kept/kube-controller-manager.yaml
  local file flag=--cluster-signing-cert-file
  grep -q -e "$flag=$1\$" "$manifest" || for file in "$copy" "$manifest"; do
    [[ ! -e $file ]] || sed "s|^\( *- $flag=\).*|\1$1|" "$file" | replace "$file" 0600
  done
  wait_until "the controller manager with $flag=$1" runs_with kube-controller "$flag=$1" 10257
}

# runs_with PROCESS ARGUMENT PORT
runs_with() {
  local pid
  pid=$(pgrep -xn "$1") && tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF -e "$2" && is_healthy "$3"
}
# is_healthy PORT: the components serve with certificates of their own.
is_healthy() {
  [[ $(kubectl --server "https://127.0.0.1:$1" --insecure-skip-tls-verify --request-timeout=5s get --raw /healthz 2>&1) == ok ]]
}

# wait_until WHAT COMMAND...
wait_until() {
  local what=$1 attempt
  shift
  for attempt in {1..90}; do
    ! "$@" || return 0
    sleep 2
  done
  fail "after $((attempt * 2)) s, not there: $what"
}

# --- sign

sign() {
  local node
  require_trust
  node=$(subject_of "$kubelet/kubelet-client-current.pem" | sed -n 's/.*CN=system:node:\([^,]*\).*/\1/p')
  if is_master; then
    signs_with_new || fail "this master signs with the former authority: run keys first, on all masters"
    (umask 077 && certificate "$node" >"$new/kubelet.pem")
  fi
  require_certificate_of "$node" "$new/kubelet.pem"
  # kubeadm writes only one authority into the kubeconfigs. The first call repairs those of an interrupted run.
  write_authorities sign
  ! is_master || kubeadm certs renew all
  write_authorities sign
  # The file that kubelet reads is a link to that of the last renewal.
  replace "$kubelet/kubelet-client-new-authority.pem" 0600 <"$new/kubelet.pem"
  ln -sfn "$kubelet/kubelet-client-new-authority.pem" "$kubelet/kubelet-client-current.pem"
  renew_serving_certificate
}

subject_of() { openssl x509 -in "$1" -noout -subject -nameopt RFC2253; }

# require_certificate_of NODE FILE: is the file what `certificate NODE` prints?
require_certificate_of() {
  [[ -s $2 ]] || fail "$2 is missing: it is what 'certificate $1' prints on a master"
  [[ $(subject_of "$2") == "subject=CN=system:node:$1,O=system:nodes" ]] || fail "$2 is not a certificate of $1"
  is_signed_by_new "$2" || fail "$2 is not signed by the new authority"
  [[ $(openssl x509 -in "$2" -noout -pubkey) == "$(openssl pkey -in "$2" -pubout)" ]] || fail "$2 has no key that belongs to its certificate"
}

# kubelet requests it, and the timer of a master approves the request.
renew_serving_certificate() {
  rm -f "$kubelet/kubelet-server-current.pem"
  systemctl restart kubelet
  wait_until "a serving certificate of the new authority (journalctl -u kubelet; on a master: kubectl get certificatesigningrequests)" \
    has_serving_certificate
}
has_serving_certificate() {
  [[ -e $kubelet/kubelet-server-current.pem ]] || return 1
  ! is_signed_by_new "$kubelet/kubelet-server-current.pem" || return 0
  # a controller manager that had not read the new key has signed it
  rm -f "$kubelet/kubelet-server-current.pem"
  systemctl restart kubelet
  return 1
}

# The controller manager and the scheduler read their certificate only when they start.
restart_components() {
  /usr/local/sbin/kube-control-certificates renew
  wait_until "a healthy controller manager" is_healthy 10257
  wait_until "a healthy scheduler" is_healthy 10259
}

main() {
  case ${1-} in
    create) create ;;
    certificate) certificate "${2-}" ;;
    trust | keys | sign | finish | clean)
      lock_node "$1"
      "$1"
      unlock_node
      [[ $1 != sign ]] || ! is_master || restart_components
      ;;
    *) fail "usage: create, trust, keys, certificate NODE, sign, finish or clean" ;;
  esac
}
main "$@"
