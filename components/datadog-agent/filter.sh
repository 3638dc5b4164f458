# The packet filter before the agent's log ports (filter.ts). Variable: CONF_D, beside which its program lies.

# write_filter PROGRAM: loads it now, and before Docker starts from now on; without a text there is to be none.
write_filter() {
  local program unit=kube-control-agent-filter.service
  program=$(dirname "$CONF_D")/filter
  if [[ -z $1 ]]; then
    remove_filter
    return
  fi
  command -v iptables-restore >/dev/null || install_packages iptables
  write_file "$program" 0644 "$1"
  write_file "/etc/systemd/system/$unit" 0644 "# Written by kube-control.
[Unit]
Description=Packet filter of the Datadog agent's log ports
# what others load at boot does not undo it, and no packet passes before it is there
After=nftables.service netfilter-persistent.service ufw.service firewalld.service
Before=docker.service
PartOf=docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh $program

[Install]
# Docker does not start without it: its ports would be open
RequiredBy=docker.service
"
  systemctl daemon-reload
  # the unit of an earlier version was only wanted: enable would leave that link beside the new one
  systemctl reenable --quiet "$unit"
  # run here, so that its own messages are the cause that is told
  sh "$program" || fail "the packet filter of the log port could not be loaded (see above): without it, others can write lines as the NAS"
  # a restart would restart Docker, which requires it
  systemctl start "$unit"
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
  # disabled before it is stopped: Docker, which requires it, would be stopped too
  systemctl disable --quiet "$unit" && systemctl stop "$unit" || true
  rm -f "/etc/systemd/system/$unit" "$program"
  systemctl daemon-reload
  say "removed the packet filter of the log port"
}
