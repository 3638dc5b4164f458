# What the steps beside Pulumi share. Variables: NODE, MASTERS (name address, a line each), PORT.

# remote HOST SECONDS FUNCTION [VARIABLE...]: runs a function of this script on HOST as root, with these variables of ours.
# What it says with `say` and `result` comes back on standard output; the rest of its output goes to the log.
# Everything goes over standard input, so that a secret is in no process list.
remote() {
  local kc_host=$1 kc_seconds=$2 kc_function=$3
  shift 3
  {
    cat <<'HEAD'
set -euo pipefail
umask 022
export LC_ALL=C HOME=/root KUBECONFIG=/etc/kubernetes/admin.conf
exec 3>&1 1>&2
KC_HOST=$(hostname) kc_changed=()
kc_dir=$(mktemp -d /run/kube-control.XXXXXX)
trap 'rm -rf "$kc_dir"' EXIT
HEAD
    declare -f
    (($# == 0)) || declare -p "$@"
    printf '%s </dev/null\n' "$kc_function"
  } | on "$kc_host" "$kc_seconds"
}

address_of() { awk -v name="$1" '$1 == name { print $2 }' <<<"$MASTERS"; }
other_masters() { awk -v node="$NODE" '$1 != node { print $1 }' <<<"$MASTERS"; }

# find_sponsor: sets SPONSOR and API to a master of the cluster, other than the node, whose API server is ready.
find_sponsor() {
  local name
  for name in $(other_masters); do
    API=https://$(address_of "$name"):$PORT
    if remote "$name" 30 sponsors API; then
      SPONSOR=$name
      return
    fi
  done
  SPONSOR='' API=''
  return 1
}
sponsors() { [[ -e /var/lib/kube-control/member ]] && api_ready; }

# The functions below run on the sponsor, with SPONSOR and API.

kube() { kubectl --server "$API" --request-timeout=20s "$@"; }

etcd() {
  local pki=/etc/kubernetes/pki/etcd
  # exec has no bound of its own
  timeout 30 kubectl --server "$API" -n kube-system exec "etcd-$SPONSOR" -c etcd -- etcdctl --endpoints=https://127.0.0.1:2379 \
    --cacert="$pki/ca.crt" --cert="$pki/server.crt" --key="$pki/server.key" "$@"
}

# etcd_members: a line each: ID state name peer-URL learner. A member that has not started yet has no name.
etcd_members() {
  etcd member list -w simple | awk -F ', ' '{ print $1, $2, ($3 == "" ? "-" : $3), $4, $6 }'
}

# Variables: NODE, NODE_ADDRESS.
forget_etcd_member() {
  local id members
  members=$(etcd_members) || return 1
  for id in $(awk -v n="$NODE" -v p="https://$NODE_ADDRESS:2380" '$3 == n || $4 == p { print $1 }' <<<"$members"); do
    etcd member remove "$id" || return 1
    say "removed the etcd member of $NODE"
  done
}
forget_node() { kube delete node "$NODE" --ignore-not-found --wait=false; }
