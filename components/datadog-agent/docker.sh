# Docker on the monitor. Variables: LOGIN (who uses it over ssh), DAEMON_JSON (what we want of /etc/docker/daemon.json,
# `{}` for nothing).

daemon_json=/etc/docker/daemon.json
# what we wrote there last: a file that still equals it is ours to replace
written=/var/lib/kube-control/docker/daemon.json

create() {
  local was_unread=0
  ! mark_unread docker || was_unread=1
  write_daemon_json
  command -v dockerd >/dev/null || install_packages docker.io ca-certificates
  # from Debian 13 on, the client is a package of its own
  command -v docker >/dev/null || install_packages docker-cli
  # an upgrade by itself would restart the agent; Docker's own packages (docker-ce) are left to their owner
  hold_packages docker.io
  if { ((was_unread)) || changed "$daemon_json"; } && systemctl is-active --quiet docker.service; then
    # mirrors are read anew without a restart of the daemon and its containers
    systemctl reload docker.service
    say "reloaded docker"
  fi
  clear_unread docker
  systemctl enable --quiet --now docker.service
  wait_until 60 "Docker" docker version --format '{{.Server.Version}}'
  if [[ $LOGIN != root && " $(id -nG "$LOGIN") " != *" docker "* ]]; then
    usermod -aG docker "$LOGIN"
    say "added $LOGIN to the group docker"
  fi
  result "Docker $(docker version --format '{{.Server.Version}}')"
}

write_daemon_json() {
  local merged=$DAEMON_JSON
  if [[ -s $daemon_json ]] && ! cmp -s "$daemon_json" "$written"; then
    [[ $DAEMON_JSON != '{}' ]] || return 0
    command -v jq >/dev/null || install_packages jq
    merged=$(jq --argjson ours "$DAEMON_JSON" \
      '.["registry-mirrors"] = $ours["registry-mirrors"] + ((.["registry-mirrors"] // []) - $ours["registry-mirrors"])' \
      "$daemon_json") || fail "$daemon_json is not valid JSON: correct or remove it"
    write_file "$daemon_json" 0644 "$merged"$'\n'
    return
  fi
  if [[ $DAEMON_JSON == '{}' && ! -e $daemon_json ]]; then
    return
  fi
  write_file "$daemon_json" 0644 "$merged"$'\n'
  mkdir -p "$(dirname "$written")"
  cp "$daemon_json" "$written"
}
