# Variables: LOGIN, DAEMON_JSON, CONF_PATH, CONF, CONF_D, CONTAINER, IMAGE, MEMORY (docker's option, or empty), PORT, TYPE,
# ENVIRONMENT.
[[ $DAEMON_JSON == '{}' ]] || put /etc/docker/daemon.json 0644 <<<"$DAEMON_JSON"
put "$CONF_PATH" 0644 <<<"$CONF"
install docker.io ca-certificates
systemctl -q enable --now docker
until_true 60 docker version
[[ $LOGIN == root ]] || usermod -aG docker "$LOGIN"
docker pull --quiet "$IMAGE"
put /run/agent.env 0600 <<<"$ENVIRONMENT"
docker run --detach --name "$CONTAINER" --restart always --env-file /run/agent.env \
  --volume /var/run/docker.sock:/var/run/docker.sock:ro --volume /proc/:/host/proc/:ro \
  --volume /sys/fs/cgroup/:/host/sys/fs/cgroup:ro --volume "$CONF_D:/conf.d:ro" \
  --publish "$PORT:$PORT/$TYPE" ${MEMORY:+"$MEMORY"} "$IMAGE"
rm -f /run/agent.env
listening() { docker exec "$CONTAINER" agent status | grep -A 5 "Port: $PORT" | grep -q 'Status: OK'; }
until_true 120 listening
until_true 120 docker exec "$CONTAINER" agent health
