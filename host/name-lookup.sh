# How a node resolves the control plane's name: by DNS, and by kube-control's line in /etc/hosts. These functions run on
# a host.

# dns_addresses NAME: prints the IPv4 addresses that DNS returns, on one line. /etc/hosts is not used, because a line
# there would hide the answer. systemd-resolved reads that file too, unless --synthesize=no.
dns_addresses() {
  local query=(getent -s hosts:dns ahostsv4 "$1")
  if grep -qsE '^nameserver[[:space:]]+127\.0\.0\.53$' /etc/resolv.conf && command -v resolvectl >/dev/null; then
    query=(resolvectl --legend=no --synthesize=no -4 query "$1")
  fi
  timeout 20 "${query[@]}" | awk '
    { for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/ && !seen[$i]++) { printf "%s%s", gap, $i; gap = " " } }'
}

# remove_hosts_line: removes that line, and the program that maintains it (components/dns-record/hosts-program.sh).
remove_hosts_line() {
  local program=/usr/local/sbin/kube-control-hosts
  [[ ! -x $program ]] || "$program" remove
}
