import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { isObject, normalize, type Value } from "./attributes";
import { allProcessors, type PipelineDefinition } from "./pipeline/definition";
import { PipelineFileError, type PipelineTest, readPipelineFile } from "./pipeline/file";
import { compilePipeline, type RunOptions } from "./pipeline/run";

/** The outcome of one sample. */
export interface Outcome {
  /** Path of the file. */
  readonly file: string;
  /** Place of the sample in its file, from 1. */
  readonly number: number;
  readonly sample: string;
  /** What differs; empty where the sample passed. */
  readonly differences: readonly Difference[];
  /** Why the pipeline could not be run at all. */
  readonly error?: string;
}

export interface Difference {
  /** `custom.http.url`, `message`, … */
  readonly path: string;
  readonly expected: Value | undefined;
  readonly actual: Value | undefined;
}

/** The fixtures' clock: with it, dates without a year become what Datadog's own tests expect. */
export const FIXTURE_CLOCK = Date.UTC(1970, 11, 31, 12);

/** The files that arguments name, directories with all of their JSON and YAML. */
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
 * Runs the samples of a file `{name, pipeline, tests: [{sample, result, service?, tags?}]}` and compares what comes out with
 * `result`. Throws where the file holds no such thing.
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
 * Compares what a pipeline makes of samples with what each says: custom (the attributes), message, tags, timestamp, status,
 * service, trace_id, span_id. Throws where the pipeline is not valid.
 */
export function checker(pipeline: PipelineDefinition): (test: PipelineTest, options: RunOptions) => Difference[] {
  // The samples are meant for the pipeline, whatever its filter asks for.
  const run = compilePipeline({ ...pipeline, is_enabled: true, filter: { query: "*" } });
  // They come from where the filter looks.
  const source = /(?:^|[\s(])source:\(?\s*([^\s()]+)/.exec(pipeline.filter?.query ?? "")?.[1];
  const dated = allProcessors(pipeline).some(({ type }) => type === "date-remapper");
  const places = allProcessors(pipeline).flatMap((each) => (each.type === "geo-ip-parser" ? [each.target] : []));
  return ({ sample, result, service, tags }, options) => {
    const { log } = run({ message: sample, service, source, tags: ["source:LOGS_SOURCE", ...(tags ?? [])] }, options);
    const actual: Record<string, Value | undefined> = {
      custom: log.attributes,
      message: log.message,
      tags: [...log.tags],
      // Where a date is looked for and none is found, it is the time of arrival, 1 in these files.
      timestamp: log.timestamp ?? (dated ? 1 : undefined),
      status: log.status,
      service: log.service,
      trace_id: log.traceId,
      span_id: log.spanId,
    };
    return (
      Object.keys(actual)
        .flatMap((key) => compare(key, result[key], actual[key]))
        // Where an address is, only Datadog's own database says: that it was looked up is all that is compared.
        .filter(({ path }) => !places.some((place) => path.startsWith(`custom.${place}.`)))
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

/** A message that is JSON is printed anew in the files, and an instant may be a date: there the meaning counts. */
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

/** A failure as text: the sample, then a line for what was expected and one for what came, path by path. */
export function describe({ file, number, sample, differences, error }: Outcome): string {
  const show = (value: Value | undefined) => (value === undefined ? "(nothing)" : JSON.stringify(value));
  const lines = [`${file}, sample ${number}`, `    ${JSON.stringify(sample.slice(0, 160))}`];
  if (error !== undefined) lines.push(`  ! ${error}`);
  for (const { path, expected, actual } of differences) {
    lines.push(`  - ${path}: ${show(expected)}`, `  + ${path}: ${show(actual)}`);
  }
  return lines.join("\n");
}
