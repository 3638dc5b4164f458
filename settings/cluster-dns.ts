import * as pulumi from "@pulumi/pulumi";
import { contains, parseAddress, parseNetwork } from "./addresses";

interface DnsSettings {
  readonly serviceSubnet: string;
  readonly kubelet: Readonly<Record<string, unknown>>;
}

/** A warning about the pods' name servers that are outside the service subnet; undefined if there are none. */
export function clusterDnsWarning({ serviceSubnet, kubelet }: DnsSettings): string | undefined {
  const services = parseNetwork(serviceSubnet);
  const given = Array.isArray(kubelet["clusterDNS"]) ? (kubelet["clusterDNS"] as readonly unknown[]) : [];
  const outside = given.filter((one) => {
    const address = typeof one === "string" ? parseAddress(one) : undefined;
    return services === undefined || address === undefined || !contains(services, address);
  });
  if (outside.length === 0) return undefined;
  return (
    `kube-control:kubernetes.kubelet.clusterDNS: ${outside.join(", ")} is not in kube-control:kubernetes.serviceSubnet ` +
    `(${serviceSubnet}), where CoreDNS serves: pods have no DNS unless a node-local DNS cache answers at this address on ` +
    "each node. kube-control does not install such a cache. If you have no cache, remove the setting."
  );
}

/** Logs {@link clusterDnsWarning} at preview and at up. */
export function warnOfClusterDns(kubernetes: DnsSettings): void {
  const warning = clusterDnsWarning(kubernetes);
  if (warning !== undefined) void pulumi.log.warn(warning);
}
