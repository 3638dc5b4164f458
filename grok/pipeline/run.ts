import { isIP } from "node:net";
import { type Attributes, copyOf, merge, remove, set, textOf, type Value } from "../attributes";
import type { Parser, ParseResult } from "../parser";
import { urlParts } from "../filters/querystring";
import { userAgent } from "../filters/user-agent";
import { compileArrayMap } from "./array-map";
import { compileArray } from "./arrays";
import { buildString, compileArithmetic, lookUp, type ReferenceTables } from "./builders";
import { compileCategory } from "./category";
import { decodeText } from "./decoder";
import { type NestedPipeline, type Pipeline, type PipelineDefinition, placeOf, type Processor } from "./definition";
import { parserOf } from "./grok-parser";
import { type Log, valueOf, workingCopy, type WorkingLog } from "./log";
import { remap, remapAttribute } from "./remappers";
import { compileSchema } from "./schema";
import { compilePipelineQuery } from "./search";
import { withDefaults } from "./shape";

export interface RunOptions {
  /** Current time in milliseconds since 1970, to complete dates without a year or a day. */
  readonly now: number;
  /**
   * Time at which the log arrived, in milliseconds since 1970. A date remapper that finds no date sets it as the log's date.
   *
   * @default the log's date stays as it is
   */
  readonly arrival?: number;
  /**
   * The location of an IP address, which the geo-ip parser sets.
   *
   * @default no address has a location
   */
  readonly geo?: (ip: string) => Attributes | undefined;
  /**
   * The rows of the reference tables that lookup processors use.
   *
   * @default no table has a row
   */
  readonly tables?: ReferenceTables;
  /** Called for each text that a Grok parser reads. */
  readonly parsed?: (parsed: Parsed) => void;
  /** Called for each log that a category processor reads. */
  readonly categorized?: (categorized: Categorized) => void;
}

/** A text that a Grok parser read, and the result. */
export interface Parsed {
  /** Position and name of the parser, after those of the pipelines that contain it. */
  readonly where: string;
  /** Attribute with the text, mostly `message`. */
  readonly source: string;
  readonly text: string;
  readonly result: ParseResult;
  readonly parser: Parser;
}

/** The result of a category processor. */
export interface Categorized {
  /** Position and name of the processor, after those of the pipelines that contain it. */
  readonly where: string;
  /** Position of the category whose filter matched, from 0, or -1 if none did. */
  readonly category: number;
}

export interface RunResult {
  /** The log after the pipeline; an unchanged copy if the pipeline's filter does not match. */
  readonly log: Log & { attributes: NonNullable<Log["attributes"]>; tags: readonly string[] };
  /** Whether the pipeline's filter matched. */
  readonly applied: boolean;
}

/** A pipeline or a processor that is not valid. */
export class ProcessorError extends Error {
  constructor(
    /** Position and name of the processor, after those of the pipelines that contain it. */
    readonly where: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`${where}: ${reason}`, options);
    this.name = "ProcessorError";
  }
}

type Step = (log: WorkingLog, options: RunOptions) => void;

const compiled = new WeakMap<object, (log: Log, options: RunOptions) => RunResult>();

/**
 * Runs a log through a pipeline and returns the result. Does not change the log that it is given.
 *
 * If `attributes` is undefined and the message is a JSON object, the attributes are parsed from it first, as in Datadog's
 * intake. The compiled pipeline is cached for the same pipeline object.
 *
 * @throws ProcessorError if the pipeline is not valid; never because of a log
 */
export function runPipeline(pipeline: PipelineDefinition, log: Log, options: RunOptions): RunResult {
  let run = compiled.get(pipeline);
  if (run === undefined) compiled.set(pipeline, (run = compilePipeline(pipeline)));
  return run(log, options);
}

/**
 * Compiles a pipeline to a function that runs it. See {@link runPipeline}.
 *
 * @throws ProcessorError if the pipeline is not valid
 */
export function compilePipeline(pipeline: PipelineDefinition): (log: Log, options: RunOptions) => RunResult {
  const where = `pipeline ${pipeline.name}`;
  const complete = atPlace(where, () => withDefaults(pipeline));
  const { matches, steps } = compileSteps(complete, where);
  return (log, options) => {
    const working = workingCopy(log);
    const applied = matches(working);
    if (applied) for (const step of steps) step(working, options);
    const { remapped: _remapped, ...result } = working;
    return { log: result, applied };
  };
}

