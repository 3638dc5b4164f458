import { type Attributes, compilePipeline, compileQuery, runPipeline } from "../../../grok";
import type { StoredLog } from "./log-store";
import type { Pipeline, PipelineBody } from "./pipeline-schema";

export type LogFilter = (log: StoredLog) => boolean;

/** What is wrong with a pipeline's filter, rules or processors; undefined where it can run. */
export function pipelineError(pipeline: PipelineBody): string | undefined {
  try {
    compilePipeline(pipeline);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The log after every enabled pipeline whose filter it passes, in their order. */
export function runPipelines(pipelines: readonly Pipeline[], log: StoredLog, now: number): StoredLog {
  let working = { ...log, attributes: log.attributes as Attributes };
  for (const pipeline of pipelines) {
    const after = runPipeline(pipeline, working, { now }).log;
    working = { ...working, ...after };
  }
  return working;
}

/** A query of the log search; throws where it cannot be read. */
export function logFilter(query: string): LogFilter {
  const holds = compileQuery(query);
  return (log) => holds({ ...log, attributes: log.attributes as Attributes });
}

/** The value of a facet: `@path` of the attributes, a reserved attribute, or a tag. */
export function valueOf(log: StoredLog, facet: string): unknown {
  if (facet.startsWith("@")) {
    let value: unknown = log.attributes;
    for (const key of facet.slice(1).split(".")) {
      value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
    }
    return value ?? undefined;
  }
  if (facet === "service" || facet === "host" || facet === "status" || facet === "source" || facet === "message") {
    return log[facet];
  }
  return log.tags.find((tag) => tag.startsWith(`${facet}:`))?.slice(facet.length + 1);
}
