import type { LogDashboard } from "./dashboard";
import type { LogMetric } from "./metrics";
import type { LogMonitor } from "./monitors";
import type { OfStack } from "./of-stack";
import type { Remap } from "./remap";

// Pulumi's component analyzer takes neither unknown, nor a union, nor a list that cannot be changed: hence the types below.
/* eslint-disable @typescript-eslint/no-explicit-any */

/** A processor in the shape of Datadog's API (snake_case). Its shape is checked at preview. */
export interface LogProcessor {
  /** e.g. `date-remapper`. */
  readonly type: string;
  readonly [field: string]: any;
}

/** A Grok parser of the message. */
export interface LogParser {
  /** Name in the pipeline's list of processors. */
  readonly name: string;
  /** One rule a line, `name pattern`, tried from top to bottom; at most 10. */
  readonly matchRules: string;
  /**
   * Rules that others use as `%{name}`.
   *
   * @default none
   */
  readonly supportRules?: string;
}

/** A line that the pipeline must understand. */
export interface LogSample {
  /** The line as the source sends it: not empty, at most 5000 characters. */
  readonly line: string;
  /** Values that the pipeline must find in it, by path; null: none. Attributes that are not listed may be anything. */
  readonly attributes?: Readonly<Record<string, any>>;
  /**
   * All that must come out, as `npm run grok -- check` compares it: `{ custom: {…}, message, tags, timestamp, status }`; what is
   * not listed must be absent. Takes the place of `attributes`, and says itself whether a rule has to match. Default: none.
   */
  readonly result?: Readonly<Record<string, any>>;
  /** The log's service, with a `result`. Default none. */
  readonly service?: string;
  /** The log's tags, with a `result`. Default none. */
  readonly tags?: string[];
}

/** A pipeline of one source of logs: what it takes, how it reads it, and lines that prove it. */
export interface LogPipeline {
  /** Name in Datadog's list of pipelines. */
  readonly name: string;
  /** Description in Datadog. With one, an earlier run's pipeline is recognised by it, otherwise by its filter. Default none. */
  readonly description?: string;
  /** Logs that the pipeline takes, in search syntax: `service:qnap-nas`. */
  readonly filter: string;
  /** The file that holds rules and samples, as errors are to name it. Default: they name the pipeline alone. */
  readonly file?: string;
  /**
   * The Grok parser that reads the message, before all else. A bad rule is an error that names rule, column and reason.
   * Default none: `processors` are the whole pipeline then, and may hold any number of parsers.
   */
  readonly parser?: LogParser;
  /** What follows the parser, nested pipelines too, in the shape of Datadog's API (snake_case). Default nothing. */
  readonly processors?: LogProcessor[];
  /**
   * Datadog's standard attributes that are filled from the source's own, which stay: `{ "usr.name": ["user"] }`. Each is a
   * processor at the pipeline's end; parser, `processors` and these together are at most 20. Default none.
   */
  readonly remap?: Remap;
  /**
   * One or more lines that the rules must match, parsed at preview; the first five are shown in Datadog beside the rules.
   * Lines that no rule matches, or that yield other values than they say, are an error that tells all of them.
   */
  readonly samples: LogSample[];
  /**
   * Attributes that are to be facets. Datadog has no public API for facets: each is checked against what the rules yield
   * (an error where none does) and gets a link to the explorer, where a click makes it. Nothing depends on them. Default none.
   */
  readonly facets?: string[];
  /** Metrics that Datadog computes from these logs. Default none. */
  readonly metrics?: LogMetric[];
  /** A dashboard of these logs. Default none. */
  readonly dashboard?: LogDashboard;
  /** Monitors on these logs. Default none. */
  readonly monitors?: LogMonitor[];
  /** The stack that all this is of; it is adopted where an earlier run has made it. Default: nothing is adopted. */
  readonly of?: OfStack;
  /** Tags of the monitors, `key:value` each. Default none. */
  readonly tags?: string[];
}

/** How errors name a pipeline. */
export function placeOf({ name, file }: LogPipeline): string {
  return `log pipeline "${name}"${file === undefined ? "" : ` (${file})`}`;
}
