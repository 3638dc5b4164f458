import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Attributes, isObject, jsonText, normalize, type Value } from "./attributes";
import { parseJson } from "./json";
import type { ReferenceTables } from "./pipeline/builders";
import { allProcessors, type Pipeline, type PipelineDefinition } from "./pipeline/definition";
import { PipelineFileError, type PipelineTest, readPipelineFile, type Sample } from "./pipeline/file";
import { sourceOf } from "./pipeline/origin";
import { compilePipeline, ProcessorError, type RunOptions } from "./pipeline/run";
import { type ResultField, withDefaults } from "./pipeline/shape";

/** The result of one sample. */
export interface Outcome {
  /** Path of the file. */
  readonly file: string;
  /** Position of the sample in its file, from 1. */
  readonly number: number;
  readonly sample: string;
  /** Empty if the sample passed. */
  readonly differences: readonly Difference[];
  /** Why no sample of the file was run. */
  readonly error?: string;
  /** The line of this mistake in the file, from 1. Undefined if it is not known. */
  readonly line?: number;
}

export interface Difference {
  /** `custom.http.url`, `message`, … */
  readonly path: string;
  readonly expected: Value | undefined;
  readonly actual: Value | undefined;
}

export const passed = ({ error, differences }: Outcome) => error === undefined && differences.length === 0;

/** The time at which Datadog's own tests run: a date without a year becomes the one that they expect. */
export const FIXTURE_CLOCK = Date.UTC(1970, 11, 31, 12);

/** A path at which there are no pipeline files. */
export class PathError extends Error {
  override readonly name = "PathError";
}

/**
 * The files at these paths; for a directory, all JSON and YAML files in it and its subdirectories, in the order of their names. Names
 * that begin with a dot, `node_modules` and symbolic links to directories are left out.
 *
 * @throws PathError if a path does not exist or cannot be read, or a directory has no such file
 */
export function filesOf(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!reading(path, () => statSync(path)).isDirectory()) return [path];
    const files = filesBelow(path);
    if (files.length === 0)
      throw new PathError(`${path} has no file that ends in .json, .yaml or .yml: give a folder with pipeline files`);
    return files;
  });
}

function filesBelow(folder: string): string[] {
  const entries = reading(folder, () => readdirSync(folder, { withFileTypes: true }));
  return entries
    .filter(({ name }) => !name.startsWith(".") && name !== "node_modules")
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(path);
      return /\.(json|ya?ml)$/i.test(entry.name) ? [path] : [];
    });
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what = code === "ENOENT" || code === "ENOTDIR" ? "does not exist" : `cannot be read (${code})`;
    throw new PathError(`${path} ${what}: give a pipeline file, or a folder with pipeline files`);
  }
}

/**
 * Runs the samples of a file `{name, pipeline, tests: [{sample, result, service?, tags?}], tables?}` and compares each log with
 * its `result`. If the file is not valid, all its samples have the error, or one empty sample if it has none.
 *
 * @param watchOf called with the file's pipeline before its rules are checked
 */
export function checkFile(
  file: string,
  now: number,
  watchOf: (pipeline: PipelineDefinition) => Watch | undefined = () => undefined,
): Outcome[] {
  const outcome = (sample: string, index: number) => ({ file, number: index + 1, sample, differences: [] });
  const failed = (samples: readonly string[], error: string, line?: number) =>
    (samples.length === 0 ? [""] : samples).map((sample, index) => ({ ...outcome(sample, index), error, line }));
  let found: ReturnType<typeof readPipelineFile>;
  try {
    found = readPipelineFile(file);
  } catch (error) {
    if (error instanceof PipelineFileError) return failed(error.samples, `the file ${error.message}`, error.line);
    throw error;
  }
  const { pipeline, tests, tables } = found;
  const options = { now, ...watchOf(pipeline) };
  let check: ReturnType<typeof checker>;
  try {
    check = checker(pipeline, tables);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const samples = tests.map(({ sample }) => sample);
    return failed(samples, message);
  }
  return tests.map((test, index) => ({ ...outcome(test.sample, index), differences: check(test, options) }));
}

/** What is called for each sample while it runs. */
type Watch = Pick<RunOptions, "parsed" | "categorized">;

/**
 * Places of addresses, as in Datadog's own tests: their database has one address. Every other address has no place.
 *
 * @see README.md of corpus/datadog
 */
