import { fact } from "../facts";
import { type Finding, listed, type Subject, unknown } from "../finding";
import { answered, hostsOf, type View } from "../view";

/** Exactly one load balancer must hold the virtual IP. */
export function virtualIp(view: View): Subject {
  const address = view.plan.virtualIp;
  const seen = answered(view, "load balancer");
  const holders = seen.filter(({ facts }) => fact(facts, "virtual-ip")?.startsWith("on ")).map(({ host }) => host.name);
  const unseen = hostsOf(view, "load balancer")
    .map(({ name }) => name)
    .filter((name) => !seen.some(({ host, facts }) => host.name === name && fact(facts, "virtual-ip") !== undefined));
  return {
    name: "virtual IP",
    summary: `${address} is held by ${listed(holders)}`,
    findings: [
      ...seen.flatMap(({ host, facts }) =>
        fact(facts, "virtual-ip") === undefined ? [unknown(host.name, "whether it holds the virtual IP")] : [],
      ),
      ...holding(address, holders, unseen),
    ],
    facts: { address, holders, unseen },
  };
}

function holding(address: string, holders: readonly string[], unseen: readonly string[]): Finding[] {
  if (holders.length === 1) return [];
  if (holders.length > 1) {
    return [
      {
        level: "degraded",
        what: `${address} is held by ${listed(holders)} at the same time`,
        todo: "Allow IP protocol 112 (VRRP) between them; check with tcpdump -n ip proto 112.",
      },
    ];
  }
  return [
    unseen.length > 0
      ? {
          level: "unknown",
          what: `no load balancer that was read holds ${address}; ${listed(unseen)} may hold it`,
          todo: `Check ${listed(unseen)}.`,
        }
      : {
          level: "degraded",
          what: `no load balancer holds ${address}`,
          todo: "Check haproxy and keepalived on each: journalctl -u haproxy -u keepalived -u haproxy-watch.",
        },
  ];
}
