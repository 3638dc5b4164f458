import type { Listener } from "./conf";

/** The chain that contains only kube-control's rules. */
const chain = "KUBE-CONTROL-AGENT";

/**
 * Renders a program that drops packets to the listeners' ports, except those from each listener's sender. Empty if no
 * listener names a sender.
 *
 * The table raw is before Docker's address translation. So one chain covers packets that Docker forwards to the
 * container, packets to Docker's proxy (IPv6, broadcast, multicast), and packets that the host sends to its own
 * addresses. Docker and other filters do not change this chain.
 *
 * The rules do not match packets to the container's own address, which is unknown before Docker starts. A rule without
 * a destination would also drop packets that a router forwards to other hosts. The agent's `allowed_ips` refuses these
 * packets.
 */
export function renderFilter(logs: readonly Listener[]): string {
  const guarded = logs.filter(({ from }) => from !== undefined);
  if (guarded.length === 0) return "";
  // one rule for each type: with several types in a rule, ip6tables' addrtype requires all of them
  const rules = (types: readonly string[], source: (listener: Listener) => string) =>
    guarded.flatMap((listener) =>
      types.map(
        (type) =>
          `-A ${chain}${source(listener)} -p ${listener.type} -m ${listener.type} --dport ${listener.port} ` +
          `-m addrtype --dst-type ${type} -m comment --comment kube-control -j DROP\n`,
      ),
    );
  const load = (program: string, lines: readonly string[]) =>
    `load ${program} <<'RULES'\n*raw\n:${chain} - [0:0]\n${lines.join("")}COMMIT\nRULES\n`;
  return `#!/bin/sh
# Written by kube-control. Only the addresses below may send to the agent's log ports.
set -eu
load() {
  "$1-restore" --wait --noflush
  for hook in PREROUTING OUTPUT; do
    "$1" --wait -t raw -C $hook -j ${chain} 2>/dev/null || "$1" --wait -t raw -I $hook -j ${chain}
  done
}
${load(
  "iptables",
  rules(["LOCAL", "BROADCAST", "MULTICAST"], ({ from }) => ` ! -s ${from}`),
)}[ -e /proc/net/if_inet6 ] || exit 0
${load(
  "ip6tables",
  rules(["LOCAL", "MULTICAST"], () => ""),
)}`;
}
