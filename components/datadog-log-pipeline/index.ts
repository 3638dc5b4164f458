export type { LogDashboard, Widget } from "./dashboard";
export { DatadogLogPipeline, type DatadogLogPipelineArgs, pipelineDefinition } from "./datadog-log-pipeline";
export { explorerOf, type FacetLink } from "./explorer";
export type { LogPipeline, LogSample } from "./log-pipeline";
export type { LogMetric } from "./metrics";
export type { LogMonitor } from "./monitors";
export type { PipelineOrder } from "./placement";
export { qnapPipeline, type QnapPipelineArgs } from "./qnap";
export type { Remap } from "./remap";
