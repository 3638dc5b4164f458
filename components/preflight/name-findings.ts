import type { Facts } from "../../host/facts";

/** Why a node would not resolve the control plane's name by its line in /etc/hosts, a line each, with what to do. */
export function nameFindings(
  node: string,
  facts: Facts,
  { cluster, virtualIp }: { readonly cluster: string; readonly virtualIp: string },
): string[] {
  const findings: string[] = [];
  const fqdn = cluster.replace(/:\d+$/, "");
  const sources = words(facts["lookups"]).filter((word) => !word.startsWith("["));
  const dns = sources.indexOf("dns");
  // `resolve` (systemd-resolved) reads /etc/hosts too; without a line `hosts:`, glibc reads the file first
  const first = dns < 0 ? sources : sources.slice(0, dns);
  if (sources.length > 0 && !first.includes("files") && !first.includes("resolve")) {
    findings.push(
      `${node}: resolves names in the order ${sources.join(", ")}: when DNS does not answer, /etc/hosts is not used. ` +
        "Put files before dns in the line hosts: of /etc/nsswitch.conf there.",
    );
  }
  if (sources.length > 0 && !sources.includes("dns") && !sources.includes("resolve")) {
    findings.push(
      `${node}: resolves names in the order ${sources.join(", ")}, without DNS. Add dns to the line hosts: of /etc/nsswitch.conf there.`,
    );
  }
  if (/\.local$/i.test(fqdn) && /\bmdns\S*_minimal\s+\[NOTFOUND=return\]/i.test(facts["lookups"] ?? "")) {
    findings.push(
      `${node}: asks for names in .local by multicast DNS alone, so ${fqdn} is not found. ` +
        "Remove mdns4_minimal [NOTFOUND=return] from the line hosts: of /etc/nsswitch.conf there, or use a name outside .local.",
    );
  }
  const others = words(facts["hosts-lines"]).filter((address) => address !== virtualIp);
  if (others.length > 0) {
    findings.push(
      `${node}: /etc/hosts maps ${fqdn} to ${others.join(", ")}, in a line that kube-control did not write. ` +
        `Remove that line there: when the virtual IP ${virtualIp} serves, the name must resolve to it.`,
    );
  }
  return findings;
}

const words = (text = "") => text.split(/\s+/).filter((word) => word !== "");
