# Removes the agent's container, image, packet filter and configuration from its host when this step is deleted.
# Creating the step changes nothing. Variables: MONITOR (the host), CONTAINER, IMAGE, CONF_D.

create() { say "the agent will be removed from $MONITOR when this is deleted"; }

delete() {
  if is_up "$MONITOR"; then
    remote "$MONITOR" 600 remove_agent CONTAINER IMAGE CONF_D KC_STEP >&3
  else
    say "$MONITOR could not be reached: the container $CONTAINER and $CONF_D are still there"
  fi
}

remove_agent() {
  lock_host
  if command -v docker >/dev/null; then
    remove_container
  fi
  remove_filter
  if [[ -e $CONF_D ]]; then
    rm -rf "$CONF_D"
    say "removed $CONF_D"
  fi
  release_packages docker.io
  # the folders above it, if they are empty
  rmdir --parents "$(dirname "$CONF_D")" 2>/dev/null || true
}
