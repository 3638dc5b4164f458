/** The components that the package exports. */
export const componentNames = [
  "AgentTrust",
  "ControlPlane",
  "ControlPlaneWatch",
  "DatadogAgent",
  "DatadogLogPipeline",
  "DnsRecord",
  "DnsSwap",
  "EndpointReady",
  "HaproxyPair",
  "VirtualIpRelease",
];
