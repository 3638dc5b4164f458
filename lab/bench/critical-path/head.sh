# Head of the bare commands: nothing but what they need. Variables come before it.
set -euo pipefail
umask 022
export LC_ALL=C DEBIAN_FRONTEND=noninteractive HOME=/root KUBECONFIG=/etc/kubernetes/admin.conf
exec </dev/null

# until_true SECONDS COMMAND...: looked at ten times a second.
until_true() {
  local end=$((SECONDS + $1)) seen
  shift
  until seen=$("$@" 2>&1); do
    ((SECONDS < end)) || { echo "still not: $*: $seen" >&2 && return 1; }
    sleep 0.1
  done
}

install() {
  apt-get -qq -o Dpkg::Options::=--force-confold install -y --no-install-recommends --allow-change-held-packages "$@"
}

# put PATH MODE: writes standard input to it
put() {
  mkdir -p "$(dirname "$1")"
  cat >"$1"
  chmod "$2" "$1"
}
