# Stands for the agent on its host: creating it does nothing yet, deleting it removes the agent's container, its image and its
# configuration there. Variables: MONITOR (the host), CONTAINER, IMAGE, CONF_D.

create() { say "the agent will be removed from $MONITOR when this is deleted"; }

delete() {
  if alive "$MONITOR"; then
    remote "$MONITOR" 600 remove_agent CONTAINER IMAGE CONF_D KC_STEP >&3
  else
    say "$MONITOR could not be reached: the container $CONTAINER and $CONF_D are still there"
  fi
}

remove_agent() {
  hold_host
  if command -v docker >/dev/null; then
    remove_container
  fi
  remove_filter
  if [[ -e $CONF_D ]]; then
    rm -rf "$CONF_D"
    say "removed $CONF_D"
  fi
  release_packages docker.io
  # the folders above, as far as nothing else lies in them
  rmdir --parents "$(dirname "$CONF_D")" 2>/dev/null || true
}

# The agent's container is the one that mounts its configuration: another one of the name is left as it is.
remove_container() {
  local found sources
  found=$(docker ps --all --no-trunc --quiet --filter "name=^/?$CONTAINER\$") ||
    fail "Docker does not say whether there is a container $CONTAINER (see above): start it (systemctl start docker), then try again"
  if [[ -n $found ]]; then
    sources=$(docker container inspect --format '{{range .Mounts}}{{println .Source}}{{end}}' "$found")
    if ! grep -qFx -e "$CONF_D" <<<"$sources"; then
      say "left the container $CONTAINER as it is: expected one that mounts $CONF_D, found one that mounts ${sources//$'\n'/ }"
      return
    fi
    # it may send what it has collected
    timeout 60 docker stop "$found" >/dev/null || true
    docker rm --force --volumes "$found" >/dev/null
    say "removed the container $CONTAINER"
  fi
  # where another container uses it, it stays
  if docker image rm "$IMAGE" >/dev/null; then
    say "removed the image $IMAGE"
  fi
}
