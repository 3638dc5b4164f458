import { cleanUp } from "../../host/clean-up";
import type { Expectation, Facts } from "../../host/facts";
import { isOfCluster, parseMark } from "../../host/marks";

/** The services of a load balancer, and the configuration file of each. */
const services = {
  haproxy: { name: "HAProxy", file: "/etc/haproxy/haproxy.cfg" },
  keepalived: { name: "Keepalived", file: "/etc/keepalived/keepalived.conf" },
};

/** Other uses of a load balancer's services, a line each, with what to do. */
export function loadBalancerFindings(host: Expectation, facts: Facts, cluster: string): string[] {
  if (!host.roles.includes("load balancer")) {
    return [];
  }
  const owner = facts["load-balancer-owner"];
  if (owner !== undefined && !isOfCluster(parseMark(owner), cluster)) {
    const { cluster: found, node } = parseMark(owner);
    return [
      `${host.name}: is a load balancer of another cluster: expected ${cluster}, found ${found || "none"} (${node}). ` +
        `Use another host, or if nobody needs that load balancer, run there: ${cleanUp["load balancer"].remove}`,
    ];
  }
  return Object.entries(services)
    .filter(([program]) => facts[program] === "other")
    .map(
      ([program, { name, file }]) =>
        `${host.name}: its ${name} is used for something else: kube-control did not write ${file}, and would replace it. ` +
        `Use another host, or if nobody needs this service, run there: sudo systemctl disable --now ${program}`,
    );
}

/**
 * Other hosts than the stack's load balancers that use the virtual IP. A load balancer that leaves the list, or does
 * not answer over SSH, may hold it: the other load balancers know its MAC address.
 *
 * @param facts by host, without hosts that do not answer
 */
export function virtualIpFindings(virtualIp: string, facts: Readonly<Record<string, Facts>>): string[] {
  const all = Object.entries(facts);
  const holders = all.filter(([, { addresses = "" }]) => addresses.split(" ").includes(virtualIp));
  if (holders.length > 0) {
    // a load balancer with kube-control's Keepalived may hold it; only such a host has a router-id
    return holders
      .filter(([, facts]) => facts["router-id"] === undefined)
      .map(
        ([name]) =>
          `${name}: has the virtual IP ${virtualIp}, which kube-control did not configure. Remove it from that host's network ` +
          "configuration (netplan, /etc/network/interfaces), or set kube-control:virtualIp.address to a free address.",
      );
  }
  const seen = all.flatMap(([name, { neighbours = "" }]) =>
    neighbours.split(" ").map((neighbour) => {
      const [address = "", mac = ""] = neighbour.split("=");
      return { name, address, mac };
    }),
  );
  const peers = seen.filter(({ address }) => address !== virtualIp).map(({ mac }) => mac);
  const others = seen.filter(
    ({ address, mac }) => address === virtualIp && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac) && !peers.includes(mac),
  );
  return [...new Set(others.map(({ mac }) => mac))].map(
    (mac) =>
      `kube-control:virtualIp.address: another host in the network uses ${virtualIp}: it answered ` +
      `${others.flatMap((one) => (one.mac === mac ? [one.name] : [])).join(", ")} with the MAC address ${mac}. ` +
      "Remove the address from that host, or set this key to a free address.",
  );
}
