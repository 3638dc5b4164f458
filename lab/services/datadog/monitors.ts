import { randomInt } from "node:crypto";
import { z } from "zod";
import { compileQuery } from "../../../grok";
import type { RecentLines } from "../json-lines";
import type { Kept } from "./account";
import type { Collection } from "./collection";
import { groupedBy } from "./grouping";
import { type StoredLog, valueOf } from "./logs";
import { parsed, refusal } from "./refusal";

/** `logs("service:x").index("*").rollup("count").by("@a,@b").last("5m") >= 5`, the only form of query that is supported. */
const form =
  /^logs\("((?:\\.|[^"\\])*)"\)\.index\("\*"\)\.rollup\("count"\)(?:\.by\("([^"]+)"\))?\.last\("(\d+)m"\) (>=?|<) (\d+)$/s;

/** The longest time span of a monitor in minutes, and the most facets that it may group by. */
const [longest, mostGroups] = [2880, 4];

interface Query {
  /** In the log search's syntax. */
  readonly search: string;
  /** Facets. The monitor is evaluated for each combination of their values. */
  readonly by: readonly string[];
  readonly minutes: number;
  readonly comparator: string;
  readonly threshold: number;
}

/** @throws Error if this stand-in does not support the query */
function queryOf(text: string): Query {
  const [, search, by = "", minutes, comparator = "", threshold] = form.exec(text) ?? [];
  if (search === undefined) {
    throw new Error(
      'this stand-in knows logs("…").index("*").rollup("count")[.by("…")].last("…m") and >=, > or < only',
    );
  }
  const query = {
    search: search.replaceAll(/\\(.)/gs, "$1"),
    by: by.split(",").filter((facet) => facet !== ""),
    minutes: Number(minutes),
    comparator,
    threshold: Number(threshold),
  };
  if (query.by.length > mostGroups) throw new Error(`by() takes at most ${mostGroups} facets`);
  if (query.minutes < 1 || query.minutes > longest) throw new Error(`last() takes 1 to ${longest} minutes`);
  compileQuery(query.search);
  return query;
}

/** The body that kube-control sends. Any other body is refused, so that a mistake is noticed. */
const monitorBody = z
  .strictObject({
    type: z.literal("log alert"),
    name: z.string().min(1),
    query: z.string(),
    message: z.string(),
    tags: z.array(z.string()),
    priority: z.number().int().min(1).max(5).nullable(),
    restricted_roles: z.null().optional(),
    draft_status: z.literal("published").optional(),
    options: z.strictObject({
      thresholds: z.strictObject({ critical: z.number() }),
      enable_logs_sample: z.boolean().optional(),
      include_tags: z.boolean().optional(),
      new_host_delay: z.number().optional(),
      notify_no_data: z.literal(false).optional(),
      on_missing_data: z.literal("default").optional(),
      renotify_statuses: z.null().optional(),
      require_full_window: z.boolean().optional(),
    }),
    // accepted and ignored, because the path contains the id
    id: z.number().optional(),
  })
  .check((context) => {
    const { query, options } = context.value;
    const wrong = (path: string[], message: string) =>
      context.issues.push({ code: "custom", input: context.value, path, message });
    try {
      const { threshold } = queryOf(query);
      if (options.thresholds.critical !== threshold) {
        wrong(["options", "thresholds"], `does not match that used in the query (${threshold})`);
      }
    } catch (error) {
      wrong(["query"], `The value provided for parameter 'query' is invalid: ${(error as Error).message}`);
    }
  });

/** A monitor as it is stored. */
interface Monitor extends z.output<typeof monitorBody> {
  readonly id: number;
  readonly created: string;
  readonly modified: string;
}

/** The organisation's monitors. Each is evaluated on the logs whenever it is read. */
export function monitors(kept: Kept<Monitor>, logs: RecentLines<StoredLog>, now: () => number): Collection<Monitor> {
  const shown = (monitor: Monitor) => ({ ...monitor, ...evaluate(monitor.query, logs.all(), now()) });
  return {
    path: "/api/v1/monitor",
    changedBy: "PUT",
    kept,
    from(body, before) {
      const modified = new Date(now()).toISOString();
      const given = parsed(monitorBody, body, "Invalid monitor");
      return { ...given, id: before?.id ?? randomInt(1e8, 1e9), created: before?.created ?? modified, modified };
    },
    one: shown,
    all: (monitors) => monitors.map(shown),
    removed: ({ id }) => ({ status: 200, body: { deleted_monitor_id: id } }),
    missing: () => refusal(404, "Monitor not found"),
  };
}

/** The state of a monitor at a time: `Alert` if the comparison with the threshold is true for one of its groups. */
function evaluate(text: string, logs: readonly StoredLog[], now: number) {
  let query: Query;
  try {
    query = queryOf(text);
  } catch {
    // stored by an earlier version, which supported more queries
    return { overall_state: "No Data", multi: false };
  }
  const { search, by, minutes, comparator, threshold } = query;
  const matches = compileQuery(search);
  const begin = now - minutes * 60_000;
  const counted = logs.filter(({ timestamp }) => timestamp > begin && timestamp <= now).filter(matches);
  // a log without a facet is in no group
  const grouped = counted.filter((log) => by.every((facet) => valueOf(log, facet) !== undefined));
  const groups = groupedBy(grouped, (log) => JSON.stringify(by.map((facet) => valueOf(log, facet))));
  const counts = [...groups.values()].map(({ length }) => length);
  const beyond = (count: number) =>
    comparator === "<" ? count < threshold : comparator === ">" ? count > threshold : count >= threshold;
  // without logs, the count is 0
  const alerts = (counts.length === 0 ? [0] : counts).some(beyond);
  return { overall_state: alerts ? "Alert" : "OK", multi: by.length > 0 };
}
