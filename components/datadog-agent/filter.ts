import type { LogListener } from "./conf";

/** The chain that holds nothing but our rules. */
const chain = "KUBE-CONTROL-AGENT";

/**
 * Renders a program that drops what is sent to the listeners' ports from other addresses than theirs; empty where no listener
 * names one. The table raw comes before Docker's address translation, so that one chain is enough for what Docker forwards to
 * the container, for what its proxy takes (IPv6), and for what the host itself sends. Docker and other filters leave the chain
 * alone. An agent of a version that does not know `allowed_ips` is guarded as well.
 */
export function renderFilter(logs: readonly LogListener[]): string {
  const guarded = logs.filter(({ from }) => from !== undefined);
  if (guarded.length === 0) return "";
  const rules = (source: (listener: LogListener) => string) =>
    guarded.map(
      (listener) =>
        `-A ${chain}${source(listener)} -p ${listener.type} -m ${listener.type} --dport ${listener.port} ` +
        `-m addrtype --dst-type LOCAL -m comment --comment kube-control -j DROP\n`,
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
  rules(({ from }) => ` ! -s ${from}`),
)}[ -e /proc/net/if_inet6 ] || exit 0
${load(
  "ip6tables",
  rules(() => ""),
)}`;
}