const FIXTURE_PLACES: Readonly<Record<string, Attributes>> = {
  "185.64.148.0": {
    city: { name: "Paris" },
    continent: { code: "EU", name: "Europe" },
    country: { iso_code: "FR", name: "France" },
    ipAddress: "185.64.148.0",
    location: { latitude: 48.90654, longitude: 2.33339 },
    subdivision: { iso_code: "FR-IDF", name: "Île-de-France" },
    timezone: "Europe/Paris",
  },
};

/** The time of arrival in Datadog's own tests, in milliseconds since 1970. */
const FIXTURE_ARRIVAL = 1;

/** The log of a sample, with the names of a result's fields. */
export type Found = Readonly<Record<string, Value | undefined>>;

/**
 * A function that runs one sample through a pipeline and compares the log with the sample's result.
 *
 * @param tables the rows of reference tables
 * @throws ProcessorError if the pipeline is not valid, or uses a reference table without rows
 */
export function checker(
  definition: PipelineDefinition,
  tables: ReferenceTables = {},
): (test: PipelineTest, options: RunOptions) => Difference[] {
  const run = sampleRunner(definition, tables);
  return (test, options) => differencesOf(test, run(test, options));
}

/** The paths at which the log of a sample differs from the sample's result. */
export function differencesOf({ result }: PipelineTest, found: Found): Difference[] {
  return Object.keys(found).flatMap((key) => compare(key, result[key], found[key]));
}

/**
 * A function that runs one sample through a pipeline. It returns custom (the attributes), message, tags, timestamp, status,
 * service, trace_id, span_id.
 *
 * @param tables the rows of reference tables
 * @throws ProcessorError if the pipeline is not valid, or uses a reference table without rows
 */
export function sampleRunner(
  definition: PipelineDefinition,
  tables: ReferenceTables = {},
): (test: Sample, options: RunOptions) => Found {
  // Every sample runs through the pipeline, whether or not its filter matches.
  const run = compilePipeline({ ...definition, is_enabled: true, filter: { query: "*" } });
  const pipeline = withDefaults(definition);
  const source = sourceOf(pipeline);
  requireTables(pipeline, tables);
  const fixtures = { arrival: FIXTURE_ARRIVAL, geo: (ip: string) => FIXTURE_PLACES[ip], tables };
  return ({ sample, service, tags }, options) => {
    const arrived = { message: sample, service, source, tags: ["source:LOGS_SOURCE", ...(tags ?? [])] };
    const { log } = run(arrived, { ...fixtures, ...options });
    return {
      custom: log.attributes,
      message: log.message,
      tags: [...log.tags],
      timestamp: log.timestamp,
      status: log.status,
      service: log.service,
      trace_id: log.traceId,
      span_id: log.spanId,
    } satisfies Record<ResultField, Value | undefined>;
  };
}

function requireTables(pipeline: Pipeline, tables: ReferenceTables): void {
  for (const each of allProcessors(pipeline)) {
    if (each.type !== "lookup-processor" || each.lookup_enrichment_table === undefined) continue;
    const { name = each.type, lookup_enrichment_table: table } = each;
    if (!Object.keys(tables).includes(table)) {
      const remedy = `add the rows that the samples need, as "tables": {${JSON.stringify(table)}: {"KEY": {"COLUMN": "VALUE"}}}`;
      throw new ProcessorError(
        `pipeline ${pipeline.name}, processor ${name}`,
        `the rows of the reference table "${table}" are not known: ${remedy}`,
      );
    }
  }
}

export function compare(path: string, expected: Value | undefined, actual: Value | undefined): Difference[] {
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
    const [a, b] = [expected, actual].map((text) => parseJson(text));
    return isObject(a) && isObject(b) && isDeepStrictEqual(normalize(a), normalize(b));
  } catch {
    return false;
  }
}

/** A failure as text: the error of the file, or the sample, and for each path that differs a line with the expected and one with the actual value. */
export function describe({ file, number, sample, differences, error }: Outcome): string {
  if (error !== undefined) return `${file}\n  ! ${error}`;
  const lines = [`${file}, sample ${number}`, `    ${JSON.stringify(sample.slice(0, 160))}`];
  return [...lines, ...differences.flatMap(describeDifference).map((line) => `  ${line}`)].join("\n");
}

/** A line with the expected value, and one with the actual value. */
export function describeDifference({ path, expected, actual }: Difference): string[] {
  const show = (value: Value | undefined) => (value === undefined ? "(nothing)" : jsonText(value));
  return [`- ${path}: ${show(expected)}`, `+ ${path}: ${show(actual)}`];
}
