export * from "./datadog-agent";
export type { LogListener } from "./conf";
