# Writes the agent's conf.d. Variables: CONF_D, CONTAINER, NAMES (of listeners and checks: folders of others are removed);
# function: write_conf_files (writes their files with write_conf).

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

# write_conf PATH TEXT: writes a file of conf.d, and fills in the address of Docker's bridge.
write_conf() {
  local text=$2 address
  if [[ $text == *@DOCKER_ADDRESS@* ]]; then
    address=$(docker_address)
    [[ -n $address ]] || fail "Docker's network bridge has no IPv4 address on this host: see docker network inspect bridge"
    text=${text//@DOCKER_ADDRESS@/"$address"}
  fi
  write_file "$1" 0644 "$text"
}
# docker_address: prints the IPv4 address of Docker's bridge.
docker_address() {
  local bridge
  bridge=$(docker network inspect bridge --format '{{index .Options "com.docker.network.bridge.name"}}')
  ip -4 -oneline address show dev "$bridge" | awk '{ sub("/.*", "", $4); if ($4 ~ /^[0-9.]+$/) { print $4; exit } }'
}
