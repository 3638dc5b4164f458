# The packet filter of the agent's log ports (filter.ts). Variable: CONF_D; the filter's program is beside it.

# write_filter PROGRAM: loads the filter now, and at each start of Docker. An empty text removes the filter.
write_filter() {
  local program unit=kube-control-agent-filter.service
  program=$(dirname "$CONF_D")/filter
  if [[ -z $1 ]]; then
    remove_filter
    return
  fi
  command -v iptables-restore >/dev/null || install_packages iptables
  write_filter_files "$1"
  systemctl daemon-reload
  # an earlier version's unit has a WantedBy link, which enable would leave
  systemctl reenable --quiet "$unit"
  # run it here too, so that its own messages are in the error
  sh "$program" || fail "the packet filter of the log port could not be loaded (see above). Without it, other hosts can send log lines in the name of the NAS"
  # not restart, which would restart Docker, because Docker requires the unit
  systemctl start "$unit"
}

# check_filter PROGRAM: compares the filter with what write_filter writes and loads (host/check.sh).
check_filter() {
  local unit=kube-control-agent-filter.service tables
  if [[ -z $1 ]]; then
    [[ ! -e /etc/systemd/system/$unit ]] || differs "$unit" "is not in the configuration"
    return
  fi
  write_filter_files "$1"
  expect_unit "$unit"
  for tables in iptables $([[ ! -e /proc/net/if_inet6 ]] || echo ip6tables); do
    "$tables" --wait 10 -t raw -C PREROUTING -j KUBE-CONTROL-AGENT 2>/dev/null ||
      differs "packet filter of the log port" "is not loaded ($tables)"
  done
}

# write_filter_files PROGRAM: in a check, write_file compares.
write_filter_files() {
  write_file "$(dirname "$CONF_D")/filter" 0644 "$1"
  write_file "/etc/systemd/system/kube-control-agent-filter.service" 0644 "# Written by kube-control.
[Unit]
Description=Packet filter of the Datadog agent's log ports
# after all that may flush its rules at boot, and before a port is open
After=nftables.service netfilter-persistent.service ufw.service firewalld.service
Before=docker.service
PartOf=docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh $(dirname "$CONF_D")/filter

[Install]
# Docker does not start without it, because the ports would be open
RequiredBy=docker.service
"
}

remove_filter() {
  local program unit=kube-control-agent-filter.service tables hook
  program=$(dirname "$CONF_D")/filter
  [[ -e $program || -e /etc/systemd/system/$unit ]] || return 0
  for tables in iptables ip6tables; do
    command -v "$tables" >/dev/null || continue
    for hook in PREROUTING OUTPUT; do
      "$tables" --wait -t raw -D "$hook" -j KUBE-CONTROL-AGENT || true
    done
    "$tables" --wait -t raw -F KUBE-CONTROL-AGENT || continue
    "$tables" --wait -t raw -X KUBE-CONTROL-AGENT || true
  done
  # disable it before stopping it: Docker requires it, and would be stopped too
  systemctl disable --quiet "$unit" && systemctl stop "$unit" || true
  rm -f "/etc/systemd/system/$unit" "$program"
  systemctl daemon-reload
  say "removed the packet filter of the log port"
}
