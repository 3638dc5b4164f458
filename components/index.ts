/**
 * kube-control's components for other Pulumi programs. Importing this file creates no resource: the program itself is
 * `index.ts` at the project's root.
 */
export { ClusterBackup, type ClusterBackupArgs } from "./cluster-backup";
export { ControlPlane, type ControlPlaneArgs } from "./control-plane";
export {
  controlPlaneChecks,
  ControlPlaneWatch,
  type ControlPlaneWatchArgs,
  controlPlaneWidgets,
} from "./control-plane-watch";
export { AgentTrust, type AgentTrustArgs, DatadogAgent, type DatadogAgentArgs } from "./datadog-agent";
export { DatadogLogPipeline, type DatadogLogPipelineArgs, qnapPipeline } from "./datadog-log-pipeline";
export { DnsRecord, type DnsRecordArgs, DnsSwap, type DnsSwapArgs } from "./dns-record";
export {
  EndpointReady,
  type EndpointReadyArgs,
  HaproxyPair,
  type HaproxyPairArgs,
  VirtualIpRelease,
  type VirtualIpReleaseArgs,
} from "./haproxy-pair";
export type { Host } from "../host/host";
export { sshHost, type SshHostArgs } from "../host/ssh-host";
