import type { Attributes, ProcessorDefinition } from "../../grok";
import type { LogDashboard } from "./dashboard";
import type { LogMetric } from "./metrics";
import type { LogMonitor } from "./monitors";
import type { Remap } from "./remap";

/** A line that the pipeline must understand. */
export interface LogSample {
  /** The line as the source sends it: not empty, at most 5000 characters. */
  readonly line: string;
  /** Values that the pipeline must find in it, by path; null: none. Attributes that are not listed may be anything. */
  readonly attributes?: Attributes;
}

/** A pipeline of one source of logs: what it takes, how it reads it, and lines that prove it. */
export interface LogPipeline {
  /** Name in Datadog's list of pipelines. */
  readonly name: string;
  /** Logs that the pipeline takes, in search syntax: `service:qnap-nas`. */
  readonly filter: string;
  /** The Grok parser that reads the message. A bad rule is an error that names rule, column and reason. */
  readonly parser: {
    /** Name in the pipeline's list of processors. */
    readonly name: string;
    /** One rule a line, `name pattern`, tried from top to bottom; at most 10. */
    readonly matchRules: string;
    /** Rules that others use as `%{name}`. Default none. */
    readonly supportRules?: string;
  };
  /** What follows the parser, in the shape of Datadog's API (snake_case). Default nothing. */
  readonly processors?: readonly ProcessorDefinition[];
  /**
   * Datadog's standard attributes that are filled from the source's own, which stay: `{ "usr.name": "user" }`. Each is a
   * processor at the pipeline's end; parser, `processors` and these together are at most 20. Default none.
   */
  readonly remap?: Remap;
  /**
   * One to five lines that the rules must match, parsed at preview and shown in Datadog beside the rules. A line that no
   * rule matches, or that yields other values than it says, is an error.
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
  /** Tags of the monitors, `key:value` each. Default none. */
  readonly tags?: readonly string[];
}

/** How errors name a pipeline. */
export function placeOf({ name }: LogPipeline): string {
  return `log pipeline "${name}"`;
}
