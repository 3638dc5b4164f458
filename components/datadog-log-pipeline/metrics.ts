import type * as datadog from "@pulumi/datadog";
import { within } from "./query";

/** A metric that Datadog computes from the pipeline's logs as they arrive. It outlives the logs: 15 months. */
export interface LogMetric {
  /** Names the resource: letters, digits, hyphens, e.g. `actions`. */
  readonly key: string;
  /** Whether a stack that has this metric under another name keeps that name, and with it the metric's past. Default false. */
  readonly keepsName?: boolean;
  /** The metric's name in Datadog: a letter, then letters, digits, `_` and `.`, at most 200 characters. Another name is another metric. */
  readonly name: string;
  /** Which of the pipeline's logs count, in search syntax. Default all. */
  readonly query?: string;
  /** Tag of the metric → what it is taken from: `{ user: "@user", status: "status" }`. Default none. Each pair of values is a series of its own, and is billed as one. */
  readonly groupBy?: Readonly<Record<string, string>>;
  /** Attribute whose numbers are the metric's values (`@duration`). Default: the logs are counted. */
  readonly valuesOf?: string;
}

export function metricArgs(filter: string, { name, query, groupBy = {}, valuesOf }: LogMetric): datadog.LogsMetricArgs {
  return {
    name,
    compute:
      valuesOf === undefined ? { aggregationType: "count" } : { aggregationType: "distribution", path: valuesOf },
    filter: { query: within(filter, query) },
    groupBies: Object.entries(groupBy).map(([tagName, path]) => ({ path, tagName })),
  };
}
