# Reads the state of a host and changes nothing. Prints one fact per line: NAME VALUE. kubernetes-here.sh comes before
# it. Set before it: TCP_PORTS and UDP_PORTS (ports that will be used here), PACKAGES (packages that will be needed
# here, each as PACKAGE:PROGRAM), APT_SOURCE (the package source that will be written here, or empty), RESOLV_CONF (the
# file from which kubelet takes the pods' name servers; empty: kubeadm's choice), FQDN (the control plane's name), and
# on a load balancer VIRTUAL_IP and PEERS (the addresses of the other load balancers).
set -uo pipefail
export LC_ALL=C

survey() {
  local port docker
  fact time "$(date +%s)"
  wait_for_running_step
  probe_neighbours
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
  # empty if /tmp is not writable
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

# The order of name lookups, and the addresses to which lines of /etc/hosts by others resolve the control plane's name.
name_facts() {
  fact lookups "$(sed -n 's/#.*//; s/^[[:space:]]*hosts:[[:space:]]*//p' /etc/nsswitch.conf 2>/dev/null)"
  fact hosts-lines "$(awk -v name="$FQDN" '
    !/# kube-control: / { sub(/#.*/, ""); for (i = 2; i <= NF; i++) if (tolower($i) == tolower(name)) { print $1; break } }' /etc/hosts 2>/dev/null)"
}

# A step of a killed run may still be changing this host. Its incomplete work must not become a finding.
wait_for_running_step() { [[ ! -e /run/kube-control/lock ]] || timeout 20 flock --shared /run/kube-control/lock true || true; }

fact() { printf '%s %s\n' "$1" "${2//$'\n'/ }"; }

# listener OPTION PORT: prints the programs that listen on the port, `unknown` if the kernel does not name them, or
# nothing.
listener() {
  local lines
  lines=$(ss --no-header --listening --numeric --processes "$1" "sport = :$2")
  [[ -n $lines ]] || return 0
  grep -oE '\(\("[^"]+' <<<"$lines" | tr -d '("' | sort -u | tr '\n' ' ' | grep . || echo unknown
}

# Prints snap, answers, absent, stopped or silent. A client without a daemon, or a daemon without a client (an
# interrupted step leaves that), counts as absent. A stopped daemon is started by the step that needs it.
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

# What apt would do to install the missing packages: which others it would remove, or why it cannot read its package
# sources.
package_facts() {
  local package missing=() said
  for package in $PACKAGES; do
    command -v "${package#*:}" >/dev/null || missing+=("${package%:*}")
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

# Other files that hold the package source that will be written. If one source is listed with two different keys, apt
# reads no source at all.
source_facts() {
  local ours=/etc/apt/sources.list.d/kubernetes.list file others=''
  [[ -n $APT_SOURCE ]] || return 0
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    [[ $file == "$ours" ]] || ! has_source "$file" || others+="$file "
  done
  # do not report files that apt already accepts beside ours
  if [[ -n $others ]] && ! { grep -qsF signed-by=/etc/apt/keyrings/kubernetes.asc "$ours" && apt-get indextargets >/dev/null 2>&1; }; then
    fact apt-source-in "$others"
  fi
}
# has_source FILE: asks apt, because a line may be commented out and an entry disabled.
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

# The containers that publish a port of the agent, and the container dd-agent: ours if it mounts our conf.d. The tag in
# its configuration names the stack.
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

# The cluster to which the host belongs by its mark, and the settings with which that cluster was initialised.
node_facts() {
  local mark
  for mark in begun restored member; do
    [[ ! -e /var/lib/kube-control/$mark ]] || fact "mark-$mark" "$(cat "/var/lib/kube-control/$mark")"
  done
  ! kubernetes_is_here || fact kubernetes present
  [[ ! -e /etc/kubernetes/pki/ca.crt ]] || fact authority "$(sha256sum </etc/kubernetes/pki/ca.crt | awk '{ print $1 }')"
  if [[ -e /etc/kubernetes/kubelet.conf ]] && command -v kubelet >/dev/null; then
    fact kubelet "$(kubelet --version | awk '{ print $2 }')"
  fi
  [[ -e /etc/kubernetes/admin.conf ]] || return 0
  fact control-plane "$(sed -n 's/^ *image: .*://p' /etc/kubernetes/manifests/kube-{apiserver,controller-manager,scheduler}.yaml 2>/dev/null | sort -V | head -n 1)"
  fact server "$(awk '$1 == "server:" { print $2; exit }' /etc/kubernetes/admin.conf)"
  fact flags "$(grep -hoE -- '--(service-cluster-ip-range|cluster-cidr|encryption-provider-config|shutdown-delay-duration|heartbeat-interval|election-timeout)=[^ ]+' \
    /etc/kubernetes/manifests/kube-{apiserver,controller-manager}.yaml /etc/kubernetes/manifests/etcd.yaml 2>/dev/null | sort -u)"
  fact nodes "$(timeout 10 kubectl --kubeconfig /etc/kubernetes/admin.conf --server "https://127.0.0.1:$(api_port)" \
    --tls-server-name kubernetes --request-timeout=5s get nodes -o name 2>/dev/null | sed 's|^node/||')"
}

# Files of an older cluster, another program or a file system in the folders of a new node.
node_folder_facts() {
  fact etcd-folder "$(entries /var/lib/etcd | grep -vx lost+found | head -n 5)"
  # the file extensions that containerd reads
  fact cni-files "$(entries /etc/cni/net.d | grep -E '\.(conf|conflist|json)$')"
  ! command -v ip >/dev/null || fact cni-bridge "$(ip -4 -oneline address show dev cni0 2>/dev/null | awk '{ print $4 }')"
}
# entries FOLDER: lists a folder, which may be a symbolic link.
entries() { find "$1/" -mindepth 1 -maxdepth 1 2>/dev/null | sed 's|.*/||' | sort; }

# The name servers that pods (CoreDNS too) will get, and the file that lists them, chosen as kubeadm and kubelet choose
# it.
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

# The API servers and peers in this load balancer's configuration, and whether HAProxy or Keepalived serve something
# else.
load_balancer_facts() {
  local owner=/var/lib/kube-control/load-balancer/owner
  [[ ! -e $owner ]] || fact load-balancer-owner "$(cat "$owner")"
  if [[ -n $VIRTUAL_IP ]]; then
    ! is_used_by_others haproxy /etc/haproxy/haproxy.cfg || fact haproxy other
    ! is_used_by_others keepalived /etc/keepalived/keepalived.conf || fact keepalived other
    [[ -z $neighbours ]] || fact neighbours "$(neighbour_macs)"
  fi
  written_by_us /etc/haproxy/haproxy.cfg || return 0
  fact haproxy-servers "$(awk '$1 == "server" { sub(/:.*/, "", $3); print $2 "=" $3 }' /etc/haproxy/haproxy.cfg | sort -u)"
  written_by_us /etc/keepalived/keepalived.conf || return 0
  fact router-id "$(awk '$1 == "router_id" { print $2; exit }' /etc/keepalived/keepalived.conf)"
  fact peers "$(peers)"
}

# as in prelude.sh, which is not part of this script
written_by_us() { grep -qsi '^# written by kube-control' "$1"; }

peers() { awk '/unicast_peer/ { inside = 1; next } /}/ { inside = 0 } inside { print $1 }' /etc/keepalived/keepalived.conf; }

# is_used_by_others PROGRAM FILE: does the program run, or start at boot, with a configuration that is neither ours nor
# its package's default?
is_used_by_others() {
  local sum
  ! written_by_us "$2" || return 1
  # it may run with another file, as another unit, or in a container
  ! ss --no-header --numeric --processes --tcp --udp --raw --all 2>/dev/null | grep -F "((\"$1\"" >/dev/null || return 0
  { systemctl is-active --quiet "$1.service" || systemctl is-enabled --quiet "$1.service"; } 2>/dev/null && [[ -e $2 ]] || return 1
  sum=$(md5sum <"$2")
  ! dpkg-query -W -f '${Conffiles}\n' "$1" 2>/dev/null |
    awk -v file="$2" -v sum="${sum%% *}" '$1 == file && $2 == sum { found = 1 } END { exit !found }'
}

neighbours=
# probe_neighbours: makes the kernel send ARP requests for the virtual IP and for the other load balancers, whose MAC
# addresses show which host holds the virtual IP. The answers arrive while the other facts are read. An older entry may
# be outdated, so it is removed first.
probe_neighbours() {
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

# Prints the answers as ADDRESS=MAC. Waits for the virtual IP's answer for as long as two requests take.
neighbour_macs() {
  local address checks=0
  while [[ $(ip -4 neighbour show to "$VIRTUAL_IP") == *INCOMPLETE* ]] && ((++checks < 9)); do sleep 0.2; done
  for address in $neighbours; do
    # a static entry is not an answer
    ip -4 neighbour show to "$address" | awk -v address="$address" \
      '!/PERMANENT|NOARP|FAILED/ { for (i = 1; i < NF; i++) if ($i == "lladdr") print address "=" $(i + 1) }'
  done
}

survey
