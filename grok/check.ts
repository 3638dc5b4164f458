import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { isObject, normalize, type Value } from "./attributes";
import { allProcessors, type PipelineDefinition } from "./pipeline/definition";
import { PipelineFileError, type PipelineTest, readPipelineFile } from "./pipeline/file";
import { compilePipeline, type RunOptions } from "./pipeline/run";
import { withDefaults } from "./pipeline/shape";

/** The result of one sample. */
export interface Outcome {
  /** Path of the file. */
  readonly file: string;
  /** Position of the sample in its file, from 1. */
  readonly number: number;
  readonly sample: string;
  /** Empty if the sample passed. */
  readonly differences: readonly Difference[];
  /** Why the pipeline could not be compiled. */
  readonly error?: string;
}

export interface Difference {
  /** `custom.http.url`, `message`, … */
  readonly path: string;
  readonly expected: Value | undefined;
  readonly actual: Value | undefined;
}

/** The time at which Datadog's own tests run: a date without a year becomes the one that they expect. */
export const FIXTURE_CLOCK = Date.UTC(1970, 11, 31, 12);

/** The files at these paths; for a directory, all JSON and YAML files in it. */
export function filesOf(paths: readonly string[]): string[] {
  return paths.flatMap((path) =>
    statSync(path).isDirectory()
      ? readdirSync(path)
          .filter((name) => /\.(json|ya?ml)$/i.test(name))
          .sort()
          .map((name) => join(path, name))
      : [path],
  );
}

/**
 * Runs the samples of a file `{name, pipeline, tests: [{sample, result, service?, tags?}]}` and compares each log with its
 * `result`.
 *
 * @throws Error if the file does not have this shape
 */
export function checkFile(file: string, now: number): Outcome[] {
  let found: ReturnType<typeof readPipelineFile>;
  try {
    found = readPipelineFile(file);
  } catch (error) {
    throw error instanceof PipelineFileError ? new Error(`${file} ${error.message}`) : error;
  }
  const { pipeline, tests } = found;
  const outcome = ({ sample }: PipelineTest, index: number) => ({ file, number: index + 1, sample, differences: [] });
  let check: ReturnType<typeof checker>;
  try {
    check = checker(pipeline);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return tests.map((test, index) => ({ ...outcome(test, index), error: message }));
  }
  return tests.map((test, index) => ({ ...outcome(test, index), differences: check(test, { now }) }));
}

/**
 * A function that runs one sample through a pipeline and compares the log with the sample's result: custom (the attributes),
 * message, tags, timestamp, status, service, trace_id, span_id.
 *
 * @throws ProcessorError if the pipeline is not valid
 */
export function checker(definition: PipelineDefinition): (test: PipelineTest, options: RunOptions) => Difference[] {
  // Every sample runs through the pipeline, whether or not its filter matches.
  const run = compilePipeline({ ...definition, is_enabled: true, filter: { query: "*" } });
  const pipeline = withDefaults(definition);
  // A sample has the source that the filter names.
  const source = /(?:^|[\s(])source:\(?\s*([^\s()]+)/.exec(pipeline.filter.query)?.[1];
  const hasDateRemapper = allProcessors(pipeline).some(({ type }) => type === "date-remapper");
  const geoTargets = allProcessors(pipeline).flatMap((each) => (each.type === "geo-ip-parser" ? [each.target] : []));
  return ({ sample, result, service, tags }, options) => {
    const { log } = run({ message: sample, service, source, tags: ["source:LOGS_SOURCE", ...(tags ?? [])] }, options);
    const actual: Record<string, Value | undefined> = {
      custom: log.attributes,
      message: log.message,
      tags: [...log.tags],
      // If no date remapper finds a date, the timestamp is the time of arrival, which is 1 in these files.
      timestamp: log.timestamp ?? (hasDateRemapper ? 1 : undefined),
      status: log.status,
      service: log.service,
      trace_id: log.traceId,
      span_id: log.spanId,
    };
    return (
      Object.keys(actual)
        .flatMap((key) => compare(key, result[key], actual[key]))
        // Only Datadog has the database of IP locations: compare that the address was looked up, not the location.
        .filter(({ path }) => !geoTargets.some((target) => path.startsWith(`custom.${target}.`)))
    );
  };
}

function compare(path: string, expected: Value | undefined, actual: Value | undefined): Difference[] {
  if (isObject(expected) && isObject(actual)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
    return keys.flatMap((key) => compare(`${path}.${key}`, expected[key], actual[key]));
  }
  return same(path, expected, actual) ? [] : [{ path, expected, actual }];
}

/** Compares a message that is JSON by its values, and a timestamp that is an ISO date as milliseconds. */
function same(path: string, expected: Value | undefined, actual: Value | undefined): boolean {
  if (isDeepStrictEqual(expected, actual)) return true;
  if (path === "timestamp" && typeof expected === "string") return Date.parse(expected) === actual;
  if (path !== "message" || typeof expected !== "string" || typeof actual !== "string") return false;
  try {
    const [a, b] = [expected, actual].map((text): unknown => JSON.parse(text));
    return isObject(a) && isObject(b) && isDeepStrictEqual(normalize(a), normalize(b));
  } catch {
    return false;
  }
}

/** A failure as text: the sample, and for each path that differs a line with the expected and one with the actual value. */
export function describe({ file, number, sample, differences, error }: Outcome): string {
  const show = (value: Value | undefined) => (value === undefined ? "(nothing)" : JSON.stringify(value));
  const lines = [`${file}, sample ${number}`, `    ${JSON.stringify(sample.slice(0, 160))}`];
  if (error !== undefined) lines.push(`  ! ${error}`);
  for (const { path, expected, actual } of differences) {
    lines.push(`  - ${path}: ${show(expected)}`, `  + ${path}: ${show(actual)}`);
  }
  return lines.join("\n");
}
