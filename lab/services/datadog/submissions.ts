import { z } from "zod";
import type { Answer, Call } from "../http";
import type { RecentLines } from "../json-lines";
import { type Point, pointInterval, startOf } from "./metric-points";
import { payloadOf, requireApiKey } from "./payload";
import { bodyOf, parsed } from "./refusal";

/** The status of a service check, as it was submitted. */
export interface CheckRun {
  readonly check: string;
  readonly host: string;
  /** Epoch, milliseconds. */
  readonly time: number;
  /** 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. */
  readonly status: number;
  readonly message: string;
  readonly tags: readonly string[];
}

const tags = z.array(z.string()).nullable().default([]);

const checkRuns = z.array(
  z.strictObject({
    check: z.string().min(1),
    host_name: z.string(),
    timestamp: z.number().int().optional(),
    status: z.number().int().min(0).max(3),
    message: z.string().default(""),
    tags,
  }),
);

/** @see https://docs.datadoghq.com/api/latest/metrics/#submit-metrics */
const submittedSeries = z.strictObject({
  series: z.array(
    z.strictObject({
      metric: z.string().min(1),
      type: z.literal(3, "this stand-in knows gauges (3) only"),
      points: z.array(z.strictObject({ timestamp: z.number().int(), value: z.number() })).min(1),
      resources: z.array(z.strictObject({ type: z.string(), name: z.string() })).default([]),
      tags,
    }),
  ),
});

/** Age in milliseconds above which the API drops a result. */
const oldest = 10 * 60_000;

interface SubmissionsOptions {
  readonly apiKey: string;
  readonly runs: RecentLines<CheckRun>;
  readonly points: RecentLines<Point>;
  readonly now: () => number;
}

/** Results and metrics that agents submit: POST /api/v1/check_run and POST /api/v2/series. Both need only the API key. */
export function submissionsApi({ apiKey, runs, points, now }: SubmissionsOptions) {
  const isRecent = ({ time }: { readonly time: number }) => time >= now() - oldest;
  return (call: Call): Answer | undefined => {
    switch (`${call.method} ${call.path}`) {
      case "POST /api/v1/check_run": {
        requireApiKey(call, apiKey);
        const value = bodyOf({ ...call, body: payloadOf(call) });
        const submitted = parsed(checkRuns, Array.isArray(value) ? value : [value], "Bad Request");
        const arrived = submitted.map(({ host_name: host, timestamp, tags: given, ...run }): CheckRun => {
          const time = timestamp === undefined ? now() : timestamp * 1000;
          return { ...run, host, time, tags: given ?? [] };
        });
        runs.add(arrived.filter(isRecent));
        return { status: 202, body: { status: "ok" }, journalled: false };
      }
      case "POST /api/v2/series": {
        requireApiKey(call, apiKey);
        const { series } = parsed(submittedSeries, bodyOf({ ...call, body: payloadOf(call) }), "Bad Request");
        points.add(series.flatMap(pointsOfSeries));
        return { status: 202, body: { errors: [] }, journalled: false };
      }
      default:
        return undefined;
    }
  };
}

type Series = z.output<typeof submittedSeries>["series"][number];

/** The points of a gauge. Its host is a tag, as in Datadog. */
function pointsOfSeries({ metric, points, resources, tags: given }: Series): Point[] {
  const hosts = resources.filter(({ type }) => type === "host").map(({ name }) => `host:${name}`);
  return points.map(({ timestamp, value }) => ({
    metric,
    time: startOf(timestamp * 1000, pointInterval),
    tags: [...hosts, ...(given ?? [])],
    sum: value,
    values: { count: 1, min: value, max: value },
    gauge: true,
  }));
}
