#!/bin/bash
# Written by kube-control. kube-control-certificates.timer starts it every minute on each master.
#   renew    renews kubeadm's certificates on this master before they expire
#   approve [URL-OF-API-SERVER]
#            approves the kubelets' requests for serving certificates: Kubernetes approves none of them by itself
# Without an argument it does both. kubelet renews its own client certificate.
set -uo pipefail
folder=${KUBE_CONTROL_KUBERNETES:-/etc/kubernetes}
run=${KUBE_CONTROL_RUN:-/run}
export LC_ALL=C KUBECONFIG=$folder/admin.conf
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY

# seconds before its end at which a certificate is renewed
renew_before=@RENEW_BEFORE@
# the cluster's nodes: NAME ADDRESS
nodes='@NODES@'

# kubeadm's name of each certificate, and its file. admin.conf is first, because kubeadm reads the cluster's configuration with it.
certificates='admin.conf admin.conf
super-admin.conf super-admin.conf
controller-manager.conf controller-manager.conf
scheduler.conf scheduler.conf
apiserver pki/apiserver.crt
apiserver-kubelet-client pki/apiserver-kubelet-client.crt
apiserver-etcd-client pki/apiserver-etcd-client.crt
front-proxy-client pki/front-proxy-client.crt
etcd-server pki/etcd/server.crt
etcd-peer pki/etcd/peer.crt
etcd-healthcheck-client pki/etcd/healthcheck-client.crt'

failed=0
fail() {
  echo "$*" >&2
  failed=1
}

renew() {
  local name file said lock free
  # kubeadm empties a file before it writes it
  free=$(df --output=avail --block-size=1M "$folder" | tail -n 1)
  if ((free < 16)); then
    fail "the disk of $folder has $free MiB free, so no certificate is renewed: free some space"
    return
  fi
  # another run of kube-control is changing this master, perhaps by kubeadm: the next minute comes
  (umask 077 && mkdir -p "$run/kube-control")
  exec {lock}>>"$run/kube-control/lock"
  flock -n "$lock" || return 0
  while read -r name file; do
    if [[ ! -e $folder/$file ]] || remains_valid "$file"; then
      continue
    elif ! said=$(kubeadm certs renew "$name" 2>&1 {lock}>&- </dev/null); then
      fail "kubeadm did not renew $name: $(tail -c 1000 <<<"$said")"
    elif ! remains_valid "$file"; then
      fail "kubeadm renewed $name, but it still expires in less than $renew_before s: compare certificateValidityPeriod in the ConfigMap kubeadm-config"
    else
      echo "renewed $name"
    fi
  done <<<"$certificates"
  # The API server and etcd read a renewed file by themselves. These two read theirs only when they start.
  restart_if_older kube-controller controller-manager.conf
  restart_if_older kube-scheduler scheduler.conf
  exec {lock}>&-
}

# remains_valid FILE
remains_valid() { certificate_in "$folder/$1" | openssl x509 -noout -checkend "$renew_before" >/dev/null 2>&1; }
# certificate_in FILE: prints the certificate of a PEM file or of a kubeconfig.
certificate_in() {
  if [[ $1 == *.conf ]]; then
    awk '$1 == "client-certificate-data:" { print $2; exit }' "$1" | base64 -d
  else
    cat "$1"
  fi
}

# restart_if_older PROCESS FILE: stops a component that started before its kubeconfig was renewed. kubelet starts it again. Others of
# its kind are on the other masters, whose timers run at other seconds.
restart_if_older() {
  local pid age started now written
  pid=$(pgrep -xo "$1") && age=$(ps -o etimes= -p "$pid") || return 0
  now=$(date +%s) written=$(stat -c %Y "$folder/$2")
  # whole seconds: the difference may be one second too large
  started=$((now - age + 1))
  # the clock was ahead when the file was written: each new process would be older than the file
  ((started < written && written <= now)) || return 0
  kill "$pid"
  echo "restarted $1, which had started before $2 was renewed"
}

# shellcheck disable=SC2120  # the command line may have the argument
approve() {
  local server=${1:+--server=$1} requests name signer user usages conditions request
  # values of an object are data: none of them is evaluated
  requests=$(kubectl ${server:+"$server"} --request-timeout=10s get certificatesigningrequests -o 'jsonpath={range .items[*]}{.metadata.name}|{.spec.signerName}|{.spec.username}|{.spec.usages}|{.status.conditions[*].type}|{.spec.request}{"\n"}{end}' 2>&1) ||
    { fail "the API server does not list certificate requests: $(tail -c 300 <<<"$requests")" && return; }
  while IFS='|' read -r name signer user usages conditions request; do
    [[ $signer == kubernetes.io/kubelet-serving && -z $conditions && $name =~ ^[a-z0-9.-]+$ ]] || continue
    if is_of_node "${user#system:node:}" "$user" "$usages" "$request"; then
      kubectl ${server:+"$server"} --request-timeout=10s certificate approve "$name" >/dev/null </dev/null && echo "approved the serving certificate of ${user#system:node:}" ||
        fail "the request $name was not approved"
    else
      echo "the request $name of ${user//[^a-zA-Z0-9:.-]/?} is not one of a node of this stack with its name and address: not approved" >&2
    fi
  done <<<"$requests"
}

# is_of_node NODE USER USAGES REQUEST: is this the request of a node of the stack, for its own name and address only?
is_of_node() {
  local node=$1 address pem subject text names
  address=$(awk -v node="$node" '$1 == node { print $2 }' <<<"$nodes")
  [[ -n $address && $2 == "system:node:$node" ]] || return 1
  # usages are a JSON list
  [[ $3 == *'"server auth"'* && ! $3 =~ \"(client auth|cert sign|code signing|any)\" ]] || return 1
  # another reader of PEM must find the same request, so there must be no other text
  pem=$(base64 -d <<<"$4" 2>/dev/null | openssl req 2>/dev/null) && [[ $(base64 -w 0 <<<"$pem") == "$4" ]] || return 1
  subject=$(openssl req -noout -subject -nameopt RFC2253 <<<"$pem" 2>/dev/null)
  [[ ${subject#subject=} == "CN=system:node:$node,O=system:nodes" ]] || return 1
  # A name or an attribute can contain line feeds, and OpenSSL prints them. So all that is printed must be as in kubelet's request.
  text=$(openssl req -noout -text -reqopt no_header,no_version,no_subject,no_pubkey,no_sigdump <<<"$pem" 2>/dev/null | sed 's/^ *//; s/ *$//')
  for names in "DNS:$node, IP Address:$address" "IP Address:$address, DNS:$node" "IP Address:$address"; do
    [[ $text != "Attributes:"$'\n'"Requested Extensions:"$'\n'"X509v3 Subject Alternative Name:"$'\n'"$names" ]] || return 0
  done
  return 1
}

case ${1-} in
  renew | approve) "$@" ;;
  '') renew && approve ;;
  *)
    echo "usage: $0 [renew|approve [URL]]" >&2
    exit 2
    ;;
esac
exit "$failed"
