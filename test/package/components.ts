/** The components that the package exports. */
export const componentNames = [
  "AgentTrust",
  "ClusterBackup",
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
