# Reads the state of a host and changes nothing. It writes no file, not even a temporary one, because the disk may be
# full. It prints one fact on each line: NAME VALUE. A name may occur several times. A missing fact is unknown.
# Variables: ROLE (master, worker, load balancer, monitor), ADDRESS (of the host), FQDN and PORT (of the endpoint),
# VIRTUAL_IP, STATS_SOCKET, HEALTH_PORT, CONTAINER (of the agent).
set -uo pipefail
export LC_ALL=C
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY

pki=/etc/kubernetes/pki
# time limit of all readers in seconds; a reader that is late is named
deadline=12

fact() { printf '%s %s\n' "$1" "${2//[[:cntrl:]]/ }"; }

# Readers run at the same time, each with a separate pipe, so that a hung reader does not delay the others. They do not
# inherit the streams of the connection: a hung reader would keep it open.
names=() pipes=()
start() {
  local pipe
  exec {pipe}< <(exec </dev/null 2>/dev/null && "$@")
  names+=("$1") pipes+=("$pipe")
}
# collect: prints the output of the readers until the deadline.
collect() {
  local index left
  for index in "${!names[@]}"; do
    left=$((deadline - SECONDS))
    timeout "$((left > 0 ? left : 0)).2" cat <&"${pipes[index]}" || printf '\nlate %s\n' "${names[index]}"
  done
}

# get ADDRESS PORT PATH [curl's options]: requests PATH over TLS. Prints on one line the HTTP status (000 without a
# response), curl's exit code and the body.
get() {
  local host=$1 port=$2 path=$3
  shift 3
  if command -v curl >/dev/null; then
    curl --silent --noproxy '*' --connect-timeout 3 --max-time 6 --write-out '\n%{http_code} %{exitcode}\n' "$@" "https://$host:$port$path"
  else
    openssl_get "$host" "$port" "$path" "$@"
  fi | awk '{ if (seen) body = body before; before = $0; seen = 1 } END { print (before ~ /^[0-9]+ [0-9]+$/ ? before : "000 -"), body }'
}
# openssl_get ADDRESS PORT PATH [curl's options]: does the same without curl.
openssl_get() {
  local host=$1 port=$2 path=$3 options=() data='' method=GET head='' name
  shift 3
  name=$host
  while (($#)); do
    case $1 in
      --insecure) shift ;;
      --cacert) options+=(-CAfile "$2" -verify_return_error) && shift 2 ;;
      --cert) options+=(-cert "$2") && shift 2 ;;
      --key) options+=(-key "$2") && shift 2 ;;
      --header) head+="$2"$'\r\n' && shift 2 ;;
      --data) data=$2 method=POST && shift 2 ;;
      *) shift ;;
    esac
  done
  printf '%s %s HTTP/1.0\r\nHost: %s\r\n%sContent-Length: %s\r\n\r\n%s' "$method" "$path" "$name" "$head" "${#data}" "$data" |
    timeout 6 openssl s_client -quiet -connect "$host:$port" -servername "$name" "${options[@]}" 2>/dev/null |
    awk '{ sub(/\r$/, "") } NR == 1 { code = $2; next } !body { if ($0 == "") body = 1; next } { print } END { print ""; print (code ~ /^[0-9]+$/ ? code : "000"), 0 }'
}

# The endpoint as a client sees it. A node has the cluster's certificate authority, so it verifies the certificate.
endpoint_by_name() { fact endpoint-name "$checks $(get "$FQDN" "$PORT" /readyz "${trust[@]}")"; }
endpoint_by_address() { fact endpoint-address "$checks $(get "$VIRTUAL_IP" "$PORT" /readyz "${trust[@]}")"; }
own_api_server() { fact readyz "$(get "$ADDRESS" "$PORT" /readyz "${trust[@]}")"; }

name_here() { fact name-leads-to "$(timeout 5 getent ahostsv4 "$FQDN" | awk '!seen[$1]++ { printf "%s ", $1 }')"; }

