import { splitRules } from "../rules";
import { type Pipeline, placeOf, type Processor } from "./definition";

// Datadog recommends these limits, and its own integrations exceed them.
// See https://docs.datadoghq.com/logs/log_configuration/pipelines/ and .../processors/grok_parser/
const MOST_RULES = 10;
const MOST_PROCESSORS = 20;

/** What Datadog accepts in a pipeline, but does not recommend. The pipeline's rules must be valid. */
export function beyondRecommendations(pipeline: Pick<Pipeline, "processors">, where = ""): string[] {
  const { processors } = pipeline;
  const place = where === "" ? "" : `${where}: `;
  return [
    ...(processors.length > MOST_PROCESSORS
      ? [
          `${place}it has ${processors.length} processors, and Datadog recommends at most ${MOST_PROCESSORS} in a pipeline`,
        ]
      : []),
    ...processors.flatMap((each, index) => ofProcessor(each, placeOf(where, index, each))),
  ];
}

function ofProcessor(processor: Processor, where: string): string[] {
  if (processor.type === "pipeline") return beyondRecommendations(processor, where);
  if (processor.type !== "grok-parser") return [];
  const { length } = splitRules(processor.grok.match_rules);
  return length > MOST_RULES
    ? [`${where}: it has ${length} match rules, and Datadog recommends at most ${MOST_RULES} in a parser`]
    : [];
}
