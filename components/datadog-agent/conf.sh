# Writes the agent's conf.d. Variables: CONF_D, CONTAINER, NAMES (of listeners and checks: folders of others are removed);
# function: write_conf_files (writes their files with write_conf).

create() {
  local folder
  mkdir -p "$CONF_D"
  while read -r folder; do
    rm -rf "$folder"
    say "removed $folder"
  done < <(other_folders)
  write_conf_files
  restart_if_outdated
}

# check: compares this host with what create() writes (host/check.sh).
check() {
  local folder
  while read -r folder; do
    differs "$folder" "is not in the configuration"
  done < <(other_folders)
  write_filter() { check_filter "$1"; }
  if docker info >/dev/null 2>&1; then
    write_conf_files
  else
    # a listener's file contains the address of Docker's bridge
    differs conf.d "cannot be compared, because Docker does not answer"
  fi
}

# other_folders: prints the folders in conf.d of listeners and checks that are not in the configuration.
other_folders() {
  local folder name
  for folder in "$CONF_D"/*.d; do
    name=${folder##*/}
    [[ ! -d $folder || " $NAMES " == *" ${name%.d} "* ]] || echo "$folder"
  done
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