machine() {
  fact os "$(. /etc/os-release && echo "${PRETTY_NAME-}")"
  fact kernel "$(uname -r)"
  fact hostname "$(uname -n)"
  fact uptime "$(awk '{ print int($1) }' /proc/uptime)"
  fact load "$(awk '{ print $1, $2, $3 }' /proc/loadavg)"
  fact cpus "$(nproc)"
  fact memory "$(awk '{ kib[$1] = $2 } END { print kib["MemTotal:"], kib["MemAvailable:"] }' /proc/meminfo)"
  [[ ! -e /run/reboot-required ]] || fact reboot-required "$(head -c 200 /run/reboot-required.pkgs 2>/dev/null)"
}

# disk MOUNT KIB-TOTAL KIB-FREE INODES-TOTAL INODES-FREE, once for each file system.
disks() {
  local folder folders=()
  for folder in / /var /var/log /var/lib/etcd /var/lib/containerd /var/lib/kubelet /var/lib/docker /tmp; do
    [[ ! -d $folder ]] || folders+=("$folder")
  done
  timeout 5 df --local --output=target,size,avail,itotal,iavail "${folders[@]}" | awk 'NR > 1 && !seen[$1]++ { print "disk", $1, $2, $3, $4, $5 }'
}

# unit NAME LOAD ACTIVE SUB ENABLED RESTARTS SINCE, for the services of a role.
units() {
  local units
  case $ROLE in
    master) units=(kubelet.service containerd.service kube-control-certificates.timer) ;;
    worker) units=(kubelet.service containerd.service) ;;
    'load balancer') units=(haproxy.service keepalived.service haproxy-watch.service) ;;
    *) units=(docker.service kube-control-agent-filter.service) ;;
  esac
  timeout 8 systemctl show --property=Id,LoadState,ActiveState,SubState,UnitFileState,NRestarts,ActiveEnterTimestamp --timestamp=unix "${units[@]}" |
    awk -F = '
      function flush() { if ("Id" in of) print "unit", of["Id"], of["LoadState"], of["ActiveState"], of["SubState"], (of["UnitFileState"] == "" ? "-" : of["UnitFileState"]), of["NRestarts"] + 0, of["ActiveEnterTimestamp"]; split("", of) }
      $0 == "" { flush(); next } { of[$1] = $2 } END { flush() }'
}

# The backups of a master, and on another host the copies of the masters' backups and their uploads to a bucket:
#   backup-last JSON, upload-last JSON                 the result of the last run
#   backup-service, upload-service STATE RESULT; backup-timer, upload-timer ACTIVE ENABLED
#   backup-archive NAME BYTES, backup-copy NODE NAME BYTES
backups() {
  local folder=/var/lib/kube-control/backups
  [[ ! -r $folder/last.json ]] || fact backup-last "$(head -c 2000 "$folder/last.json")"
  [[ ! -r $folder/upload.json ]] || fact upload-last "$(head -c 2000 "$folder/upload.json")"
  [[ ! -d $folder ]] || timeout 5 find "$folder" -maxdepth 2 -name '*.tar.age' ! -path "$folder/latest/*" -printf '%T@ %P %f %s\n' |
    sort -rn | head -n 3000 | awk '{ node = $2; if (sub(/\/.*/, "", node)) print "backup-copy", node, $3, $4; else print "backup-archive", $3, $4 }'
  timed_unit backup kube-control-backup
  timed_unit upload kube-control-backup-upload
}
# timed_unit NAME UNIT: the facts NAME-service and NAME-timer of a service with a timer.
timed_unit() {
  [[ -e /etc/systemd/system/$2.timer ]] || return 0
  timeout 5 systemctl show --property=Id,ActiveState,UnitFileState,Result "$2.service" "$2.timer" |
    awk -F = -v name="$1" '
      function flush() { if (of["Id"] ~ /timer$/) print name "-timer", of["ActiveState"], of["UnitFileState"]; else if ("Id" in of) print name "-service", of["ActiveState"], of["Result"]; split("", of) }
      $0 == "" { flush(); next } { of[$1] = $2 } END { flush() }'
}

