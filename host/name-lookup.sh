# How a node finds the control plane's name: by DNS, and by a line of kube-control in /etc/hosts. These functions run on a host.

# dns_addresses NAME: the IPv4 addresses that DNS gives, in one line. /etc/hosts is not asked: a line there would hide the answer.
# systemd-resolved answers from that file as well, unless it is told not to.
dns_addresses() {
  local ask=(getent -s hosts:dns ahostsv4 "$1")
  if grep -qsE '^nameserver[[:space:]]+127\.0\.0\.53$' /etc/resolv.conf && command -v resolvectl >/dev/null; then
    ask=(resolvectl --legend=no --synthesize=no -4 query "$1")
  fi
  timeout 20 "${ask[@]}" | awk '
    { for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/ && !seen[$i]++) { printf "%s%s", gap, $i; gap = " " } }'
}

# forget_hosts_entry: removes that line, and what keeps it (components/dns-record/hosts-program.sh).
forget_hosts_entry() {
  local program=/usr/local/sbin/kube-control-hosts
  [[ ! -x $program ]] || "$program" remove
}
