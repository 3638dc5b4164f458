import { isObject } from "../attributes";
import type { PipelineDefinition } from "./definition";

/**
 * Reads a pipeline from JSON in either of the two spellings in use: the API's (`match_rules`), or that of the files in which
 * integrations ship theirs (`pipeline: {…}` with `matchRules`). Throws an Error where it is neither.
 */
export function readPipeline(json: unknown): PipelineDefinition {
  if (!isObject(json)) throw new Error("a pipeline is a JSON object with a name, a filter and processors");
  const inner = isObject(json.pipeline) ? readPipeline(json.pipeline) : undefined;
  if (inner !== undefined) return inner;
  if (!Array.isArray(json.processors)) throw new Error('the pipeline has no list of "processors"');
  return snakeCase(json) as PipelineDefinition;
}

/** What the files call otherwise than by case alone. */
const API_NAMES: Record<string, string> = {
  enabled: "is_enabled",
  encoded: "is_encoded",
  replaceMissing: "is_replace_missing",
};

function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (!isObject(value)) return value;
  const name = (key: string) => API_NAMES[key] ?? key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [name(key), snakeCase(each)]));
}
