import { readFileSync } from "node:fs";
import { parse as parseYaml } from "yaml";
import { isObject, type Value } from "../attributes";
import type { PipelineDefinition } from "./definition";
import { wrongInPipeline, wrongInTests } from "./shape";

/** One sample of a file, and what Datadog makes of it. */
export interface PipelineTest {
  readonly sample: string;
  /** custom (the attributes), message, tags, timestamp, status, service, trace_id, span_id; what is left out must be absent. */
  readonly result: Readonly<Record<string, Value>>;
  readonly service?: string;
  readonly tags?: readonly string[];
}

/** A pipeline and samples that prove it, as one file has them: `{name, pipeline, tests}`. */
export interface PipelineFile {
  readonly pipeline: PipelineDefinition;
  readonly tests: readonly PipelineTest[];
}

/** A file that holds no pipeline with its tests. The message is to be read after the file's name. */
export class PipelineFileError extends Error {
  override readonly name = "PipelineFileError";
}

/** Mistakes of a file that one error tells. */
const MOST_TOLD = 5;

/** JSON or YAML of a file, by its name. Throws a {@link PipelineFileError} where it is neither, or a system error. */
export function readStructure(path: string): unknown {
  const text = readFileSync(path, "utf8");
  const yaml = /\.ya?ml$/i.test(path);
  try {
    return yaml ? parseYaml(text) : JSON.parse(text);
  } catch (error) {
    const [reason] = (error as Error).message.split("\n");
    throw new PipelineFileError(`is not valid ${yaml ? "YAML" : "JSON"}: ${reason?.replace(/:$/, "")}`);
  }
}

/**
 * A file `{name, pipeline, tests: [{sample, result, service?, tags?}]}`. Throws a {@link PipelineFileError} where it is none,
 * or a system error where it cannot be read. Rules and searches are not looked at.
 */
export function readPipelineFile(path: string): PipelineFile {
  const found = readStructure(path);
  if (!isObject(found) || !("tests" in found)) throw new PipelineFileError('has no list of "tests"');
  let pipeline: PipelineDefinition;
  try {
    pipeline = readPipeline(found);
  } catch (error) {
    throw new PipelineFileError(`holds no pipeline: ${(error as Error).message}`);
  }
  const named = Object.assign({ name: found.name }, pipeline);
  const wrong = [...wrongInPipeline(named), ...wrongInTests(found.tests)];
  if (wrong.length > 0) {
    const more = wrong.length > MOST_TOLD ? `; and ${wrong.length - MOST_TOLD} more` : "";
    throw new PipelineFileError(
      `has not the shape of a pipeline with tests: ${wrong.slice(0, MOST_TOLD).join("; ")}${more}`,
    );
  }
  return { pipeline: named, tests: found.tests as unknown as PipelineTest[] };
}

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