# package NAME VERSION
packages() {
  timeout 8 dpkg-query --show --showformat='package ${Package} ${Version} ${db:Status-Status}\n' \
    haproxy keepalived containerd containerd.io kubelet kubeadm kubectl docker.io docker-ce | awk '$4 == "installed" { print $1, $2, $3 }'
}

# certificate-renewal RESULT TIME: the result of the last run of the timer's program, and its end.
certificate_renewal() {
  timeout 5 systemctl show --property=Result,ExecMainExitTimestamp --timestamp=unix kube-control-certificates.service |
    awk -F = '{ of[$1] = $2 } END { if (of["ExecMainExitTimestamp"] != "") print "certificate-renewal", of["Result"], of["ExecMainExitTimestamp"] }'
}

# certificate FILE DER: the first certificate of each file, in base64. Private keys in these files are not printed.
certificates() {
  local file
  for file in "$pki"/*.crt "$pki"/etcd/*.crt /var/lib/kubelet/pki/*.crt /var/lib/kubelet/pki/*-current.pem /etc/kubernetes/*.conf; do
    # kubelet no longer uses its self-signed certificate once it has one of the authority
    [[ $file != */kubelet.crt || ! -e /var/lib/kubelet/pki/kubelet-server-current.pem ]] || continue
    [[ ! -r $file ]] || pem_in "$file" | awk -v file="$file" '
      /-----BEGIN CERTIFICATE-----/ { inside = 1; next } /-----END CERTIFICATE-----/ { print "certificate", file, der; exit } inside { der = der $1 }'
  done
}
# pem_in FILE: prints a PEM file, or the certificate in a kubeconfig.
pem_in() {
  if [[ $1 == *.conf ]]; then
    awk '$1 == "client-certificate-data:" { print $2; exit }' "$1" | base64 -d
  else
    cat "$1"
  fi
}

# The answers of etcd's JSON gateway, because the host has no etcdctl.
etcd_get() { get 127.0.0.1 2379 "$1" --cacert "$pki/etcd/ca.crt" --cert "$pki/etcd/server.crt" --key "$pki/etcd/server.key" --data "$2"; }
etcd_status() { fact etcd-status "$(etcd_get /v3/maintenance/status '{}')"; }
etcd_members() { fact etcd-members "$(etcd_get /v3/cluster/member/list '{}')"; }
etcd_alarms() { fact etcd-alarms "$(etcd_get /v3/maintenance/alarm '{"action":"GET","alarm":"NONE","memberID":"0"}')"; }

# admin_get PATH [curl's options]: asks this master's API server as the administrator, without kubectl, which may be missing.
# Pipes pass the certificate and the key from the kubeconfig: neither is on a command line or in another file.
admin_get() {
  local path=$1
  shift
  get "$ADDRESS" "$PORT" "$path" "${trust[@]}" --cert <(of_admin client-certificate-data) --key <(of_admin client-key-data) "$@"
}
of_admin() { awk -v key="$1:" '$1 == key { print $2; exit }' /etc/kubernetes/admin.conf | base64 -d; }

nodes() { fact nodes "$(admin_get '/api/v1/nodes?resourceVersion=0')"; }
# as a table, which kubectl also requests, because the pod objects are long
system_pods() {
  fact system-pods "$(admin_get '/api/v1/namespaces/kube-system/pods?resourceVersion=0&includeObject=None' \
    --header 'Accept: application/json;as=Table;v=v1;g=meta.k8s.io')"
}

virtual_ip() {
  command -v ip >/dev/null || return 0
  fact virtual-ip "$(ip -4 -oneline address show to "$VIRTUAL_IP/32" | awk '{ print "on", $2 } END { if (!NR) print "absent" }')"
}

