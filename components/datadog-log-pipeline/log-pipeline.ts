import type { Attributes, ProcessorDefinition } from "../../grok";
import type { PipelineTest } from "../../grok/pipeline/file";
import type { LogDashboard } from "./dashboard";
import type { LogMetric } from "./metrics";
import type { LogMonitor } from "./monitors";
import type { OfStack } from "./of-stack";
import type { Remap } from "./remap";

/** A line that the pipeline must understand. */
export interface LogSample {
  /** The line as the source sends it: not empty, at most 5000 characters. */
  readonly line: string;
  /** Values that the pipeline must find in it, by path; null: none. Attributes that are not listed may be anything. */
  readonly attributes?: Attributes;
  /**
   * All that must come out, as `npm run grok -- check` compares it: `{ custom: {…}, message, tags, timestamp, status }`; what is
   * not listed must be absent. Takes the place of `attributes`, and says itself whether a rule has to match. Default: none.
   */
  readonly result?: PipelineTest["result"];
  /** The log's service, with a `result`. Default none. */
  readonly service?: string;
  /** The log's tags, with a `result`. Default none. */
  readonly tags?: readonly string[];
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
  readonly parser?: {
    /** Name in the pipeline's list of processors. */
    readonly name: string;
    /** One rule a line, `name pattern`, tried from top to bottom; at most 10. */
    readonly matchRules: string;
    /** Rules that others use as `%{name}`. Default none. */
    readonly supportRules?: string;
  };
  /** What follows the parser, nested pipelines too, in the shape of Datadog's API (snake_case). Default nothing. */
  readonly processors?: readonly ProcessorDefinition[];
  /**
   * Datadog's standard attributes that are filled from the source's own, which stay: `{ "usr.name": "user" }`. Each is a
   * processor at the pipeline's end; parser, `processors` and these together are at most 20. Default none.
   */
  readonly remap?: Remap;
  /**
   * One or more lines that the rules must match, parsed at preview; the first five are shown in Datadog beside the rules.
   * Lines that no rule matches, or that yield other values than they say, are an error that tells all of them.
   */
  readonly samples: readonly LogSample[];
  /**
   * Attributes that are to be facets. Datadog has no public API for facets: each is checked against what the rules yield
   * (an error where none does) and gets a link to the explorer, where a click makes it. Nothing depends on them. Default none.
   */
  readonly facets?: readonly string[];
  /** Metrics that Datadog computes from these logs. Default none. */
  readonly metrics?: readonly LogMetric[];
  /** A dashboard of these logs. Default none. */
  readonly dashboard?: LogDashboard;
  /** Monitors on these logs. Default none. */
  readonly monitors?: readonly LogMonitor[];
  /** The stack that all this is of; it is adopted where an earlier run has made it. Default: nothing is adopted. */
  readonly of?: OfStack;
  /** Tags of the monitors, `key:value` each. Default none. */
  readonly tags?: readonly string[];
}

/** How errors name a pipeline. */
export function placeOf({ name, file }: LogPipeline): string {
  return `log pipeline "${name}"${file === undefined ? "" : ` (${file})`}`;
}
