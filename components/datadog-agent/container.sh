# Removes the agent's container. Variables: CONTAINER, CONF_D; optional: IMAGE, to remove the image too.

# remove_container: removes CONTAINER if it mounts CONF_D. Another container with that name is not changed.
remove_container() {
  local found sources
  found=$(docker ps --all --no-trunc --quiet --filter "name=^/?$CONTAINER\$") ||
    fail "Docker does not report whether the container $CONTAINER exists (see above): start Docker (systemctl start docker), then try again"
  if [[ -n $found ]]; then
    sources=$(docker container inspect --format '{{range .Mounts}}{{println .Source}}{{end}}' "$found")
    if ! grep -qFx -e "$CONF_D" <<<"$sources"; then
      say "the container $CONTAINER was not changed: expected one that mounts $CONF_D, found one that mounts ${sources//$'\n'/ }"
      return
    fi
    # a graceful stop, so that it can send what it has collected
    timeout 60 docker stop "$found" >/dev/null || true
    docker rm --force --volumes "$found" >/dev/null
    say "removed the container $CONTAINER"
  fi
  # Docker keeps an image that another container uses
  if [[ -n ${IMAGE-} ]] && docker image rm "$IMAGE" >/dev/null; then
    say "removed the image $IMAGE"
  fi
}
