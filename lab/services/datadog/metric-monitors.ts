import type { Group } from "./check-monitors";
import type { Point } from "./metric-points";

/** `min(last_15m):min:system.disk.directory.file.modified_sec_ago{a:b,c:d} > 46800`: the only form of query that is supported. */
const form = /^min\(last_(\d+)m\):min:([A-Za-z][\w.]*)\{([\w.-]+:[^\s,{}*!]+(?:,[\w.-]+:[^\s,{}*!]+)*)\} > (\d+)$/;

interface Query {
  readonly minutes: number;
  readonly metric: string;
  /** Tags that a point must have, all of them. */
  readonly scope: readonly string[];
  readonly threshold: number;
}

export interface MetricOptions {
  readonly notify_no_data: boolean;
  /** Minutes. */
  readonly no_data_timeframe?: number | null;
}

/** @throws Error if a query has another form */
export function metricAlertOf(text: string): Query {
  const [, minutes, metric, scope = "", threshold] = form.exec(text) ?? [];
  if (metric === undefined) {
    throw new Error("this stand-in knows min(last_Nm):min:METRIC{TAG,…} > NUMBER only");
  }
  return {
    ...{ minutes: Number(minutes), metric, threshold: Number(threshold) },
    scope: scope.split(",").map((tag) => tag.toLowerCase()),
  };
}

/** The state of a monitor at a time: `Alert` if all values of the time span are above the threshold. */
export function evaluateMetric(
  text: string,
  options: MetricOptions,
  points: readonly Point[],
  now: number,
): Group["status"] {
  const { minutes, metric, scope, threshold } = metricAlertOf(text);
  const found = points.filter(({ metric: of, time, tags }) => {
    const lower = tags.map((tag) => tag.toLowerCase());
    return of === metric && time <= now && scope.every((tag) => lower.includes(tag));
  });
  const within = (span: number) => found.filter(({ time }) => time > now - span * 60_000);
  const values = within(minutes).map(({ sum, values: all }) => all?.min ?? sum);
  if (values.length > 0) {
    return values.every((value) => value > threshold) ? "Alert" : "OK";
  }
  const { notify_no_data: isNotified, no_data_timeframe: timeframe } = options;
  return isNotified && typeof timeframe === "number" && within(timeframe).length > 0 ? "OK" : "No Data";
}
