# restart_if_outdated: the agent reads conf.d only when it starts. Its start time is compared with the files, so that
# the restart is done even if an earlier run stopped between the change and the restart. Variables: CONF_D, CONTAINER.
restart_if_outdated() {
  local started
  command -v docker >/dev/null || return 0
  started=$(docker inspect --type container -f '{{if .State.Running}}{{.State.StartedAt}}{{end}}' "$CONTAINER" 2>/dev/null) || return 0
  if [[ -n $started && -n $(find "$CONF_D" -newermt "$started" -print -quit) ]]; then
    docker restart "$CONTAINER" >/dev/null
    say "restarted $CONTAINER"
  fi
}