# The servers in HAProxy's statistics, one on each line. Without socat: only whether each server is up, from the page
# that haproxy-watch reads.
haproxy_view() {
  if command -v socat >/dev/null && [[ -S $STATS_SOCKET ]]; then
    { printf 'show info;show stat\n' | timeout 4 socat -T 3 - "UNIX-CONNECT:$STATS_SOCKET"; } |
      awk '/^(Version|Uptime_sec|CurrConns|Maxconn|Hard_maxconn): / { print "haproxy-info", $0 } /^# pxname,/ { print "haproxy-columns", $0 } /^[^#: ]+,[^,]+,/ { print "haproxy-server", $0 }' | head -n 60
  else
    exec {health}<>"/dev/tcp/127.0.0.1/$HEALTH_PORT" && printf 'GET / HTTP/1.0\r\n\r\n' >&"$health" &&
      timeout 3 cat <&"$health" | awk '{ sub(/\r$/, "") } { last = $0 } END { print "haproxy-up", last }'
    printf 'haproxy-servers %s\n' "$(awk '/^backend/ { inside = 1 } /^frontend/ { inside = 0 } inside && $1 == "server" { printf "%s ", $2 }' /etc/haproxy/haproxy.cfg)"
  fi
}
keepalived_version() { fact keepalived "$(timeout 3 keepalived --version 2>&1 | head -n 1)"; }

agent() {
  local state
  command -v docker >/dev/null || { fact agent 'no docker' && return; }
  fact docker-version "$(timeout 4 docker version --format '{{.Server.Version}}')"
  if ! state=$(timeout 6 docker container inspect --format '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}-{{end}} {{.RestartCount}} {{.State.StartedAt}} {{.Config.Image}}' "$CONTAINER" 2>&1); then
    fact agent "absent ${state}"
    return
  fi
  fact agent "$state"
}
agent_status() {
  command -v docker >/dev/null || return 0
  timeout 10 docker exec "$CONTAINER" agent status </dev/null 2>&1 | awk '
    { line = $0; sub(/^[ \t]+/, "", line); sub(/^- /, "", line); sub(/[ \t\r]+$/, "", line) }
    line ~ /^--+$/ || line ~ /^==+$/ { section = before; key = "" }
    line ~ /^Agent \(v/ { print "agent-version", line }
    line ~ /API Key invalid/ { print "agent-key invalid" }
    line ~ /^Type: (udp|tcp|file|journald|docker)/ { type = substr(line, 7); key = section " " type; port = "-" }
    line ~ /^Port: / && key != "" { port = substr(line, 7) }
    line ~ /^Status: / && key != "" { print "listener", section, type, port, substr(line, 9) }
    line ~ /^BytesRead: / && key != "" { print "listener-bytes", section, type, port, substr(line, 12) }
    { before = line }'
}
# last-packet PORT SECONDS-LEFT KIND: when the last packet of a sender arrived. A packet renews its entry in the kernel's
# connection table, so it arrived (lifetime - SECONDS-LEFT) seconds ago. KIND is stream or single.
last_packet() {
  [[ -r /proc/net/nf_conntrack ]] || return 0
  awk '$3 == "udp" { for (i = 6; i <= NF; i++) if ($i ~ /^dport=/) { print "last-packet", substr($i, 7), $5, ($0 ~ /ASSURED/ ? "stream" : "single"); break } }' /proc/net/nf_conntrack | head -n 40
  fact udp-lifetimes "$(cat /proc/sys/net/netfilter/nf_conntrack_udp_timeout /proc/sys/net/netfilter/nf_conntrack_udp_timeout_stream)"
}

trust=(--insecure) checks=unchecked
if [[ ( $ROLE == master || $ROLE == worker ) && -r $pki/ca.crt ]]; then
  trust=(--cacert "$pki/ca.crt") checks=checked
fi

fact time "$(date +%s)"
start machine
start disks
start units
start packages
start backups
start name_here
start endpoint_by_name
start endpoint_by_address
case $ROLE in
  master)
    start own_api_server
    start etcd_status
    start etcd_members
    start etcd_alarms
    start nodes
    start system_pods
    start certificates
    start certificate_renewal
    ;;
  worker) start certificates ;;
  'load balancer')
    start virtual_ip
    start haproxy_view
    start keepalived_version
    ;;
  monitor)
    start agent
    start agent_status
    start last_packet
    ;;
esac
collect
fact complete yes
