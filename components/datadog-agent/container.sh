# The agent's container. Variables: CONTAINER, CONF_D, and IMAGE where the image goes too.

# remove_container: the agent's container is the one that mounts its configuration. Another one of the name is left as it is.
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
  if [[ -n ${IMAGE-} ]] && docker image rm "$IMAGE" >/dev/null; then
    say "removed the image $IMAGE"
  fi
}
