#!/bin/bash
# Written by kube-control. Maintains one line in /etc/hosts, with which this node resolves the control plane's name when
# DNS does not answer. kube-control-hosts.service runs it at boot, before kubelet, and whenever another program has
# written the file.
# Arguments: ADDRESS NAME. Or `remove`: removes the line, the units and this program.
#
# Files are written in place, because /etc/hosts of a container is a mount, which cannot be replaced. They are not
# truncated first, so that no other line is lost if the disk is full or the power fails.
set -euo pipefail
umask 022

mark='# kube-control: for when DNS does not answer'

# set_line FILE LINE: removes all lines with the mark, and appends LINE if it is not empty.
set_line() {
  awk -v mark="$mark" -v line="$2" '!index($0, mark) { print } END { if (line != "") print line }' "$1" >"$scratch"
  ! cmp -s "$scratch" "$1" || return 0
  cat "$scratch" 1<>"$1"
  truncate -s "$(wc -c <"$scratch")" "$1"
  echo "wrote $1"
}

main() {
  local line='' pod file
  [[ $1 == remove ]] || line="$1 $2 $mark"
  exec 9<>/etc/hosts
  flock 9
  scratch=$(mktemp /run/kube-control-hosts.XXXXXX)
  trap 'rm -f "$scratch"' EXIT
  if [[ $1 == remove ]]; then
    systemctl disable --quiet --now kube-control-hosts.path kube-control-hosts.service || true
    rm -f /etc/systemd/system/kube-control-hosts.service /etc/systemd/system/kube-control-hosts.path "$0"
    systemctl daemon-reload
  fi
  set_line /etc/hosts "$line"
  # For pods in the host's network, such as kube-proxy, which uses the name, kubelet copies the file when a container
  # starts.
  for pod in /var/lib/kubelet/pods/*; do
    file=$pod/etc-hosts
    ! grep -qsxF '# Kubernetes-managed hosts file (host network).' "$file" || set_line "$file" "$line" || [[ ! -e $file ]]
  done
}

main "$@"
