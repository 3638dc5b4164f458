import type { RecentLines } from "../recent-lines";
import { logFilter, valueOf } from "./engine";
import type { StoredLog } from "./log-store";
import type { Metric } from "./metrics";

/** What the logs of ten seconds have added to one series of a metric. */
export interface Point {
  readonly metric: string;
  /** When the ten seconds begin: epoch, milliseconds. */
  readonly time: number;
  /** `key:value` each, in the order of the metric's groups. A log without the attribute has no tag. */
  readonly tags: readonly string[];
  /** How many logs there were, or the sum of a distribution's values. */
  readonly sum: number;
  /** Of a distribution's values; a count has none. */
  readonly values?: { readonly count: number; readonly min: number; readonly max: number };
}

/** Milliseconds of a point. */
export const pointInterval = 10_000;

/** Logs that are older when they arrive count in no metric. */
const oldest = 20 * 60_000;

/** Counts logs into the log-based metrics as they arrive: what came before a metric's definition is not in it. */
export class MetricPoints {
  constructor(
    private readonly metrics: { all(): readonly Metric[] },
    private readonly points: RecentLines<Point>,
  ) {}

  count(logs: readonly StoredLog[], now: number): void {
    const recent = logs.filter((log) => now - log.timestamp <= oldest);
    this.points.add(this.metrics.all().flatMap((metric) => pointsOf(metric, recent)));
  }

  /** The points of a metric, be it still defined or not; `from` and `to` are epoch milliseconds. */
  of(metric: string, from: number, to: number): Point[] {
    const begin = startOf(from, pointInterval);
    return this.points.all().filter((point) => point.metric === metric && point.time >= begin && point.time <= to);
  }
}

/** The beginning of the interval that a time is in. */
export function startOf(time: number, interval: number): number {
  return Math.floor(time / interval) * interval;
}

function pointsOf({ id, attributes }: Metric, logs: readonly StoredLog[]): Point[] {
  const { compute, filter, group_by: groups } = attributes;
  const matches = logFilter(filter.query);
  const points = new Map<string, Point>();
  for (const log of logs.filter(matches)) {
    const value = compute.aggregation_type === "count" ? 1 : numberOf(valueOf(log, compute.path));
    if (value === undefined) continue;
    const tags = groups.flatMap(({ path, tag_name: key }) => {
      const found = valueOf(log, path);
      return found === undefined ? [] : [tagOf(key, found)];
    });
    const time = startOf(log.timestamp, pointInterval);
    const point: Point = {
      metric: id,
      time,
      tags,
      sum: value,
      ...(compute.aggregation_type === "count" ? {} : { values: { count: 1, min: value, max: value } }),
    };
    const key = JSON.stringify([time, tags]);
    const before = points.get(key);
    points.set(key, before === undefined ? point : merged(before, point));
  }
  return [...points.values()];
}

/** Two points of the same series and time. */
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
