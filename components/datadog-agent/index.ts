export * from "./datadog-agent";
export type { LogListener } from "./conf";
export type { AgentProxy } from "./environment";
