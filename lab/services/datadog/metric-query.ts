import { z } from "zod";
import type { RecentLines } from "../json-lines";
import type { Answer, Call } from "../http";
import { groupedBy } from "./grouping";
import { merged, type Point, pointInterval, startOf, tagOf } from "./metric-points";
import { parsed, refusal } from "./refusal";

const seconds = z.string().regex(/^\d{1,11}$/, "must be seconds since 1970");
const asked = z
  .strictObject({ from: seconds, to: seconds, query: z.string() })
  .refine(({ from, to }) => Number(from) < Number(to), "from must be before to");

/** `sum:nas.actions{user:admin,!action:read} by {action}.as_count().rollup(sum, 60)` */
const form =
  /^(sum|avg|min|max|count):([A-Za-z][\w.]*)\{([^{}]*)\}(?: by \{([\w.,-]+)\})?(\.as_count\(\))?(?:\.rollup\((\w+), ?([1-9]\d*)\))?$/;

/** Queries of the metrics' points, GET /api/v1/query: one metric at a time, without arithmetic. */
export function metricQueryApi(points: RecentLines<Point>) {
  return (call: Call): Answer | undefined => {
    if (`${call.method} ${call.path}` !== "GET /api/v1/query") {
      return undefined;
    }
    const { from, to, query } = parsed(asked, Object.fromEntries(call.query), "Invalid query");
    const begin = startOf(Number(from) * 1000, pointInterval);
    const within = points.all().filter(({ time }) => time >= begin && time <= Number(to) * 1000);
    return { status: 200, body: { status: "ok", query, series: seriesOf(query, within) } };
  };
}

function seriesOf(text: string, points: readonly Point[]): object[] {
  const [, aggregator, metric, scope = "", by = "", asCount, rollup, interval] = form.exec(text) ?? [];
  // the aggregation over time must be the same as the one over series
  if (
    aggregator === undefined ||
    (asCount !== undefined && aggregator !== "sum") ||
    (rollup ?? aggregator) !== aggregator
  ) {
    throw notSupported(text);
  }
  const milliseconds = Math.max(Number(interval ?? 0) * 1000, pointInterval);
  const wanted = tagsOf(scope);
  const keys = by.split(",").filter((key) => key !== "");
  const found = points.filter(
    (point) => point.metric === metric && wanted.every(({ not, tag }) => point.tags.includes(tag) !== not),
  );
  const groups = groupedBy(found, ({ tags }) =>
    keys.map((key) => tags.find((tag) => tag.startsWith(`${key}:`)) ?? `${key}:N/A`).join(","),
  );
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, ofGroup]) => {
      const times = groupedBy(ofGroup, ({ time }) => startOf(time, milliseconds));
      const pointlist = [...times]
        .sort(([a], [b]) => a - b)
        .map(([time, each]) => [time, valueOf(aggregator, each.reduce(merged))] as const);
      const tags = group.split(",").filter((tag) => tag !== "");
      return {
        metric,
        aggr: aggregator,
        interval: milliseconds / 1000,
        tag_set: tags,
        scope: [...(scope === "*" ? [] : [scope]), ...tags].join(",") || "*",
        pointlist,
      };
    });
}

function notSupported(what: string) {
  return refusal(400, `Error parsing query: ${what} is not supported by this stand-in`);
}

/** Tags that a series must have, or (`!`) must not have. `*` means no tags. */
function tagsOf(scope: string): { readonly not: boolean; readonly tag: string }[] {
  if (scope === "*") return [];
  return scope.split(",").map((text) => {
    const [, not, key, value] = /^(!?)([\w.-]+):([^\s*()]+)$/.exec(text.trim()) ?? [];
    if (key === undefined) throw notSupported(`{${scope}}`);
    return { not: not === "!", tag: tagOf(key, value) };
  });
}

function valueOf(aggregator: string, { sum, values, gauge = false }: Point): number {
  if (aggregator === "sum" && gauge) throw notSupported("sum: of a gauge");
  if (aggregator === "sum") return sum;
  if (values === undefined) throw notSupported(`${aggregator}: of a metric that counts logs`);
  switch (aggregator) {
    case "min":
      return values.min;
    case "max":
      return values.max;
    case "count":
      return values.count;
    default:
      return sum / values.count;
  }
}
