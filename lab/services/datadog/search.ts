import { z } from "zod";
import type { RecentLines } from "../json-lines";
import type { Answer, Call } from "../http";
import { facetsOf } from "./facets";
import { groupedBy } from "./grouping";
import { filter, findLogs, type StoredLog, valueOf } from "./logs";
import { bodyOf, parsed } from "./refusal";

const searchBody = z.strictObject({
  filter: filter.prefault({}),
  sort: z.literal("-timestamp", "this stand-in shows the newest logs first").default("-timestamp"),
  page: z.strictObject({ limit: z.number().int().min(1).max(1000).default(10) }).prefault({}),
});

/** Counts by one facet, the most frequent value first. */
const aggregateBody = z.strictObject({
  filter: filter.prefault({}),
  compute: z.tuple([z.strictObject({ aggregation: z.literal("count") })]),
  group_by: z.tuple([
    z.strictObject({
      facet: z.string().min(1),
      limit: z.number().int().min(1).default(10),
      sort: z.strictObject({
        type: z.literal("measure"),
        aggregation: z.literal("count"),
        order: z.literal("desc"),
      }),
    }),
  ]),
});

const facetsQuery = filter.extend({ limit: z.coerce.number().int().min(1).max(100).default(10) });

/**
 * Searches the stored logs. GET /explorer/facets belongs to the lab: Datadog's API has no call for the side panel of its log
 * explorer.
 */
export function searchApi(logs: RecentLines<StoredLog>, now: () => number) {
  const found = (wanted: z.output<typeof filter>) => findLogs(logs.all(), wanted, now());
  return (call: Call): Answer | undefined => {
    switch (`${call.method} ${call.path}`) {
      case "POST /api/v2/logs/events/search": {
        const { filter, page } = parsed(searchBody, bodyOf(call), "invalid_argument");
        const newest = found(filter).sort((a, b) => b.timestamp - a.timestamp);
        return { status: 200, body: { data: newest.slice(0, page.limit).map(event), meta: { status: "done" } } };
      }
      case "POST /api/v2/logs/analytics/aggregate": {
        const { filter, group_by: groups } = parsed(aggregateBody, bodyOf(call), "invalid_argument");
        const [{ facet, limit }] = groups;
        // a log without the facet is in no bucket
        const withFacet = found(filter).filter((log) => valueOf(log, facet) !== undefined);
        const buckets = [...groupedBy(withFacet, (log) => valueOf(log, facet))]
          .map(([value, { length }]) => ({ by: { [facet]: value }, computes: { c0: length } }))
          .sort((a, b) => b.computes.c0 - a.computes.c0);
        return { status: 200, body: { data: { buckets: buckets.slice(0, limit) }, meta: { status: "done" } } };
      }
      case "GET /explorer/facets": {
        const { limit, ...wanted } = parsed(facetsQuery, Object.fromEntries(call.query), "invalid_argument");
        const shown = found(wanted);
        return { status: 200, body: { logs: shown.length, facets: facetsOf(shown, limit) } };
      }
      default:
        return undefined;
    }
  };
}

function event({ id, source: _source, timestamp, ...log }: StoredLog): unknown {
  return { id, type: "log", attributes: { ...log, timestamp: new Date(timestamp).toISOString() } };
}
