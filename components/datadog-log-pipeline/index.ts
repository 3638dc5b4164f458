export {
  DatadogLogPipeline,
  type DatadogLogPipelineArgs,
  type LogPipeline,
  pipelineDefinition,
} from "./datadog-log-pipeline";
export { explorerOf, type FacetLink } from "./explorer";
export { qnapPipeline, type QnapPipelineArgs } from "./qnap";
export type { LogSample } from "./samples";
