import { compileQuery } from "../../../grok/index";
import { groupedBy } from "./grouping";
import { type StoredLog, valueOf } from "./logs";

/** `logs("service:x").index("*").rollup("count").by("@a,@b").last("5m") >= 5`: the only form of query that is supported. */
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
export function logQueryOf(text: string): Query {
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

/** The state of a monitor at a time: `Alert` if the comparison with the threshold is true for one of its groups. */
export function evaluateLogs(text: string, logs: readonly StoredLog[], now: number) {
  let query: Query;
  try {
    query = logQueryOf(text);
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
