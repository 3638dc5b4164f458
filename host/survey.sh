# Looks at a host and changes nothing. One fact a line: NAME VALUE. kubernetes-here.sh comes before it. Set before it: TCP_PORTS, UDP_PORTS (those that will be used
# here), PACKAGES (those that will be needed here, each as PACKAGE:PROGRAM), APT_SOURCE (the package source that will be written
# here, or nothing), RESOLV_CONF (the file that kubelet is told to take pods' name servers from; empty: kubeadm's choice), FQDN
# (the control plane's name), and on a load balancer VIRTUAL_IP and PEERS (the addresses of the other load balancers).
set -uo pipefail
export LC_ALL=C

survey() {
  local port docker
  fact time "$(date +%s)"
  await_step
  ask_for_neighbours
  fact hostname "$(uname -n)"
  fact os "$(. /etc/os-release && echo "$ID ${ID_LIKE-}")"
  fact os-version "$(. /etc/os-release && echo "${VERSION_ID-}")"
  fact apt "$(command -v apt-get || true)"
  fact systemd "$([[ -d /run/systemd/system ]] && echo running || true)"
  fact machine-id "$(cat /etc/machine-id 2>/dev/null || true)"
  fact memory-mib "$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)"
  fact cpus "$(nproc)"
  fact cgroup "$([[ -e /sys/fs/cgroup/cgroup.controllers ]] && echo v2 || echo v1)"
  fact cgroup-controllers "$(cat /sys/fs/cgroup/cgroup.controllers 2>/dev/null)"
  fact swap "$(awk 'NR > 1 { printf "%s ", $1 }' /proc/swaps 2>/dev/null || true)"
  # empty where nothing can be written there
  fact tmp-kib "$([[ ! -w /tmp ]] || df -Pk /tmp | awk 'NR == 2 { print $4 }')"
  fact iproute2 "$(command -v ip || true)"
  if command -v ip >/dev/null; then
    fact addresses "$(ip -4 -oneline address show | awk '{ sub("/.*", "", $4); printf "%s ", $4 }')"
  fi
  if command -v ss >/dev/null; then
    for port in $TCP_PORTS; do fact "tcp-$port" "$(listener --tcp "$port")"; done
    for port in $UDP_PORTS; do fact "udp-$port" "$(listener --udp "$port")"; done
  fi
  docker=$(docker_state)
  fact docker "$docker"
  [[ $docker != answers ]] || container_facts
  [[ ! -e /opt/datadog-monitor/datadog-agent/conf.d ]] || fact agent-conf present
  name_facts
  package_facts
  source_facts
  containerd_facts
  node_facts
  node_folder_facts
  resolver_facts
  load_balancer_facts
}

# In which order names are looked up here, and where lines of /etc/hosts that others have written lead the control plane's name.
name_facts() {
  fact lookups "$(sed -n 's/#.*//; s/^[[:space:]]*hosts:[[:space:]]*//p' /etc/nsswitch.conf 2>/dev/null)"
  fact hosts-lines "$(awk -v name="$FQDN" '
    !/# kube-control: / { sub(/#.*/, ""); for (i = 2; i <= NF; i++) if (tolower($i) == tolower(name)) { print $1; break } }' /etc/hosts 2>/dev/null)"
}

# A step of a killed run may still change this host. Its half-done work must not become a finding.
await_step() { [[ ! -e /run/kube-control/lock ]] || timeout 20 flock --shared /run/kube-control/lock true || true; }

fact() { printf '%s %s\n' "$1" "${2//$'\n'/ }"; }

# Who listens on the port: a program's name, `unknown` where the kernel does not tell, or nothing.
listener() {
  local lines
  lines=$(ss --no-header --listening --numeric --processes "$1" "sport = :$2")
  [[ -n $lines ]] || return 0
  grep -oE '\(\("[^"]+' <<<"$lines" | tr -d '("' | sort -u | tr '\n' ' ' | grep . || echo unknown
}

# A client without a daemon is no Docker yet, nor is a daemon without a client, as an interrupted step leaves it. A daemon that does not run, or is being installed or started, is started by the step
# that needs it.
docker_state() {
  if [[ -x /snap/bin/docker ]]; then
    echo snap
  elif timeout 20 docker version >/dev/null 2>&1; then
    echo answers
  elif ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
    echo absent
  elif systemctl cat docker.service >/dev/null 2>&1 && ! systemctl is-active --quiet docker.service; then
    echo stopped
  else
    echo silent
  fi
}

