# Waits until the agent reports that it listens. Variables: CONTAINER, LISTENERS (lines "NAME TYPE PORT"),
# SECONDS_TO_WAIT, SITE; secret: DD_API_KEY, so that it is masked in messages.

create() {
  wait_until "$SECONDS_TO_WAIT" "the listeners of $CONTAINER" key_refused_or_listening
  if [[ $(agent_status) == *"API Key invalid"* ]]; then
    # the agent checks the key again only after an hour, so waiting does not help
    fail "Datadog refuses the API key (API Key invalid): configure a key of the organisation at $SITE, then run this again"
  fi
  agent_status | sed -n 's/ (API Key: .*//; s/^ *\(Reliable: \)\{0,1\}\(Sending .*\)/\2/p' >&3
  while read -r name type port; do
    say "$name: $type, port $port, Status: OK"
  done <<<"$LISTENERS"
}

# check: are the container and its listeners as create() leaves them (host/check.sh)? Secret: ENVIRONMENT (lines NAME=VALUE).
check() {
  local running environment status name type port seen line
  running=$(docker inspect --type container -f '{{.State.Status}}' "$CONTAINER" 2>/dev/null || true)
  expect "container $CONTAINER" running "$running"
  [[ $running == running ]] || return 0
  environment=$(docker inspect --type container -f '{{range .Config.Env}}{{println .}}{{end}}' "$CONTAINER")
  while IFS= read -r line; do
    # compared in bash: an argument of a command is in the process list, and a line has the API key
    [[ $'\n'$environment$'\n' == *$'\n'"$line"$'\n'* ]] || differs "container $CONTAINER" "has another value of ${line%%=*} in its environment"
  done <<<"$ENVIRONMENT"
  if ! status=$(agent_status); then
    differs "agent in $CONTAINER" "does not report its status: ${status//$'\n'/; }"
    return
  fi
  [[ $status != *"API Key invalid"* ]] || note "agent in $CONTAINER" "Datadog refuses the API key"
  while read -r name type port; do
    seen=$(source_status "$name" "$type" "$port" <<<"$status")
    expect "listener $name, $type port $port" OK "$seen"
  done <<<"$LISTENERS"
}

agent_status() { timeout 20 docker exec "$CONTAINER" agent status </dev/null 2>&1; }

key_refused_or_listening() {
  local status name type port seen missing="not in the agent's status"
  if ! status=$(agent_status); then
    printf '%s\n' "$status" "its log:" "$(docker logs --tail 8 "$CONTAINER" 2>&1)"
    return 1
  fi
  if [[ $status == *"API Key invalid"* ]]; then
    return 0
  fi
  while read -r name type port; do
    seen=$(source_status "$name" "$type" "$port" <<<"$status")
    if [[ $seen != OK ]]; then
      echo "$name, $type port $port: ${seen:-$missing}"
      docker logs --tail 400 "$CONTAINER" 2>&1 | grep -E 'WARN|ERROR' | tail -n 5 || true
      return 1
    fi
  done <<<"$LISTENERS"
  # the same as Docker's health check, which runs only every 30 s
  timeout 20 docker exec "$CONTAINER" agent health </dev/null 2>&1
}

# source_status NAME TYPE PORT: prints the status of one source of an integration. Reads the output of `agent status`,
# in which the sources are a list, and plain lines in older agents.
source_status() {
  awk -v name="$1" -v type="$2" -v port="$3" '
    { line = $0; sub(/^[ \t]+/, "", line); sub(/^- /, "", line); sub(/[ \t\r]+$/, "", line) }
    line ~ /^--+$/ || line ~ /^==+$/ { section = before }
    line ~ /^Type: / { of_type = substr(line, 7); of_port = "" }
    line ~ /^Port: / { of_port = substr(line, 7) }
    line ~ /^Status: / && section == name && of_type == type && of_port == port { print substr(line, 9); exit }
    { before = line }
  '
}
