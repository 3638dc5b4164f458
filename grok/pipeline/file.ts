import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { isObject, type Value } from "../attributes";
import { jsonMistake, parseJson } from "../json";
import type { ReferenceTables } from "./builders";
import type { Pipeline, PipelineDefinition } from "./definition";
import { listed, mistakesInPipeline, mistakesInTests, withDefaults, withTexts } from "./shape";

/** A sample in a file. */
export interface Sample {
  readonly sample: string;
  readonly service?: string;
  readonly tags?: readonly string[];
}

/** A sample, and the log that Datadog makes of it. */
export interface PipelineTest extends Sample {
  /**
   * The log: custom (the attributes), message, tags, timestamp, status, service, trace_id, span_id. The log must not have a
   * field that is left out here.
   */
  readonly result: Readonly<Record<string, Value>>;
}

/** The content of a pipeline file `{name, pipeline, tests, tables?}`: a pipeline and its tests. */
export interface PipelineFile {
  readonly pipeline: PipelineDefinition;
  readonly tests: readonly PipelineTest[];
  /** The rows of the reference tables that the pipeline uses. */
  readonly tables?: ReferenceTables;
}

/** A file that is not a pipeline file. The message completes a sentence that starts with the file's name. */
export class PipelineFileError extends Error {
  override readonly name = "PipelineFileError";

  constructor(
    message: string,
    /** The samples of the tests in the file, as far as they can be read. */
    readonly samples: readonly string[] = [],
    /** The line of the mistake, from 1. Undefined if it is not known. */
    readonly line?: number,
  ) {
    super(message);
  }
}

/** Whether a file is read as YAML; otherwise, as JSON. */
export const isYaml = (path: string) => /\.ya?ml$/i.test(path);

/** The reason of an error of the file system, such as EACCES. */
export const reasonOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? (error as Error).message;

/**
 * The text of a file, with its byte order mark.
 *
 * @throws PipelineFileError if it cannot be read, or is not UTF-8
 */
export function readText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new PipelineFileError(`cannot be read (${reasonOf(error)})`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new PipelineFileError("is not valid UTF-8: save it as UTF-8");
  }
}

/**
 * Parses a file as YAML if its name ends in .yml or .yaml, otherwise as JSON. Whole numbers keep their digits.
 *
 * @throws PipelineFileError if it cannot be read, or is not valid
 */
export function readStructure(path: string): unknown {
  const text = readText(path);
  return isYaml(path) ? readYaml(text) : readJson(text.replace(/^\ufeff/, ""));
}

function readYaml(text: string): unknown {
  const document = parseDocument(text, { intAsBigInt: true });
  // A warning is an unknown tag or directive.
  const [problem] = [...document.errors, ...document.warnings];
  const line = problem?.linePos?.[0].line;
  if (problem?.code === "MULTIPLE_DOCS")
    throw new PipelineFileError("has more than one YAML document: keep one in each file", [], line);
  if (problem !== undefined) throw notYaml(problem, line);
  if (document.contents === null) throw new PipelineFileError("is empty: write a pipeline into it");
  try {
    return shortNumbers(document.toJS());
  } catch (error) {
    throw notYaml(error as Error);
  }
}

function notYaml({ message }: Error, line?: number): PipelineFileError {
  const [reason] = message.split("\n");
  return new PipelineFileError(`is not valid YAML: ${reason?.replace(/:$/, "")}`, [], line);
}

function readJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    const { reason, position } = jsonMistake(text) ?? { reason: (error as Error).message, position: 0 };
    const lines = text.slice(0, position).split("\n");
    const place = `line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
    throw new PipelineFileError(`is not valid JSON: ${reason} at ${place}`, [], lines.length);
  }
}

/** With a `number` for each bigint that a `number` can hold exactly. */
function shortNumbers(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(shortNumbers);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shortNumbers(each)]));
}

/**
 * Reads a file `{name, pipeline, tests: [{sample, result, service?, tags?}]}`. Does not check Grok rules and searches.
 *
 * @throws PipelineFileError if it does not have this shape
 */
export function readPipelineFile(path: string): PipelineFile {
  const found = readStructure(path);
  if (!isObject(found) || !("tests" in found)) throw new PipelineFileError('has no list of "tests"');
  const samples = Array.isArray(found.tests)
    ? found.tests.map((test) => (isObject(test) && typeof test.sample === "string" ? test.sample : ""))
    : [];
  let pipeline: PipelineDefinition;
  try {
    pipeline = readPipeline(found);
  } catch (error) {
    throw new PipelineFileError(`does not contain a pipeline: ${(error as Error).message}`, samples);
  }
  const tests = Array.isArray(found.tests) ? found.tests.map(testWithoutNulls) : found.tests;
  const { tables } = found;
  const mistakes = [
    ...mistakesInPipeline(pipeline),
    ...mistakesInTests(tests),
    ...(tables === undefined || tables === null ? [] : mistakesInTables(tables)),
  ];
  if (mistakes.length > 0) throw new PipelineFileError(`is not a pipeline with tests: ${listed(mistakes)}`, samples);
  return {
    pipeline,
    tests: tests as unknown as PipelineTest[],
    ...(isObject(tables) ? { tables: tables as unknown as ReferenceTables } : {}),
  };
}

/**
 * Reads a pipeline file, or a file with only a pipeline, which has no tests. `definition` is the pipeline as it is written, with
 * the API's names of fields.
 *
 * @throws PipelineFileError if it is neither
 */
export function readAnyPipelineFile(
  path: string,
): PipelineFile & { readonly pipeline: Pipeline; readonly definition: PipelineDefinition } {
  const structure = readStructure(path);
  if (isObject(structure) && "tests" in structure) {
    const file = readPipelineFile(path);
    return { ...file, pipeline: withDefaults(file.pipeline), definition: file.pipeline };
  }
  try {
    const definition = readPipeline(structure);
    return { pipeline: withDefaults(definition), definition, tests: [] };
  } catch (error) {
    throw new PipelineFileError(`does not contain a pipeline: ${(error as Error).message}`);
  }
}

function mistakesInTables(tables: Value): string[] {
  const isTables = isObject(tables) && Object.values(tables).every(isObject);
  return isTables ? [] : ['tables: expected {"TABLE": {"KEY": {"COLUMN": "VALUE"}}}'];
}

/** A test in which null for an optional field, or for a field of the log, means that it is left out. */
function testWithoutNulls(test: Value): Value {
  if (!isObject(test)) return test;
  const { result, ...fields } = test;
  return { ...withoutNulls(fields), ...(isObject(result) ? { result: withoutNulls(result) } : { result: result! }) };
}

function withoutNulls<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as T;
}

/**
 * A pipeline from JSON in one of the two spellings in use: the API's (`match_rules`), or that of the files of Datadog's
 * integrations (`pipeline: {…}` with `matchRules`). If the inner pipeline has no name, it gets the outer one. null means that
 * a field is left out. Numbers and booleans become texts where a text is expected.
 *
 * @throws Error if the JSON is neither
 */
export function readPipeline(json: unknown): PipelineDefinition {
  if (!isObject(json)) throw new Error("a pipeline is an object with a name, a filter and processors");
  if (isObject(json.pipeline)) return readPipeline({ name: json.name ?? null, ...withoutNulls(json.pipeline) });
  if (!Array.isArray(json.processors)) throw new Error('the pipeline has no list of "processors"');
  return withTexts(snakeCase(json)) as PipelineDefinition;
}

/** The API's names for the fields whose name in the files differs by more than the case. */
const API_NAMES: Record<string, string> = {
  enabled: "is_enabled",
  encoded: "is_encoded",
  replaceMissing: "is_replace_missing",
};

/** Fields of a schema mapper's fallback whose keys are paths of attributes. */
const BY_PATH = ["values", "sources"];

/** With the API's names of fields, and without fields that are null. */
function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (!isObject(value)) return value;
  const name = (key: string) => API_NAMES[key] ?? key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const inside = (key: string, each: Value) => (BY_PATH.includes(key) && isObject(each) ? each : snakeCase(each));
  return Object.fromEntries(Object.entries(withoutNulls(value)).map(([key, each]) => [name(key), inside(key, each)]));
}
