# Installs and configures Docker on the monitor. Variables: LOGIN (the SSH user, who uses Docker), DAEMON_JSON (our
# settings for /etc/docker/daemon.json; `{}`: none).

daemon_json=/etc/docker/daemon.json
# a copy of the file as we wrote it: a daemon.json that equals it is ours and is replaced
written=/var/lib/kube-control/docker/daemon.json

create() {
  local was_unread=0
  ! mark_unread docker || was_unread=1
  write_daemon_json
  command -v dockerd >/dev/null || install_packages docker.io ca-certificates
  # from Debian 13 on, the client is a separate package
  command -v docker >/dev/null || install_packages docker-cli
  # an unattended upgrade would restart the agent; packages of another vendor (docker-ce) are not held
  hold_packages docker.io
  if { ((was_unread)) || changed "$daemon_json"; } && systemctl is-active --quiet docker.service; then
    # a reload applies mirrors without a restart of the daemon and its containers
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
  say "Docker $(docker version --format '{{.Server.Version}}')"
}

# check: compares this host with what create() installs and starts (host/check.sh).
check() {
  local mirrors mirror
  command -v dockerd >/dev/null || differs "package docker.io" "is not installed"
  expect_held docker.io
  expect_unit docker
  if mirrors=$(docker info --format '{{range .RegistryConfig.Mirrors}}{{println .}}{{end}}' 2>&1); then
    for mirror in $MIRRORS; do
      grep -qxF -e "${mirror%/}/" -e "${mirror%/}" <<<"$mirrors" || differs "Docker's registry mirror $mirror" "is not in use"
    done
  fi
  [[ $LOGIN == root || " $(id -nG "$LOGIN" 2>&1) " == *" docker "* ]] || differs "user $LOGIN" "is not in the group docker"
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
