import type { PipelineDefinition } from "../../grok";
import type { GrokParserDefinition, ProcessorDefinition } from "../../grok/pipeline/definition";
import { wrongInPipeline } from "../../grok/pipeline/shape";
import { UserError } from "../../host/error";
import { MOST_SAMPLES } from "./limits";
import { type LogPipeline, placeOf } from "./log-pipeline";
import { remappers } from "./remap";

/** The whole pipeline as Datadog's API takes it. */
export function pipelineDefinition(pipeline: LogPipeline): PipelineDefinition {
  const { name, filter, processors = [], remap = {}, samples } = pipeline;
  const shown = samples.slice(0, MOST_SAMPLES).map(({ line }) => line);
  const parser = parserOf(pipeline);
  return {
    name,
    is_enabled: true,
    filter: { query: filter },
    // their shape is checked with that of the pipeline
    processors: [...withSamples([...parser, ...(processors as ProcessorDefinition[])], shown), ...remappers(remap)],
  };
}

/** @throws UserError where a processor is of no known type, or lacks what its type needs: arguments have no types for that */
export function checkShape(pipeline: LogPipeline, definition: PipelineDefinition): void {
  const wrong = wrongInPipeline(definition);
  if (wrong.length > 0) {
    throw new UserError(wrong.slice(0, 5).join("; "), placeOf(pipeline), "Correct the pipeline's processors.");
  }
}

function parserOf({ parser }: LogPipeline): GrokParserDefinition[] {
  if (parser === undefined) return [];
  const { name, matchRules, supportRules = "" } = parser;
  const grok = { match_rules: matchRules, support_rules: supportRules };
  return [{ type: "grok-parser", name, is_enabled: true, source: "message", grok }];
}

/** The samples go to the first parser that reads the message and is not nested, unless it has some of its own. */
function withSamples(processors: readonly ProcessorDefinition[], samples: readonly string[]): ProcessorDefinition[] {
  const first = processors.find((each) => each.type === "grok-parser" && each.source === "message");
  return processors.map((each) =>
    each === first && each.type === "grok-parser" && (each.samples ?? []).length === 0 ? { ...each, samples } : each,
  );
}
