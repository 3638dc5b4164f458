# The agent's conf.d. Variables: CONF_D, CONTAINER; function: write_conf_files (writes the listeners' files), and NAMES,
# the folders that belong there.

create() {
  local folder name
  mkdir -p "$CONF_D"
  for folder in "$CONF_D"/*.d; do
    name=${folder##*/}
    if [[ -d $folder && " $NAMES " != *" ${name%.d} "* ]]; then
      rm -rf "$folder"
      say "removed $folder"
    fi
  done
  write_conf_files
  restart_if_outdated
}

# write_conf PATH TEXT: a listener's file.
write_conf() {
  local text=$2 address
  if [[ $text == *@DOCKER_ADDRESS@* ]]; then
    address=$(docker_address)
    [[ -n $address ]] || fail "Docker's network bridge has no IPv4 address on this host (docker network inspect bridge)"
    text=${text//@DOCKER_ADDRESS@/"$address"}
  fi
  write_file "$1" 0644 "$text"
}
# docker_address: that of the bridge that containers are on.
docker_address() {
  local bridge
  bridge=$(docker network inspect bridge --format '{{index .Options "com.docker.network.bridge.name"}}')
  ip -4 -oneline address show dev "$bridge" | awk '{ sub("/.*", "", $4); if ($4 ~ /^[0-9.]+$/) { print $4; exit } }'
}

# The agent reads conf.d when it starts, and not again: one that started before the last change is restarted. Docker is asked
# when it started, so that a run that ended between change and restart is made up for.
restart_if_outdated() {
  local started
  command -v docker >/dev/null || return 0
  started=$(docker inspect --type container -f '{{if .State.Running}}{{.State.StartedAt}}{{end}}' "$CONTAINER" 2>/dev/null) || return 0
  if [[ -n $started && -n $(find "$CONF_D" -newermt "$started" -print -quit) ]]; then
    docker restart "$CONTAINER" >/dev/null
    say "restarted $CONTAINER"
  fi
}
