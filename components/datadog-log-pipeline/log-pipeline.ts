import type { LogDashboard } from "./dashboard";
import type { LogMetric } from "./metrics";
import type { LogMonitor } from "./monitors";
import type { OfStack } from "./of-stack";
import type { Remap } from "./remap";

// Pulumi's component analyzer accepts neither `unknown`, nor a union, nor a readonly array: hence the types of this file.
/* eslint-disable @typescript-eslint/no-explicit-any */

/** A processor in the shape of Datadog's API (snake_case). A preview checks the fields that its type requires. */
export interface LogProcessor {
  /** Type of processor: `date-remapper`. */
  readonly type: string;
  readonly [field: string]: any;
}

/** A Grok parser of the message. */
export interface LogParser {
  /** Name in the list of processors. */
  readonly name: string;
  /** One rule per line, `name pattern`, tried from top to bottom. Datadog recommends at most 10: more are a warning. */
  readonly matchRules: string;
  /** Rules that other rules use as `%{name}`. */
  readonly supportRules?: string;
}

/** A line, and the attributes that the pipeline must find in it. */
export interface LogSample {
  /** The line as the source sends it, of 1 to 5000 characters. */
  readonly line: string;
  /** Expected values by path; null if the attribute must not exist. Other attributes are not checked. */
  readonly attributes?: Readonly<Record<string, any>>;
  /**
   * The complete expected log, as in `npm run grok -- test`: `{ custom: {…}, message, tags, timestamp, status }`. What is not
   * listed must not exist. It replaces `attributes`. If the log is as expected, it does not matter whether a rule matches.
   */
  readonly result?: Readonly<Record<string, any>>;
  /** The log's service. Used only with a `result`. */
  readonly service?: string;
  /** The log's tags. Used only with a `result`. */
  readonly tags?: string[];
}

/** A pipeline for one source of logs: its filter, rules, processors and samples. */
export interface LogPipeline {
  /** Name in Datadog's list of pipelines. */
  readonly name: string;
  /** Description in Datadog. The pipeline of an earlier run is found by it if it is set, otherwise by its filter. */
  readonly description?: string;
  /** Search that selects the logs for this pipeline: `service:qnap-nas`. */
  readonly filter: string;
  /** Name of the file with the rules and samples, for errors. Without it, errors have only the pipeline's name. */
  readonly file?: string;
  /**
   * The Grok parser of the message, which runs first. A rule that is not valid is an error with rule, column and reason.
   * Without it, the pipeline consists of `processors`, which can contain any number of parsers.
   */
  readonly parser?: LogParser;
  /** Processors after the parser, including nested pipelines, in the shape of Datadog's API (snake_case). */
  readonly processors?: LogProcessor[];
  /**
   * Standard attributes of Datadog that are copied from the source's attributes: `{ "usr.name": ["user"] }`. Each is a
   * processor at the end of the pipeline. Datadog recommends at most 20 processors, including the parser: more are a warning.
   */
  readonly remap?: Remap;
  /**
   * One or more lines that a preview runs through the pipeline. Datadog shows the first five with the rules. It is an error if
   * no rule matches a line, or if a value is not as expected. The error lists all such lines.
   */
  readonly samples: LogSample[];
  /**
   * The rows of the reference tables that lookup processors use, for the samples: `{ TABLE: { KEY: { COLUMN: "VALUE" } } }`.
   * It is an error if the pipeline uses a table that is not listed.
   */
  readonly tables?: Readonly<Record<string, any>>;
  /**
   * Attributes that should be facets. Datadog has no public API for facets: the component checks that the pipeline sets the
   * attribute, and gives a link to the Log Explorer, where the facet can be created. Nothing depends on facets.
   */
  readonly facets?: string[];
  /** Metrics that Datadog computes from these logs. */
  readonly metrics?: LogMetric[];
  /** A dashboard of these logs. */
  readonly dashboard?: LogDashboard;
  /** Monitors of these logs. */
  readonly monitors?: LogMonitor[];
  /** The stack that this pipeline belongs to. Without it, what an earlier run created is not adopted. */
  readonly of?: OfStack;
  /** Tags of the monitors, `key:value` each. */
  readonly tags?: string[];
}

/** Name of a pipeline in errors. */
export function placeOf({ name, file }: LogPipeline): string {
  return `log pipeline "${name}"${file === undefined ? "" : ` (${file})`}`;
}
