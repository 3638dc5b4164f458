#!/bin/bash
# A fake of the tools that the scripts call. It is linked under their names, records every call, gives the answers that
# a test ordered (hosts.ts), and otherwise behaves like a small cluster in files. README.md lists the files.
# Environment: WORLD (the test's folder), AT (the host on which it runs; empty: beside Pulumi).
tool=${0##*/}
root=$WORLD/hosts/$AT
cluster=$WORLD/cluster
raw=("$@")

# record: records the call. If a test ordered an answer for it, gives that answer and exits.
record() {
  local order left
  printf '%s\n' "$call" >>"$WORLD/calls"
  printf '%s\n' "$tool ${raw[*]}" >>"$WORLD/argv"
  [[ -z ${https_proxy-}${HTTPS_PROXY-}${no_proxy-} ]] || printf '%s\n' "$tool" >>"$WORLD/proxied"
  for order in "$WORLD"/orders/*/; do
    [[ -e $order/about && $call =~ $(<"$order/about") ]] || continue
    left=$(<"$order/times")
    ((left > 0)) || continue
    echo "$((left - 1))" >"$order/times"
    cat "$order/stdout"
    cat "$order/stderr" >&2
    exit "$(<"$order/status")"
  done
}

# value_of KEY FILE: prints the value of a key in a YAML file.
value_of() { awk -v k="$1:" '{ sub(/^ *(- )?/, "") } $1 == k { gsub(/"/, "", $2); print $2; exit }' "$2"; }
# value_after OPTION: prints the argument after an option of this call.
value_after() { for ((i = 0; i < ${#raw[@]}; i++)); do [[ ${raw[i]} != "$1" ]] || printf '%s\n' "${raw[i + 1]}"; done; }
own_address() { awk -v n="$AT" '$1 == n { print $2 }' "$WORLD/addresses"; }
# make_node ROLE [ENDPOINT]: writes what init and join leave on a host and in the cluster.
make_node() {
  mkdir -p "$root/etc/kubernetes/pki" "$cluster/nodes" "$cluster/etcd"
  touch "$root/etc/kubernetes/kubelet.conf" "$cluster/nodes/$AT"
  echo 'our authority' >"$root/etc/kubernetes/pki/ca.crt"
  [[ $1 == master ]] || return 0
  mkdir -p "$root/etc/kubernetes/manifests" "$root/var/lib/etcd/member"
  echo "    server: https://${2:-kube-control.example.com:6443}" >"$root/etc/kubernetes/admin.conf"
  echo "ee$AT, started, $AT, https://$(own_address):2380, https://$(own_address):2379, false" >"$cluster/etcd/ee$AT"
}

run_ssh() {
  local login=${raw[-2]} text what
  AT=$(awk -v a="${login#*@}" '$2 == a { print $1 }' "$WORLD/addresses")
  text=$(cat)
  what=${text##*$'\n'}
  call="ssh $AT: ${what% </dev/null}"
  record
  # the step is killed after so many connections
  if [[ -e $WORLD/ssh-left ]]; then
    echo "$(($(<"$WORLD/ssh-left") - 1))" >"$WORLD/ssh-left"
    (($(<"$WORLD/ssh-left") >= 0)) || exit 255
  fi
  root=$WORLD/hosts/$AT
  text=$(sed -E "s#(^|[^[:alnum:]_./])/(boot|etc|root|run|var|proc|usr/lib/apt|usr/local)\b#\1$root/\2#g" <<<"$text")
  AT=$AT exec /bin/bash -c "${raw[-1]}" <<<"$text"
}

run_kubectl() {
  local words=() skip=0 word server='' id
  for word; do
    case $word in
      --server) skip=1 ;;
      --request-timeout=* | --endpoints=* | --cacert=* | --cert=* | --key=*) ;;
      *) if ((skip)); then server=$word skip=0; else words+=("$word"); fi ;;
    esac
  done
  call="$AT: kubectl ${words[*]}"
  [[ $call != *' get --raw /readyz' ]] || call+=" at $server"
  [[ $call != *etcdctl* ]] || call="$AT: etcdctl${call#*etcdctl}"
  record
  # the last word is the node, token or member
  id=${words[-1]}
  case $call in
    *'get --raw /readyz'*) echo ok ;;
    *'kubectl get node '*"annotations['kube-control/maintenance']"*) cat "$cluster/maintenance-${words[2]}" 2>/dev/null ;;
    *'kubectl annotate node '*/maintenance-) rm -f "$cluster/maintenance-${words[2]}" ;;
    *'kubectl annotate node '*/maintenance=*) printf '%s' "${id#*=}" >"$cluster/maintenance-${words[2]}" ;;
    *'get configmap kubeadm-config '*annotations*) cat "$cluster/configuration-digest" 2>/dev/null ;;
    *'get configmap kubeadm-config '*) echo "kubernetesVersion: $(<"$cluster/version")" ;;
    *'annotate --overwrite configmap kubeadm-config '*) printf '%s' "${id#*=}" >"$cluster/configuration-digest" ;;
    *'kubectl get node '*'{.spec.unschedulable}') ;;
    *'kubectl get node '*'.status.conditions'*) [[ ! -e $cluster/nodes/${words[2]} ]] || echo 'True v1.37.2' ;;
    *'kubectl get node '*'{.status.nodeInfo.kubeletVersion}') echo v1.37.2 ;;
    *'get lease '*) wc -l <"$WORLD/calls" ;;
    *'kubectl get node '*) [[ ! -e $cluster/nodes/${words[2]} ]] || echo "node/${words[2]}" ;;
    *'get nodes --no-headers') for id in "$cluster"/nodes/*; do echo "${id##*/} Ready"; done ;;
    *'get nodes -o jsonpath'*) for id in "$cluster"/nodes/*; do echo "${id##*/} True"; done ;;
    *'kubectl delete node '*) rm -f "$cluster/nodes/${words[2]}" ;;
    *'delete secret kubeadm-certs'*) rm -f "$cluster/certs" ;;
    *'etcdctl member list'*) cat "$cluster"/etcd/* ;;
    *'etcdctl member remove '*) rm "$cluster/etcd/$id" ;;
    *'get --raw /metrics' | *'etcdctl get '* | *' get secrets '* | *'kubectl replace '*)
      # shellcheck source=secrets.sh
      source "$WORLD/secrets.sh"
      ;;
    *'etcdctl snapshot save '*) echo data >"$id" ;;
    *'kubectl apply -f '*) cp "${words[-1]}" "$cluster/applied" ;;
  esac
}

run_kubeadm() {
  local config token key count
  config=$(value_after --config)
  # the names of scratch files are random
  call="$AT: kubeadm ${raw[*]//"$config"/FILE}"
  [[ -z $config ]] || cp "$config" "$WORLD/last-config"
  record
  case "${raw[*]}" in
    'init phase '*' --dry-run '*) cp "$cluster"/rendered/*.yaml "$KUBEADM_INIT_DRYRUN_DIR/" ;;
    'upgrade node phase kubelet-config --dry-run') cp "$cluster/rendered/config.yaml" "$KUBEADM_UPGRADE_DRYRUN_DIR/" ;;
    'init phase upload-config '* | 'init phase addon '*) ;;
    'init phase certs apiserver '*)
      for key in crt key; do [[ -e $root/etc/kubernetes/pki/apiserver.$key ]] || printf 'new %s' "$key" >"$root/etc/kubernetes/pki/apiserver.$key"; done
      ;;
    'init phase upload-certs '*)
      value_of certificateKey "$config" | tee -a "$WORLD/keys" >"$cluster/certs"
      printf 'Proxy for managing TTL for the kubeadm-certs secret' >"$cluster/tokens/upload.0123456789abcdef"
      ;;
    'token create '*)
      count=$(($(wc -l <"$WORLD/tokens") + 1))
      token=token$count.0123456789abcdef
      echo "$token" >>"$WORLD/tokens"
      printf '%s' "$(value_after --description)" >"$cluster/tokens/$token"
      echo "kubeadm join kube-control.example.com:6443 --token $token --discovery-token-ca-cert-hash sha256:0123 "
      ;;
    'token list '*) for token in "$cluster"/tokens/*; do [[ ! -e $token ]] || printf '%s\t%s\n' "${token##*/}" "$(<"$token")"; done ;;
    'token delete '*) for token in "${raw[@]:2}"; do rm "$cluster/tokens/$token".*; done ;;
    'init '*) make_node master "$(value_of controlPlaneEndpoint "$config")" ;;
    'join '*)
      token=$(value_of token "$config") key=$(value_of certificateKey "$config")
      [[ -e $cluster/tokens/$token ]] || { echo "no token $token" && exit 1; }
      if [[ -n $key ]]; then
        [[ $key == "$(<"$cluster/certs")" ]] || { echo "cannot decrypt the certificates with $key" && exit 1; }
        make_node master
      else
        make_node worker
      fi
      if [[ -e $WORLD/join-breaks ]]; then
        echo "the join broke, with token $token and key ${key:-none}" >&2
        exit 1
      fi
      ;;
    'version '*) echo v1.37.2 ;;
    'config images list '*) printf 'registry.k8s.io/%s\n' pause:3.10.1 etcd:3.7.0-0 ;;
  esac
}

