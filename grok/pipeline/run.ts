import { isIP } from "node:net";
import { type Attributes, merge, set } from "../attributes";
import { compileParser, type ParseResult } from "../parser";
import { urlParts } from "../filters/querystring";
import { userAgent } from "../filters/user-agent";
import { compileArray } from "./arrays";
import { buildString, compileArithmetic, lookUp } from "./builders";
import type { NestedPipelineDefinition, PipelineDefinition, ProcessorDefinition } from "./definition";
import { type Log, valueOf, workingCopy, type WorkingLog } from "./log";
import { remap, remapAttribute } from "./remappers";
import { compileQuery } from "./search";

/** What a pipeline takes from its surroundings. */
export interface RunOptions {
  /** Milliseconds since 1970: dates without a year or a day are understood from it. */
  readonly now: number;
  /** Where an address is, for the geo-ip parser: what it gives is set as it is. Default: nothing is known of any. */
  readonly geo?: (ip: string) => Attributes | undefined;
  /** Told of each text that a Grok parser reads. */
  readonly parsed?: (parsed: Parsed) => void;
}

/** What a Grok parser made of a text. */
export interface Parsed {
  /** The parser's place and name, those of nested pipelines first. */
  readonly where: string;
  /** Attribute that held the text, mostly `message`. */
  readonly source: string;
  readonly text: string;
  readonly result: ParseResult;
}

/** What became of a log in a pipeline. */
export interface RunResult {
  /** The log behind the pipeline; a copy of the one before it where its filter does not hold. */
  readonly log: Log & { attributes: NonNullable<Log["attributes"]>; tags: readonly string[] };
  /** Did the pipeline's filter hold? */
  readonly applied: boolean;
}

/** A processor of a type that this engine does not run, or one that is not valid. */
export class ProcessorError extends Error {
  constructor(
    /** Where it stands: its place and name, those of nested pipelines first. */
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
 * Runs a log through a pipeline in the shape of Datadog's API (`{name, filter: {query}, processors: [{type, …}]}`, as
 * `POST /api/v1/logs/config/pipelines` takes it) and returns what comes out; the log given is left as it is.
 * A log whose `attributes` are undefined and whose message is a JSON object is taken apart first, as Datadog's intake does.
 * The pipeline is compiled once and kept as long as the same object is passed again.
 * Throws a {@link ProcessorError} where the pipeline itself is not valid, never because of a log.
 */
export function runPipeline(pipeline: PipelineDefinition, log: Log, options: RunOptions): RunResult {
  let run = compiled.get(pipeline);
  if (run === undefined) compiled.set(pipeline, (run = compilePipeline(pipeline)));
  return run(log, options);
}

/** Compiles a pipeline; see {@link runPipeline}. */
export function compilePipeline(pipeline: PipelineDefinition): (log: Log, options: RunOptions) => RunResult {
  const { holds, steps } = group(pipeline, `pipeline ${pipeline.name}`);
  return (log, options) => {
    const working = workingCopy(log);
    const applied = holds(working);
    if (applied) for (const step of steps) step(working, options);
    const { remapped: _remapped, ...result } = working;
    return { log: result, applied };
  };
}

function group(definition: PipelineDefinition | NestedPipelineDefinition, where: string) {
  const enabled = definition.is_enabled !== false;
  const query = guarded(`${where}, filter`, () => compileQuery(definition.filter?.query ?? "*"));
  const steps = definition.processors
    .map((processor, index) => ({
      processor,
      where: `${where}, processor ${index + 1} (${processor.name ?? processor.type})`,
    }))
    .filter(({ processor }) => processor.is_enabled !== false)
    .map(({ processor, where }) => compileProcessor(processor, where));
  return { holds: (log: Log) => enabled && query(log), steps };
}

function compileProcessor(definition: ProcessorDefinition, where: string): Step {
  switch (definition.type) {
    case "grok-parser": {
      const { source, grok } = definition;
      const parser = guarded(where, () =>
        compileParser({ matchRules: grok.match_rules, supportRules: grok.support_rules }),
      );
      return (log, { now, parsed }) => {
        const text = source === "message" ? log.message : valueOf(log, source);
        if (typeof text !== "string" && typeof text !== "number") return;
        const result = parser.parse(String(text), { now });
        parsed?.({ where, source, text: String(text), result });
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
      return (log, { now }) => remap(definition, log, now);
    case "category-processor": {
      const categories = definition.categories.map(({ name, filter }) => ({
        name,
        holds: guarded(`${where}, category ${name}`, () => compileQuery(filter.query)),
      }));
      return (log) => {
        const category = categories.find(({ holds }) => holds(log));
        if (category !== undefined) set(log.attributes, definition.target, category.name);
      };
    }
    case "string-builder-processor":
      return (log) => buildString(definition, log);
    case "arithmetic-processor":
      return guarded(where, () => compileArithmetic(definition));
    case "lookup-processor":
      return (log) => lookUp(definition, log);
    case "url-parser":
      return (log) => extract(definition, log, urlParts);
    case "user-agent-parser":
      return (log) =>
        extract(definition, log, (text) => userAgent(definition.is_encoded === true ? decodePercent(text) : text));
    case "geo-ip-parser":
      return (log, { geo }) =>
        extract(definition, log, (ip) => (isIP(ip) === 0 ? { invalidAddress: ip } : (geo?.(ip) ?? {})));
    case "array-processor":
      return guarded(where, () => compileArray(definition));
    case "pipeline": {
      const { holds, steps } = group(definition, where);
      return (log, options) => {
        if (holds(log)) for (const step of steps) step(log, options);
      };
    }
    default:
      throw new ProcessorError(where, `a processor of type ${(definition as { type: string }).type} is not known`);
  }
}

/** Sets what is found in the first source that exists. */
function extract(
  { sources, target }: { readonly sources: readonly string[]; readonly target: string },
  log: WorkingLog,
  read: (text: string) => Attributes | undefined,
): void {
  for (const source of sources) {
    const value = valueOf(log, source);
    if (typeof value !== "string" || value === "") continue;
    const found = read(value);
    if (found !== undefined) set(log.attributes, target, found);
    return;
  }
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function guarded<T>(where: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new ProcessorError(where, error instanceof Error ? error.message : String(error), { cause: error });
  }
}
