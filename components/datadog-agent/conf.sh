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

# The agent reads conf.d when it starts, and not again: one that started before the last change is restarted. Docker is asked
# when it started, so that a run that ended between change and restart is made up for.
restart_if_older() {
  local started
  command -v docker >/dev/null || return 0
  started=$(docker inspect --type container -f '{{if .State.Running}}{{.State.StartedAt}}{{end}}' "$CONTAINER" 2>/dev/null) || return 0
  if [[ -n $started && -n $(find "$CONF_D" -newermt "$started" -print -quit) ]]; then
    docker restart "$CONTAINER" >/dev/null
    say "restarted $CONTAINER"
  fi
}
