export type { DatadogAgentArgs } from "./args";
export { type LogListener, LogProtocol } from "./conf";
export { DatadogAgent } from "./datadog-agent";
export type { AgentProxy } from "./environment";
export { warnOfSenders } from "./senders";
