import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Answer, Call } from "../http";
import { aggregate, aggregations } from "./aggregation";
import { valueOf } from "./engine";
import type { LogStore, StoredLog } from "./log-store";
import { filter, findLogs, parameters } from "./log-search";
import { plainRefusal } from "./refusal";

const options = z.strictObject({ timezone: z.string().optional(), timeOffset: z.number().optional() });

const searchBody = z.strictObject({
  filter: filter.prefault({}),
  sort: z.enum(["timestamp", "-timestamp"]).default("-timestamp"),
  page: z
    .strictObject({ cursor: z.string().optional(), limit: z.number().int().min(1).max(1000).default(10) })
    .prefault({}),
  options: options.optional(),
});

const compute = z.strictObject({
  aggregation: z.enum(["count", ...aggregations]),
  metric: z.string().optional(),
  type: z.literal("total", { error: "timeseries are not served by this stand-in" }).default("total"),
});
const groupBy = z.strictObject({
  facet: z.string().min(1),
  limit: z.number().int().min(1).max(10_000).default(10),
  sort: z
    .strictObject({
      type: z.enum(["measure", "alphabetical"]).default("alphabetical"),
      order: z.enum(["asc", "desc"]).default("asc"),
      aggregation: z.string().optional(),
      metric: z.string().optional(),
    })
    .optional(),
  missing: z.union([z.string(), z.number()]).optional(),
});
const aggregateBody = z.strictObject({
  compute: z
    .array(compute)
    .min(1)
    .default([{ aggregation: "count", type: "total" }]),
  filter: filter.prefault({}),
  group_by: z.array(groupBy).max(4).default([]),
  options: options.optional(),
  page: z.strictObject({ cursor: z.string().optional() }).optional(),
});

/** Searches what the intake has kept: POST /api/v2/logs/events/search, GET /api/v2/logs/events, POST …/analytics/aggregate. */
export class SearchApi {
  constructor(
    private readonly logs: LogStore,
    private readonly now: () => number,
  ) {}

  answer(call: Call): Answer | undefined {
    switch (`${call.method} ${call.path}`) {
      case "POST /api/v2/logs/events/search":
        return this.search(parameters(searchBody, json(call.body)));
      case "GET /api/v2/logs/events":
        return this.search(parameters(searchBody, fromQuery(call.query)));
      case "POST /api/v2/logs/analytics/aggregate":
        return this.aggregate(parameters(aggregateBody, json(call.body)));
      default:
        return undefined;
    }
  }

  private search({ filter, sort, page }: z.output<typeof searchBody>): Answer {
    const began = Date.now();
    const found = findLogs(this.logs.all(), filter, this.now()).sort((a, b) => a.timestamp - b.timestamp);
    if (sort === "-timestamp") {
      found.reverse();
    }
    const offset = page.cursor === undefined ? 0 : offsetOf(page.cursor);
    const shown = found.slice(offset, offset + page.limit);
    const next =
      offset + shown.length < found.length ? Buffer.from(`${offset + shown.length}`).toString("base64url") : undefined;
    return {
      status: 200,
      body: {
        data: shown.map(eventView),
        ...(next === undefined ? {} : { links: { next: `?page[cursor]=${next}` } }),
        meta: { ...meta(began), ...(next === undefined ? {} : { page: { after: next } }) },
      },
    };
  }

  private aggregate({ compute, filter, group_by: groups }: z.output<typeof aggregateBody>): Answer {
    const began = Date.now();
    const buckets = new Map<string, { by: Record<string, unknown>; logs: StoredLog[] }>();
    for (const log of findLogs(this.logs.all(), filter, this.now())) {
      const values = groups.map(({ facet, missing }) => valueOf(log, facet) ?? missing);
      if (values.some((value) => value === undefined)) {
        continue; // a log without the facet is in no bucket, as long as `missing` names none
      }
      const key = JSON.stringify(values);
      const by = Object.fromEntries(groups.map(({ facet }, i) => [facet, values[i]]));
      const bucket = buckets.get(key) ?? { by, logs: [] };
      bucket.logs.push(log);
      buckets.set(key, bucket);
    }
    if (groups.length === 0 && buckets.size === 0) {
      buckets.set("[]", { by: {}, logs: [] });
    }
    const computed = [...buckets.values()].map(({ by, logs }) => ({
      by,
      computes: Object.fromEntries(compute.map((one, i) => [`c${i}`, computeOne(one, logs)])),
    }));
    const first = groups[0];
    if (first?.sort?.type === "measure" || first?.sort === undefined) {
      computed.sort(
        (a, b) => (Number(b.computes["c0"]) - Number(a.computes["c0"])) * (first?.sort?.order === "asc" ? -1 : 1),
      );
    } else {
      const direction = first.sort.order === "asc" ? 1 : -1;
      computed.sort((a, b) => String(a.by[first.facet]).localeCompare(String(b.by[first.facet])) * direction);
    }
    const limit = groups.reduce((product, { limit }) => product * limit, 1);
    return { status: 200, body: { data: { buckets: computed.slice(0, limit) }, meta: meta(began) } };
  }
}

function computeOne({ aggregation, metric }: z.output<typeof compute>, logs: readonly StoredLog[]): number | null {
  if (aggregation === "count") {
    return logs.length;
  }
  if (metric === undefined) {
    throw plainRefusal(400, `invalid_argument(Aggregation ${aggregation} needs a metric)`);
  }
  const values = logs.map((log) => valueOf(log, metric));
  return aggregate(aggregation, values) ?? null;
}

function eventView({ id, source: _source, timestamp, ...log }: StoredLog): unknown {
  return { id, type: "log", attributes: { ...log, timestamp: new Date(timestamp).toISOString() } };
}

function meta(began: number): Record<string, unknown> {
  return { elapsed: Date.now() - began, request_id: randomUUID(), status: "done" };
}

function offsetOf(cursor: string): number {
  const offset = Number(Buffer.from(cursor, "base64url").toString());
  if (!Number.isInteger(offset) || offset < 0) {
    throw plainRefusal(400, "invalid_argument(Invalid cursor)");
  }
  return offset;
}

/** `filter[query]=…&page[limit]=…` as the body of a search. */
function fromQuery(query: URLSearchParams): unknown {
  const body: Record<string, unknown> = {};
  for (const [key, value] of query) {
    const [, outer, inner] = /^(filter|page)\[(\w+)\]$/.exec(key) ?? [];
    if (outer === undefined || inner === undefined) {
      body[key] = value;
      continue;
    }
    const group = (body[outer] ??= {}) as Record<string, unknown>;
    group[inner] = inner === "limit" ? Number(value) : inner === "indexes" ? value.split(",") : value;
  }
  return body;
}

function json(body: Buffer): unknown {
  try {
    return body.length === 0 ? {} : (JSON.parse(body.toString("utf8")) as unknown);
  } catch {
    throw plainRefusal(400, "invalid_argument(Invalid JSON)");
  }
}
