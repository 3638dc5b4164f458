import type * as datadog from "@pulumi/datadog";
import { within } from "./query";

/** A metric that Datadog computes from the pipeline's logs as they arrive. Datadog keeps it for 15 months. */
export interface LogMetric {
  /** Part of the resource's name: letters, digits and hyphens, e.g. `actions`. */
  readonly key: string;
  /**
   * Whether a stack that already has this metric with another name keeps that name, and so the metric's history.
   *
   * @default false
   */
  readonly keepsName?: boolean;
  /** Name in Datadog: a letter, then letters, digits, `_` and `.`, at most 200 characters. A new name makes a new metric. */
  readonly name: string;
  /**
   * Search that selects logs of the pipeline.
   *
   * @default all logs of the pipeline
   */
  readonly query?: string;
  /**
   * Tags of the metric, and the attribute for each: `{ user: "@user", status: "status" }`. Datadog bills each combination of
   * values as a metric.
   */
  readonly groupBy?: Readonly<Record<string, string>>;
  /**
   * Attribute with the values of the metric, e.g. `@duration`.
   *
   * @default the metric is the number of logs
   */
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
