# Prints configurations, journals and states of a host for a bug report, and changes nothing. Each part begins with a line
# "MARK NAME". Secrets are masked before they leave the host. Variables: MARK, and those of host.sh.
# shellcheck disable=SC2034
set -uo pipefail
export LC_ALL=C
# no colours and no pager
export SYSTEMD_COLORS=0 SYSTEMD_PAGER=cat TERM=dumb

# maximum bytes of a part
most=2000000

# mask: masks secrets in its input. mask.ts masks them again on the operator's machine.
mask() {
  awk '
    # a private key, even if each line has the prefix of a journal, or if its end is missing
    /-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----/ && !/-----END [A-Z ]*PRIVATE KEY/ { sub(/-----BEGIN .*/, "[masked private key]"); print; inside = 1; next }
    inside { if (/-----END [A-Z ]*PRIVATE KEY/) inside = 0; next }
    { print }' |
    sed -E \
      -e 's/-----BEGIN [A-Z ]*PRIVATE KEY.*-----END [A-Z ]*PRIVATE KEY( BLOCK)?-----/[masked private key]/g' \
      -e 's/(auth_pass[[:space:]]+).*/\1[masked]/' \
      -e 's/(secure"?:[[:space:]]*).*/\1[masked]/' \
      -e 's/((api|app|application)[_-]?key[A-Za-z]*"?[=: ]+"?)[^]",[:space:]]+/\1[masked]/gI' \
      -e 's/(bearer[[:space:]]+)[^[:space:]"'\'',]+/\1[masked]/gI' \
      -e 's/eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]+/[masked]/g' \
      -e 's/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/[masked]/g' \
      -e 's/(certificate-?key"?[=: ]+"?)[0-9a-f]{32,}/\1[masked]/gI' \
      -e 's/((client-key-data|client-certificate-data|token|password|passwd|passphrase|secret|encryptionsalt|encryptedkey)"?[[:space:]]*[=:][[:space:]]*"?)[^]",[:space:]]+/\1[masked]/gI' \
      -e 's#(://)[^/@[:space:]]+@#\1[masked]@#g' \
      -e 's/\b([0-9a-f]{32}|[0-9a-f]{40})\b/[masked]/g'
}

# part NAME COMMAND...: prints the output of a command.
part() {
  local name=$1
  shift
  printf '\n%s %s\n' "$MARK" "$name"
  timeout --kill-after=2 20 "$@" 2>&1 </dev/null | head -c "$most" | mask
}
# parts_of PATH...: prints files. It never reads keys, kubeconfigs or the key of the encryption at rest.
parts_of() {
  local path
  for path; do
    [[ -f $path && -r $path ]] || continue
    case $path in
      *.key | *.pem | *encryption* | /etc/kubernetes/*.conf | */pki/*) continue ;;
    esac
    part "files$path" cat "$path"
  done
}
journals() {
  local unit
  for unit; do
    ! systemctl cat "$unit.service" >/dev/null 2>&1 || {
      part "journal/$unit" journalctl --unit "$unit.service" --lines 500 --no-pager --output short-iso
      part "units/$unit" systemctl cat "$unit.service"
      part "units/$unit.status" systemctl status --no-pager --lines 0 "$unit.service"
    }
  done
}

part system uname -a
parts_of /etc/os-release /etc/hosts /etc/resolv.conf /proc/meminfo /proc/loadavg
part disk df -h
part inodes df -i
part addresses ip -4 address
part routes ip -4 route
part sockets ss --listening --numeric --tcp --udp --processes
part failed-units systemctl list-units --failed --no-pager
part clock timedatectl
part packages dpkg-query --show
part journal/kernel journalctl --dmesg --lines 200 --no-pager --output short-iso
journals haproxy keepalived haproxy-watch kubelet containerd docker kube-control-agent-filter kube-control-backup kube-control-backup-upload
parts_of /etc/haproxy/haproxy.cfg /etc/keepalived/keepalived.conf /usr/local/sbin/haproxy-watch
parts_of /etc/kubernetes/manifests/*.yaml /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env
parts_of /etc/containerd/config.toml /etc/containerd/certs.d/*/hosts.toml /etc/docker/daemon.json /etc/cni/net.d/*
parts_of /opt/datadog-monitor/datadog-agent/conf.d/*/* /var/lib/kube-control/{begun,restored,member} /var/lib/kube-control/backups/{last,upload}.json
if [[ $ROLE == 'load balancer' && -S $STATS_SOCKET ]] && command -v socat >/dev/null; then
  part haproxy-state bash -c "printf 'show info;show stat;show sess\n' | socat -T 3 - UNIX-CONNECT:$STATS_SOCKET"
fi
if [[ $ROLE == master && -r /etc/kubernetes/admin.conf ]]; then
  kube() { part "$1" kubectl --kubeconfig /etc/kubernetes/admin.conf --server "https://$ADDRESS:$PORT" --request-timeout=10s --cache-dir /dev/null "${@:2}"; }
  kube cluster/kubeadm-config --namespace kube-system get configmap kubeadm-config --output yaml
  kube cluster/nodes get nodes --output wide
  kube cluster/nodes-described describe nodes
  kube cluster/pods get pods --all-namespaces --output wide
  kube cluster/events get events --namespace kube-system
fi
if [[ $ROLE == master || $ROLE == worker ]]; then
  if command -v crictl >/dev/null; then part containers crictl ps --all; else part containers ctr --namespace k8s.io tasks list; fi
  for log in /var/log/pods/kube-system_{etcd,kube-apiserver,kube-controller-manager,kube-scheduler}-*/*/*.log; do
    [[ ! -r $log ]] || part "logs$log" tail -n 300 "$log"
  done
fi
if command -v docker >/dev/null; then
  part docker/containers docker ps --all --no-trunc
  part docker/agent docker container inspect "$CONTAINER"
  part docker/agent-log docker logs --tail 500 "$CONTAINER"
  part docker/agent-status docker exec "$CONTAINER" agent status
fi
printf '\n%s end\n' "$MARK"