# a reboot: the first process starts at another time, and /run is empty
run_systemd_run() {
  [[ ${raw[*]} == *'systemctl reboot' ]] || return 0
  echo "1 (systemd) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 $(wc -l <"$WORLD/calls")" >"$root/proc/1/stat"
  "$WORLD/real/rm" -f "$root"/run/reboot-required
}

# etcd's programs: the snapshot `etcd.db` has the revision 77; a restore makes a data folder of it
run_ctr() {
  call="$AT: ctr ${raw[*]//"$root"/}"
  record
  case "${raw[*]}" in
    *' etcdutl snapshot status '*) echo '{"hash":1234,"revision":77,"totalKey":9,"totalSize":8}' ;;
    *' etcdutl snapshot restore '*)
      mkdir -p "$(value_after --data-dir)/member"
      cp "$(value_after restore)" "$(value_after --data-dir)/member/snap"
      ;;
  esac
}

# the first line of /etc/hosts with the name, then DNS; or only the source that -s selects
run_getent() {
  local answer=''
  [[ ${raw[*]} == *hosts:dns* ]] ||
    answer=$(awk -v name="${raw[-1]}" '{ sub(/#.*/, ""); for (i = 2; i <= NF; i++) if ($i == name) { print $1; exit } }' "$root/etc/hosts" 2>/dev/null)
  [[ -n $answer || ${raw[*]} == *hosts:files* ]] || answer=$(<"$WORLD/name")
  [[ -n $answer ]] || exit 2
  awk '{ print $1, "STREAM" }' <<<"$answer"
}

