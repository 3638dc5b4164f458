export type { DatadogAgentArgs } from "./args";
export * from "./datadog-agent";
export type { LogListener } from "./conf";
export type { AgentProxy } from "./environment";
export { warnOfSenders } from "./senders";
