import type { Pipeline, ProcessorDefinition } from "../../grok/index";
import { MOST_SAMPLES } from "../../grok/pipeline/definition";
import { listed, mistakesInPipeline, withDefaults } from "../../grok/pipeline/shape";
import { UserError } from "../../host/error";
import { type LogPipeline, placeOf } from "./log-pipeline";
import { remappers } from "./remap";

/**
 * The pipeline in the shape of Datadog's API, with all defaults.
 *
 * @throws UserError if the name is empty, or if a processor does not have the shape of its type
 */
export function pipelineDefinition(pipeline: LogPipeline): Pipeline {
  const { name, filter, remap = {}, samples } = pipeline;
  const shown = samples.slice(0, MOST_SAMPLES).map(({ line }) => line);
  const processors = [...parserOf(pipeline), ...processorsOf(pipeline), ...remappers(remap)];
  const complete = withDefaults({ name, filter: { query: filter }, processors });
  return { ...complete, processors: withSamples(complete.processors, shown) };
}

function parserOf({ parser }: LogPipeline): ProcessorDefinition[] {
  if (parser === undefined) return [];
  const { name, matchRules, supportRules } = parser;
  const grok = { match_rules: matchRules, support_rules: supportRules };
  return [{ type: "grok-parser", name, source: "message", grok }];
}

function processorsOf(pipeline: LogPipeline): ProcessorDefinition[] {
  const { name, processors = [] } = pipeline;
  const mistakes = mistakesInPipeline({ name, processors });
  if (mistakes.length > 0) throw new UserError(listed(mistakes), placeOf(pipeline), "correct the pipeline");
  return processors as ProcessorDefinition[];
}

/** Adds the samples to the first parser of the message that is not nested, unless it has its own samples. */
function withSamples(processors: Pipeline["processors"], samples: readonly string[]): Pipeline["processors"] {
  const first = processors.find((each) => each.type === "grok-parser" && each.source === "message");
  return processors.map((each) =>
    each === first && each.type === "grok-parser" && each.samples.length === 0 ? { ...each, samples } : each,
  );
}
