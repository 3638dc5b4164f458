import type { Answer, Call } from "../http";
import { groupedBy } from "./grouping";
import { merged, type MetricPoints, type Point, pointInterval, startOf } from "./metric-points";
import { type MetricQuery, notSupported, parseMetricQuery } from "./metric-query";
import { plainRefusal } from "./refusal";

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

/** Milliseconds asked for, at most → milliseconds of a point of the answer. */
const intervals = [
  [15 * minute, pointInterval],
  [hour, 2 * pointInterval],
  [4 * hour, minute],
  [day, 5 * minute],
  [2 * day, 10 * minute],
  [7 * day, hour],
  [31 * day, 4 * hour],
  [Infinity, day],
] as const;

/** Where a series lacks the tag that is asked for. */
const missing = "N/A";

/** Queries of metrics, GET /api/v1/query: one metric at a time, without arithmetic. */
export class MetricQueryApi {
  constructor(private readonly points: MetricPoints) {}

  answer(call: Call): Answer | undefined {
    if (call.method !== "GET" || call.path !== "/api/v1/query") {
      return undefined;
    }
    const [from, to] = [millisecondsOf(call, "from"), millisecondsOf(call, "to")];
    if (from >= to) {
      throw plainRefusal(400, "The parameter 'from' must be less than 'to'");
    }
    const text = call.query.get("query") ?? "";
    const query = parseMetricQuery(text);
    return {
      status: 200,
      body: {
        status: "ok",
        resp_version: 1,
        res_type: "time_series",
        query: text,
        from_date: from,
        to_date: to,
        series: seriesOf(query, this.points.of(query.metric, from, to), to - from),
        values: [],
        times: [],
        message: "",
        group_by: query.by,
      },
    };
  }
}

function millisecondsOf(call: Call, parameter: string): number {
  const text = call.query.get(parameter) ?? "";
  if (!/^\d{1,11}$/.test(text)) {
    throw plainRefusal(400, `The parameter '${parameter}' must be seconds since 1970`);
  }
  return Number(text) * 1000;
}

function seriesOf(query: MetricQuery, points: readonly Point[], range: number): object[] {
  const { aggregator, metric, scope, by, functions } = query;
  const usual = intervals.find(([most]) => range <= most)?.[1] ?? day;
  const interval = Math.max(query.rollup ?? usual, pointInterval);
  const groups = groupedBy(
    points.filter((point) => scope.every((tag) => fits(point, tag))),
    (point) => by.map((key) => `${key}:${valueOf(point, key)}`).join(","),
  );
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, found]) => {
      const buckets = groupedBy(found, ({ time }) => startOf(time, interval));
      const pointlist = [...buckets]
        .sort(([a], [b]) => a - b)
        .map(([time, each]) => [time, valueIn(aggregator, each)] as const);
      const tags = group === "" ? [] : group.split(",");
      const within = [...scope, ...tags].join(",") || "*";
      return {
        metric,
        display_name: metric,
        unit: null,
        pointlist,
        start: pointlist[0]?.[0],
        end: (pointlist.at(-1)?.[0] ?? 0) + interval - 1000,
        interval: interval / 1000,
        length: pointlist.length,
        aggr: aggregator,
        attributes: {},
        tag_set: tags,
        scope: within,
        expression: `${aggregator}:${metric}{${within}}${functions}`,
        query_index: 0,
      };
    });
}

function fits({ tags }: Point, wanted: string): boolean {
  return wanted.startsWith("!") ? !tags.includes(wanted.slice(1)) : tags.includes(wanted);
}

function valueOf({ tags }: Point, key: string): string {
  return tags.find((tag) => tag.startsWith(`${key}:`))?.slice(key.length + 1) ?? missing;
}

/** Of a count, each ten seconds of a series are a value; of a distribution, what the logs held. */
function valueIn(aggregator: MetricQuery["aggregator"], points: readonly Point[]): number {
  const series = groupedBy(points, ({ tags }) => tags.join(","));
  const each = [...series.values()].map((found) =>
    [...groupedBy(found, ({ time }) => time).values()].map((same) => same.reduce(merged)),
  );
  const all = each.flat();
  const sum = all.reduce((total, point) => total + point.sum, 0);
  const count = all.reduce((total, { values }) => total + (values?.count ?? 0), 0);
  switch (aggregator) {
    case "sum":
      return sum;
    case "min":
      return all.reduce((least, point) => Math.min(least, point.values?.min ?? point.sum), Infinity);
    case "max":
      return all.reduce((most, point) => Math.max(most, point.values?.max ?? point.sum), -Infinity);
    case "count":
      if (count === 0) throw notSupported("count: of a metric that is no distribution");
      return count;
    case "avg":
      return count > 0 ? sum / count : mean(each.map((one) => mean(one.map((point) => point.sum))));
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
