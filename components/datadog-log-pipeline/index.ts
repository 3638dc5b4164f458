export type { LogDashboard, Widget } from "./dashboard";
export {
  DatadogLogPipeline,
  type DatadogLogPipelineArgs,
  type LogPipeline,
  pipelineDefinition,
} from "./datadog-log-pipeline";
export { explorerOf, type FacetLink } from "./explorer";
export type { LogMetric } from "./metrics";
export type { LogMonitor } from "./monitors";
export { qnapPipeline, type QnapPipelineArgs } from "./qnap";
export type { Remap } from "./remap";
export type { LogSample } from "./samples";
