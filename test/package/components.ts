/** The components that the package exports. */
export const componentNames = [
  "ControlPlane",
  "DatadogAgent",
  "DatadogLogPipeline",
  "DnsRecord",
  "DnsSwap",
  "EndpointReady",
  "HaproxyPair",
  "VirtualIpRelease",
];
