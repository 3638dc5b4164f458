export { AgentTrust, trustedFile } from "./agent-trust";
export type { AgentTrustArgs, DatadogAgentArgs } from "./args";
export type { AgentChecks } from "./checks";
export { type LogListener, LogProtocol } from "./conf";
export { DatadogAgent } from "./datadog-agent";
export type { AgentProxy } from "./environment";
export type { HttpCheck } from "./http-check";
export { warnOfSenders } from "./senders";
