import type { Listener } from "./conf";

/** The chain that holds nothing but our rules. */
const chain = "KUBE-CONTROL-AGENT";

/**
 * Renders a program that drops what is sent to the listeners' ports from other addresses than theirs; empty where no listener
 * names one. The table raw comes before Docker's address translation, so that one chain is enough for what Docker forwards to
 * the container, for what its proxy takes (IPv6, broadcasts, multicasts), and for what the host itself sends to its addresses.
 * Docker and other filters leave the chain alone. Packets to the container's own address, which is not known before Docker
 * starts, pass: a rule without a destination would drop what a router forwards to other hosts. `allowed_ips` refuses those.
 */
export function renderFilter(logs: readonly Listener[]): string {
  const guarded = logs.filter(({ from }) => from !== undefined);
  if (guarded.length === 0) return "";
  // a rule each: of several types in one rule, addrtype of IPv6 wants all
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
