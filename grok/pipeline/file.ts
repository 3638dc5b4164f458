import { readFileSync } from "node:fs";
import { parse as parseYaml } from "yaml";
import { isObject, type Value } from "../attributes";
import type { PipelineDefinition } from "./definition";
import { listed, mistakesInPipeline, mistakesInTests } from "./shape";

/** A sample in a file, and the log that Datadog makes of it. */
export interface PipelineTest {
  readonly sample: string;
  /**
   * The log: custom (the attributes), message, tags, timestamp, status, service, trace_id, span_id. The log must not have a
   * field that is left out here.
   */
  readonly result: Readonly<Record<string, Value>>;
  readonly service?: string;
  readonly tags?: readonly string[];
}

/** The content of a pipeline file `{name, pipeline, tests}`: a pipeline and its tests. */
export interface PipelineFile {
  readonly pipeline: PipelineDefinition;
  readonly tests: readonly PipelineTest[];
}

/** A file that is not a pipeline file. The message completes a sentence that starts with the file's name. */
export class PipelineFileError extends Error {
  override readonly name = "PipelineFileError";
}

/**
 * Parses a file as YAML if its name ends in .yml or .yaml, otherwise as JSON.
 *
 * @throws PipelineFileError if it is not valid
 */
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
 * Reads a file `{name, pipeline, tests: [{sample, result, service?, tags?}]}`. Does not check Grok rules and searches.
 *
 * @throws PipelineFileError if it does not have this shape
 */
export function readPipelineFile(path: string): PipelineFile {
  const found = readStructure(path);
  if (!isObject(found) || !("tests" in found)) throw new PipelineFileError('has no list of "tests"');
  let pipeline: PipelineDefinition;
  try {
    pipeline = readPipeline(found);
  } catch (error) {
    throw new PipelineFileError(`does not contain a pipeline: ${(error as Error).message}`);
  }
  const mistakes = [...mistakesInPipeline(pipeline), ...mistakesInTests(found.tests)];
  if (mistakes.length > 0) throw new PipelineFileError(`is not a pipeline with tests: ${listed(mistakes)}`);
  return { pipeline, tests: found.tests as unknown as PipelineTest[] };
}

/**
 * A pipeline from JSON in one of the two spellings in use: the API's (`match_rules`), or that of the files of Datadog's
 * integrations (`pipeline: {…}` with `matchRules`). If the inner pipeline has no name, it gets the outer one.
 *
 * @throws Error if the JSON is neither
 */
export function readPipeline(json: unknown): PipelineDefinition {
  if (!isObject(json)) throw new Error("a pipeline is a JSON object with a name, a filter and processors");
  if (isObject(json.pipeline)) return readPipeline({ name: json.name, ...json.pipeline });
  if (!Array.isArray(json.processors)) throw new Error('the pipeline has no list of "processors"');
  return snakeCase(json) as PipelineDefinition;
}

/** The API's names for the fields whose name in the files differs by more than the case. */
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