call="$AT: $tool $*"
case $tool in
  ssh) run_ssh ;;
  kubectl) run_kubectl "$@" ;;
  kubeadm) run_kubeadm ;;
  ctr) run_ctr ;;
  bash)
    # no real connection: the file `listens` decides
    if [[ ${2-} =~ ^'exec 4<>/dev/tcp/'(.*)/(.*)$ ]]; then
      grep -qxF "${BASH_REMATCH[1]}:${BASH_REMATCH[2]}" "$WORLD/listens"
    else
      exec /bin/bash "$@"
    fi
    ;;
  rm | find)
    for word; do
      [[ $word != /* || $word == "$WORLD"/* ]] || { echo "$tool $*: outside of the test's folder" | tee -a "$WORLD/strays" >&2 && exit 99; }
      [[ $tool == rm || $word != /* ]] || break
    done
    exec "$WORLD/real/$tool" "$@"
    ;;
  id) echo 0 ;;
  hostname) echo "$AT" ;;
  getent) record && run_getent ;;
  *-save) [[ ! -e $root/$tool ]] || cat "$root/$tool" ;;
  *-restore) cat >"$root/${tool%restore}save" ;;
  systemd-run) record && run_systemd_run ;;
  uname) echo 6.1.0-28-amd64 ;;
  apt-helper) record && cat "$WORLD/manifest" >"${raw[-1]}" ;;
  *) record ;;
esac
