import { randomUUID } from "node:crypto";
import { z } from "zod";
import { compilePipeline, type PipelineDefinition, runPipeline } from "../../../grok/index";
import { allProcessors, LONGEST_SAMPLE, MOST_SAMPLES } from "../../../grok/pipeline/definition";
import { mistakesInPipeline, withDefaults } from "../../../grok/pipeline/shape";
import type { Answer, Call } from "../http";
import type { Kept } from "./account";
import { collectionApi } from "./collection";
import type { StoredLog } from "./logs";
import { bodyOf, logsRefusal, parsed, refusal } from "./refusal";

/** A pipeline as the API returns it. */
export type Pipeline = PipelineDefinition & { readonly id: string };

const orderPath = "/api/v1/logs/config/pipeline-order";
const orderBody = z.strictObject({ pipeline_ids: z.array(z.string()) });

/** The organisation's pipelines, in the order in which they process logs. */
export function pipelinesApi(kept: Kept<Pipeline>) {
  const answer = collectionApi<Pipeline>({
    path: "/api/v1/logs/config/pipelines",
    changedBy: "PUT",
    kept,
    from: (body, before) => ({ ...pipelineFrom(body), ...fixed, id: before?.id ?? randomUUID() }),
    one: (pipeline) => pipeline,
    all: (pipelines) => pipelines,
    removed: () => ({ status: 200 }),
    // not 404: the official plugin treats this 400 as a missing pipeline
    missing: () => logsRefusal(400, "Non existing pipeline"),
  });
  return (call: Call): Answer | undefined => {
    if (call.path !== orderPath) {
      return answer(call);
    }
    if (call.method === "PUT") {
      const { pipeline_ids: ids } = parsed(orderBody, bodyOf(call), "Invalid pipeline order");
      const ordered = ids.flatMap((id) => kept.all().filter((pipeline) => pipeline.id === id));
      if (ordered.length !== ids.length || new Set(ordered).size !== kept.all().length) {
        throw logsRefusal(422, "Cannot map pipelines to existing ones");
      }
      kept.keep(ordered);
    } else if (call.method !== "GET") {
      throw refusal(405, `this stand-in does not know ${call.method} ${call.path}`);
    }
    return { status: 200, body: { pipeline_ids: kept.all().map(({ id }) => id) } };
  };
}

/** Fields that clients cannot set. */
const fixed = { type: "pipeline", is_read_only: false } as const;

function pipelineFrom(body: unknown): PipelineDefinition {
  const given = { is_enabled: false, filter: { query: "" }, processors: [], ...(body as object) };
  const mistakes = mistakesIn(given);
  if (mistakes.length > 0) {
    throw logsRefusal(400, "Invalid Pipeline", mistakes);
  }
  return given as unknown as PipelineDefinition;
}

/** The mistakes that Datadog refuses: a wrong shape, invalid rules and searches, and samples beyond its limits. */
function mistakesIn(given: object): readonly string[] {
  const shapeMistakes = mistakesInPipeline(given);
  if (shapeMistakes.length > 0) {
    return shapeMistakes;
  }
  const pipeline = withDefaults(given as PipelineDefinition);
  try {
    compilePipeline(pipeline);
  } catch (error) {
    return [(error as Error).message];
  }
  return allProcessors(pipeline).flatMap((processor) => {
    if (processor.type !== "grok-parser") {
      return [];
    }
    const { name = "", samples } = processor;
    const isValid =
      samples.length <= MOST_SAMPLES && samples.every(({ length }) => length >= 1 && length <= LONGEST_SAMPLE);
    return isValid
      ? []
      : [`parser ${name}: takes at most ${MOST_SAMPLES} samples of 1 to ${LONGEST_SAMPLE} characters`];
  });
}

/** The log after every enabled pipeline whose filter matches, in their order. */
export function runPipelines(pipelines: readonly Pipeline[], log: StoredLog, now: number): StoredLog {
  return pipelines.reduce((working, pipeline) => ({ ...working, ...runPipeline(pipeline, working, { now }).log }), log);
}
