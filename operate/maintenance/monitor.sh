# Maintenance of the monitor. It runs beside Pulumi. An update of Docker and a reboot restart the agent: the lines that the
# NAS sends meanwhile are lost. Variables: NODE, CONTAINER (of the agent), REBOOT (needed, never).

maintain_host() {
  local work
  work=$(remote "$NODE" 420 list_work REBOOT reboot_note)
  if ! has_work '(update|reboot)'; then
    say "nothing to do"
    return
  fi
  report_work
  ! has_work update || remote "$NODE" 2400 update_packages KC_STEP >&3
  has_work reboot || work=$(remote "$NODE" 60 list_reboots REBOOT reboot_note)
  if has_work reboot; then
    reboot_host
  fi
  wait_until 420 "the agent's container $CONTAINER to run on $NODE" agent_runs
  remote "$NODE" 60 say_outdated >&3
}
agent_runs() { remote "$NODE" 30 check_agent CONTAINER 2>&1; }

# On the monitor.
# check_agent: a container that was removed, or never created, is not awaited.
check_agent() {
  local state
  [[ -n $(docker ps --all --quiet --filter "name=^/?$CONTAINER\$") ]] || return 0
  state=$(docker container inspect --format '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}healthy{{end}}' "$CONTAINER")
  [[ $state == 'running healthy' ]] || { echo "it is $state" && return 1; }
}