# What apt would say to the packages that are missing: which others it would remove, or why it can read no package source.
package_facts() {
  local one missing=() said
  for one in $PACKAGES; do
    command -v "${one#*:}" >/dev/null || missing+=("${one%:*}")
  done
  ((${#missing[@]})) || return 0
  said=$(timeout 30 apt-get -s -o APT::Get::AutomaticRemove=false --no-install-recommends install "${missing[@]}" 2>&1)
  fact apt-removes "$(awk '$1 == "Remv" { printf "%s ", $2 }' <<<"$said")"
  fact apt-installs "${missing[*]}"
  fact apt-changes-held "$(awk '/^ / && held { print } { if (!/^ /) held = /held packages will be changed/ }' <<<"$said")"
  [[ $said != *'Unmet dependencies. Try'* ]] || fact apt-broken "$(sed -n 's/^ \([^ ]*\) : .*/\1/p' <<<"$said")"
  if [[ $said == *'list of sources could not be read'* ]]; then
    fact apt-refuses "$(grep -m 1 '^E: ' <<<"$said")"
  fi
}

# Other files with the package source that will be written. Where a source names two different keys, apt reads none at all.
source_facts() {
  local ours=/etc/apt/sources.list.d/kubernetes.list file others=''
  [[ -n $APT_SOURCE ]] || return 0
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    [[ $file == "$ours" ]] || ! has_source "$file" || others+="$file "
  done
  # a host may have both, and an apt that accepts them
  if [[ -n $others ]] && ! { grep -qsF signed-by=/etc/apt/keyrings/kubernetes.asc "$ours" && apt-get indextargets >/dev/null 2>&1; }; then
    fact apt-source-in "$others"
  fi
}
# has_source FILE: by apt's own reading, for a line may be commented out and an entry disabled.
has_source() {
  grep -qsF "${APT_SOURCE%/}" "$1" &&
    timeout 20 apt-get -o Dir::Etc::sourcelist="$1" -o Dir::Etc::sourceparts=/dev/null update --print-uris 2>/dev/null |
    grep -F "'${APT_SOURCE%/}/InRelease'" >/dev/null
}

containerd_facts() {
  command -v containerd >/dev/null || return 0
  fact containerd "$(containerd --version | awk '{ print $3 }')"
  fact containerd-unit "$(systemctl cat containerd.service >/dev/null 2>&1 && echo present || true)"
}

# The agent's container, ours by its mount, of which stack it is by the tag of its lines, and who publishes a port that it will
# publish.
container_facts() {
  local port mounts conf_d=/opt/datadog-monitor/datadog-agent/conf.d
  for port in $UDP_PORTS; do
    fact "udp-$port-containers" "$(timeout 20 docker ps --filter "publish=$port/udp" --format '{{.Names}}' 2>/dev/null || true)"
  done
  mounts=$(timeout 20 docker container inspect --format '{{range .Mounts}}{{println .Source}}{{end}}' dd-agent 2>/dev/null) || return 0
  if grep -qFx "$conf_d" <<<"$mounts"; then
    fact agent container
    fact agent-of "$(grep -ohsE 'kube_control:[A-Za-z0-9.-]+' "$conf_d"/*/conf.yaml | sed 's/.*://' | sort -u)"
  else
    fact other-agent "$(docker container inspect --format '{{.Config.Image}}' dd-agent)"
  fi
}

# To which cluster the host belongs, by its own mark, and how that cluster was initialised.
node_facts() {
  local mark
  for mark in begun member; do
    [[ ! -e /var/lib/kube-control/$mark ]] || fact "mark-$mark" "$(cat "/var/lib/kube-control/$mark")"
  done
  ! kubernetes_is_here || fact kubernetes present
  [[ ! -e /etc/kubernetes/pki/ca.crt ]] || fact authority "$(sha256sum </etc/kubernetes/pki/ca.crt | awk '{ print $1 }')"
  [[ -e /etc/kubernetes/admin.conf ]] || return 0
  fact server "$(awk '$1 == "server:" { print $2; exit }' /etc/kubernetes/admin.conf)"
  fact flags "$(grep -hoE -- '--(service-cluster-ip-range|cluster-cidr|encryption-provider-config|shutdown-delay-duration|heartbeat-interval|election-timeout)=[^ ]+' \
    /etc/kubernetes/manifests/kube-{apiserver,controller-manager}.yaml /etc/kubernetes/manifests/etcd.yaml 2>/dev/null | sort -u)"
  fact nodes "$(timeout 10 kubectl --kubeconfig /etc/kubernetes/admin.conf --server "https://127.0.0.1:$(api_port)" \
    --tls-server-name kubernetes --request-timeout=5s get nodes -o name 2>/dev/null | sed 's|^node/||')"
}

# What an older cluster, another program or a file system has put where a new node's files go.
node_folder_facts() {
  fact etcd-folder "$(entries /var/lib/etcd | grep -vx lost+found | head -n 5)"
  # the endings that containerd reads
  fact cni-files "$(entries /etc/cni/net.d | grep -E '\.(conf|conflist|json)$')"
  ! command -v ip >/dev/null || fact cni-bridge "$(ip -4 -oneline address show dev cni0 2>/dev/null | awk '{ print $4 }')"
}
# entries FOLDER: the folder may be a symbolic link.
entries() { find "$1/" -mindepth 1 -maxdepth 1 2>/dev/null | sed 's|.*/||' | sort; }

# The name servers that pods will get, CoreDNS among them, and the file that they come from: as kubeadm and kubelet choose it.
resolver_facts() {
  local file=${RESOLV_CONF-}
  if [[ -z $file ]]; then
    file=/etc/resolv.conf
    ! systemctl -q is-active systemd-resolved || file=/run/systemd/resolve/resolv.conf
  fi
  fact resolv-conf "$file"
  fact name-servers "$(awk '$1 == "nameserver" { print $2 }' "$file" 2>/dev/null)"
}

api_port() { awk '$1 == "server:" { sub(/.*:/, "", $2); print $2; exit }' /etc/kubernetes/admin.conf; }

# Which API servers this load balancer leads to, which peers it has, and whether it serves something else.
load_balancer_facts() {
  local owner=/var/lib/kube-control/load-balancer/owner
  [[ ! -e $owner ]] || fact load-balancer-owner "$(cat "$owner")"
  if [[ -n $VIRTUAL_IP ]]; then
    ! serves_another haproxy /etc/haproxy/haproxy.cfg || fact haproxy other
    ! serves_another keepalived /etc/keepalived/keepalived.conf || fact keepalived other
    [[ -z $neighbours ]] || fact neighbours "$(macs)"
  fi
  written_by_us /etc/haproxy/haproxy.cfg || return 0
  fact haproxy-servers "$(awk '$1 == "server" { sub(/:.*/, "", $3); print $2 "=" $3 }' /etc/haproxy/haproxy.cfg | sort -u)"
  written_by_us /etc/keepalived/keepalived.conf || return 0
  fact router-id "$(awk '$1 == "router_id" { print $2; exit }' /etc/keepalived/keepalived.conf)"
  fact peers "$(peers)"
}

written_by_us() { grep -qs '^# Written by kube-control' "$1"; }

peers() { awk '/unicast_peer/ { inside = 1; next } /}/ { inside = 0 } inside { print $1 }' /etc/keepalived/keepalived.conf; }

# serves_another PROGRAM FILE: the program runs, or starts at boot, by a configuration that is neither ours nor as its package
# brought it.
serves_another() {
  local sum
  ! written_by_us "$2" || return 1
  # by another file, as another unit, or in a container
  ! ss --no-header --numeric --processes --tcp --udp --raw --all 2>/dev/null | grep -F "((\"$1\"" >/dev/null || return 0
  { systemctl is-active --quiet "$1.service" || systemctl is-enabled --quiet "$1.service"; } 2>/dev/null && [[ -e $2 ]] || return 1
  sum=$(md5sum <"$2")
  ! dpkg-query -W -f '${Conffiles}\n' "$1" 2>/dev/null |
    awk -v file="$2" -v sum="${sum%% *}" '$1 == file && $2 == sum { found = 1 } END { exit !found }'
}

neighbours=
# ask_for_neighbours: has the kernel ask who answers for the virtual IP, and for the other load balancers, to tell these apart.
# The answers arrive while the rest is looked at. An entry of before may be outdated, so it goes first.
ask_for_neighbours() {
  local address
  command -v ip >/dev/null || return 0
  [[ -n $VIRTUAL_IP && -z $(ip -4 -oneline address show to "$VIRTUAL_IP/32") ]] || return 0
  ip -4 neighbour flush to "$VIRTUAL_IP" 2>/dev/null
  neighbours="$VIRTUAL_IP $PEERS"
  ! written_by_us /etc/keepalived/keepalived.conf || neighbours+=" $(peers | tr '\n' ' ')"
  for address in $neighbours; do
    # one datagram to the discard port
    { echo >"/dev/udp/$address/9"; } 2>/dev/null
  done
}

# The answers, ADDRESS=MAC each: waits for that of the virtual IP as long as two requests take.
macs() {
  local address look=0
  while [[ $(ip -4 neighbour show to "$VIRTUAL_IP") == *INCOMPLETE* ]] && ((++look < 9)); do sleep 0.2; done
  for address in $neighbours; do
    # an entry that somebody has set is no answer
    ip -4 neighbour show to "$address" | awk -v address="$address" \
      '!/PERMANENT|NOARP|FAILED/ { for (i = 1; i < NF; i++) if ($i == "lladdr") print address "=" $(i + 1) }'
  done
}

survey
