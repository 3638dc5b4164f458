# The agent's conf.d. Variables: CONF_D, CONTAINER; function: write_conf_files (writes the listeners' files), and NAMES,
# the folders that belong there.

create() {
  local folder
  mkdir -p "$CONF_D"
  for folder in "$CONF_D"/*.d; do
    if [[ -d $folder && " $NAMES " != *" $(basename "$folder" .d) "* ]]; then
      rm -rf "$folder"
      say "removed $folder"
    fi
  done
  write_conf_files
  restart_if_older
}

# The agent reads conf.d at its start only. One that started before the last change is started again; asked of the
# container, so that it also holds where the run before ended between the two.
restart_if_older() {
  local started
  command -v docker >/dev/null || return 0
  started=$(docker inspect --type container -f '{{if .State.Running}}{{.State.StartedAt}}{{end}}' "$CONTAINER" 2>/dev/null) || return 0
  if [[ -n $started && -n $(find "$CONF_D" -newermt "$started" -print -quit) ]]; then
    docker restart "$CONTAINER" >/dev/null
    say "restarted $CONTAINER"
  fi
}

delete() {
  rm -rf "$CONF_D"
  # the folders above, as far as nothing else lies in them
  rmdir --parents "$(dirname "$CONF_D")" 2>/dev/null || true
  say "removed $CONF_D"
}