function compileSteps({ is_enabled: enabled, filter, processors }: Pipeline | NestedPipeline, where: string) {
  const query = atPlace(`${where}, filter`, () => compilePipelineQuery(filter.query));
  const steps = processors
    .map((processor, index) => ({ processor, where: placeOf(where, index, processor) }))
    .filter(({ processor }) => processor.is_enabled)
    .map(({ processor, where }) => compileProcessor(processor, where));
  return { matches: (log: Log) => enabled && query(log), steps };
}

function compileProcessor(definition: Processor, where: string): Step {
  switch (definition.type) {
    case "grok-parser": {
      const { source } = definition;
      const parser = atPlace(where, () => parserOf(definition));
      return (log, { now, parsed }) => {
        const text = source === "message" ? log.message : valueOf(log, source);
        if (typeof text !== "string" && typeof text !== "number" && typeof text !== "bigint") return;
        const result = parser.parse(String(text), { now });
        parsed?.({ where, source, text: String(text), result, parser });
        if (result.matched) merge(log.attributes, result.attributes);
      };
    }
    case "attribute-remapper":
      return (log) => remapAttribute(definition, log);
    case "date-remapper":
    case "status-remapper":
    case "service-remapper":
    case "message-remapper":
    case "trace-id-remapper":
    case "span-id-remapper":
      return (log, options) => remap(definition, log, options);
    case "category-processor": {
      const categorize = compileCategory(definition, (name, make) => atPlace(`${where}, category ${name}`, make));
      return (log, { categorized }) => {
        const category = categorize(log);
        categorized?.({ where, category });
      };
    }
    case "string-builder-processor":
      return (log) => buildString(definition, log);
    case "arithmetic-processor":
      return atPlace(where, () => compileArithmetic(definition));
    case "lookup-processor":
      return (log, { tables }) => lookUp(definition, log, tables);
    case "url-parser":
      return (log) => extract(definition, log, urlParts);
    case "user-agent-parser":
      return (log) => extract(definition, log, (text) => userAgent(definition.is_encoded ? decodeForm(text) : text));
    case "geo-ip-parser":
      return (log, { geo }) =>
        extract(
          definition,
          log,
          (ip) => (isIP(ip) === 0 ? { invalidAddress: ip } : copyOf(geo?.(ip) ?? {})),
          // As Java prints a list, which is not an address.
          (list) => `[${list.map(textOf).join(", ")}]`,
        );
    case "array-processor":
      return atPlace(where, () => compileArray(definition));
    case "array-map-processor":
      return atPlace(where, () => compileArrayMap(definition));
    case "decoder-processor":
      return (log) => decodeText(definition, log);
    case "exclude-attribute":
      return (log) => remove(log.attributes, definition.attribute_to_exclude);
    case "schema-processor":
      return atPlace(where, () => compileSchema(definition));
    case "pipeline": {
      const { matches, steps } = compileSteps(definition, where);
      return (log, options) => {
        if (matches(log)) for (const step of steps) step(log, options);
      };
    }
  }
}

/**
 * Sets the target to what `read` finds in the first source that exists.
 *
 * @param listText the text of a list; without it, a list is not a source
 */
function extract(
  { sources, target }: { readonly sources: readonly string[]; readonly target: string },
  log: WorkingLog,
  read: (text: string) => Attributes | undefined,
  listText?: (list: readonly Value[]) => string,
): void {
  for (const source of sources) {
    const given = valueOf(log, source);
    const value = Array.isArray(given) && given.length > 0 ? listText?.(given) : given;
    if (typeof value !== "string" || value === "") continue;
    const found = read(value);
    if (found !== undefined) set(log.attributes, target, found);
    return;
  }
}

/** Decodes a text as a form encodes it: `+` is a blank. */
function decodeForm(text: string): string {
  const blanks = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(blanks);
  } catch {
    return blanks;
  }
}

/** Adds the place to an error of `make`. */
function atPlace<T>(where: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new ProcessorError(where, error instanceof Error ? error.message : String(error), { cause: error });
  }
}
