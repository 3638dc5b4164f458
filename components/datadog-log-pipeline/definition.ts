import type { PipelineDefinition } from "../../grok";
import { type GrokParserDefinition, MOST_SAMPLES, type ProcessorDefinition } from "../../grok/pipeline/definition";
import type { LogPipeline } from "./log-pipeline";
import { remappers } from "./remap";

/** The pipeline in the shape of Datadog's API. */
export function pipelineDefinition(pipeline: LogPipeline): PipelineDefinition {
  const { name, filter, processors = [], remap = {}, samples } = pipeline;
  const shown = samples.slice(0, MOST_SAMPLES).map(({ line }) => line);
  const parser = parserOf(pipeline);
  return {
    name,
    is_enabled: true,
    filter: { query: filter },
    processors: [...withSamples([...parser, ...processors], shown), ...remappers(remap)],
  };
}

function parserOf({ parser }: LogPipeline): GrokParserDefinition[] {
  if (parser === undefined) return [];
  const { name, matchRules, supportRules = "" } = parser;
  const grok = { match_rules: matchRules, support_rules: supportRules };
  return [{ type: "grok-parser", name, is_enabled: true, source: "message", grok }];
}

/** Adds the samples to the first parser of the message that is not nested, unless it has its own samples. */
function withSamples(processors: readonly ProcessorDefinition[], samples: readonly string[]): ProcessorDefinition[] {
  const first = processors.find((each) => each.type === "grok-parser" && each.source === "message");
  return processors.map((each) =>
    each === first && each.type === "grok-parser" && (each.samples ?? []).length === 0 ? { ...each, samples } : each,
  );
}
