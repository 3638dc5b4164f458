# Looks at a host and changes nothing. One fact a line: NAME VALUE.
# Variables: TCP_PORTS, UDP_PORTS (those that will be used here).

create() {
  local port
  fact hostname "$(uname -n)"
  fact os "$(. /etc/os-release && echo "$ID ${ID_LIKE-}")"
  fact os-version "$(. /etc/os-release && echo "${VERSION_ID-}")"
  fact apt "$(command -v apt-get || true)"
  fact systemd "$([[ -d /run/systemd/system ]] && echo running || true)"
  fact machine-id "$(cat /etc/machine-id 2>/dev/null || true)"
  fact memory-mib "$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)"
  fact cpus "$(nproc)"
  fact swap "$(awk 'NR > 1 { printf "%s ", $1 }' /proc/swaps 2>/dev/null || true)"
  fact iproute2 "$(command -v ip || true)"
  if command -v ip >/dev/null; then
    fact addresses "$(ip -4 -oneline address show | awk '{ sub("/.*", "", $4); printf "%s ", $4 }')"
  fi
  if command -v ss >/dev/null; then
    for port in $TCP_PORTS; do fact "tcp-$port" "$(listener --tcp "$port")"; done
    for port in $UDP_PORTS; do fact "udp-$port" "$(listener --udp "$port")"; done
  fi
  fact docker "$(docker_state)"
}

fact() { result "$1 $2"; }

# Who listens on the port: a program's name, `unknown` where the kernel does not tell, or nothing.
listener() {
  local lines
  lines=$(ss --no-header --listening --numeric --processes "$1" "sport = :$2")
  [[ -n $lines ]] || return 0
  grep -oE '\(\("[^"]+' <<<"$lines" | tr -d '("' | sort -u | tr '\n' ' ' | grep . || echo unknown
}

docker_state() {
  if ! command -v docker >/dev/null; then
    echo absent
  elif timeout 20 docker version >/dev/null 2>&1; then
    echo answers
  else
    echo silent
  fi
}
