import { compileQuery } from "../../../grok/index";
import { type StoredLog, valueOf } from "./logs";
import type { Metric } from "./metrics";

/** The logs of ten seconds in one series of a metric. */
export interface Point {
  readonly metric: string;
  /** The beginning of the ten seconds, in milliseconds since 1970. */
  readonly time: number;
  /** `key:value` each, in the order of the metric's groups. A log without the attribute has no tag. */
  readonly tags: readonly string[];
  /** The number of logs, or the sum of a distribution's values. */
  readonly sum: number;
  /** Set only for a distribution. */
  readonly values?: { readonly count: number; readonly min: number; readonly max: number };
  /** A gauge that an agent submitted. It has no sum over time. */
  readonly gauge?: boolean;
}

/** The interval of a point, in milliseconds. */
export const pointInterval = 10_000;

/** Milliseconds. A log that is older at its arrival counts in no metric. */
const oldest = 20 * 60_000;

/** The points of logs that have just arrived. Logs that arrived before a metric's definition are not counted. */
export function pointsOf(metrics: readonly Metric[], logs: readonly StoredLog[], now: number): Point[] {
  const recent = logs.filter((log) => now - log.timestamp <= oldest);
  return metrics.flatMap((metric) => pointsOfOne(metric, recent));
}

/** The beginning of the interval that contains a time. */
export function startOf(time: number, interval: number): number {
  return Math.floor(time / interval) * interval;
}

function pointsOfOne({ id: metric, attributes }: Metric, logs: readonly StoredLog[]): Point[] {
  const { compute, filter, group_by: groups } = attributes;
  const points = new Map<string, Point>();
  for (const log of logs.filter(compileQuery(filter.query))) {
    const tags = groups.flatMap(({ path, tag_name: key }) => {
      const found = valueOf(log, path);
      return found === undefined ? [] : [tagOf(key, found)];
    });
    const of = { metric, time: startOf(log.timestamp, pointInterval), tags };
    let point: Point = { ...of, sum: 1 };
    if (compute.aggregation_type === "distribution") {
      const value = numberOf(valueOf(log, compute.path));
      if (value === undefined) continue;
      point = { ...of, sum: value, values: { count: 1, min: value, max: value } };
    }
    const key = JSON.stringify([point.time, tags]);
    const before = points.get(key);
    points.set(key, before === undefined ? point : merged(before, point));
  }
  return [...points.values()];
}

/** The sum of two points. */
export function merged(one: Point, other: Point): Point {
  const [a, b] = [one.values, other.values];
  const values =
    a === undefined || b === undefined
      ? {}
      : { values: { count: a.count + b.count, min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) } };
  return { ...one, sum: one.sum + other.sum, ...values };
}

/** A metric's tag as Datadog writes it: lower case, `_` for what a tag cannot hold, at most 200 characters. */
export function tagOf(key: string, value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return `${key}:${text}`
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\-:./]+/gu, "_")
    .replaceAll(/_{2,}/g, "_")
    .slice(0, 200)
    .replace(/_$/, "");
}

function numberOf(value: unknown): number | undefined {
  const number = value === undefined || value === "" ? NaN : Number(value);
  return Number.isFinite(number) ? number : undefined;
}
