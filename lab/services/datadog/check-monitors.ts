import { groupedBy } from "./grouping";
import type { CheckRun } from "./submissions";

/**
 * `"http.can_connect".over("a:b","c:d").by("host","url").last(3).count_by_status()`: the only form of query that is supported.
 *
 * @see https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor
 */
const form =
  /^"([\w.]+)"\.over\(("[^"]+"(?:,"[^"]+")*)\)\.by\(("[^"]+"(?:,"[^"]+")*)\)\.last\((\d+)\)\.count_by_status\(\)$/;

/** The API's limit of `last`. */
const longest = 100;

interface Query {
  readonly check: string;
  /** Tags that a result must have, all of them; `*` matches every result. */
  readonly scope: readonly string[];
  /** Keys of tags. The monitor is evaluated for each combination of their values. */
  readonly by: readonly string[];
  readonly last: number;
}

/** Number of consecutive results that change a group to a state. */
export interface CheckThresholds {
  readonly critical: number;
  readonly warning: number;
  readonly ok: number;
}

export interface CheckOptions {
  readonly thresholds: CheckThresholds;
  readonly notify_no_data: boolean;
  /** Minutes. */
  readonly no_data_timeframe?: number | null;
}

/** @throws Error if a query has another form, or its window is shorter than a threshold */
export function checkQueryOf(text: string, thresholds: CheckThresholds): Query {
  const [, check, scope = "", by = "", last] = form.exec(text) ?? [];
  if (check === undefined) {
    throw new Error('this stand-in knows "CHECK".over("TAG",…).by("KEY",…).last(N).count_by_status() only');
  }
  const quoted = (list: string) => (JSON.parse(`[${list}]`) as string[]).map((one) => one.toLowerCase());
  const query = { check, scope: quoted(scope), by: quoted(by), last: Number(last) };
  if (query.last < 1 || query.last > longest) throw new Error(`last() takes 1 to ${longest} results`);
  if (query.last < Math.max(thresholds.critical, thresholds.warning, thresholds.ok)) {
    throw new Error("Last field should be larger than or equal to max threshold defined in monitor options");
  }
  return query;
}

/** A group of a monitor. */
export interface Group {
  /** `watched_host:haproxy-lb1`; several tags are separated by commas. */
  readonly name: string;
  readonly status: string;
}

/** Age in milliseconds from which a result is ignored. */
const forgotten = 24 * 3600_000;

/** The state of each group of a service check monitor. */
export function evaluateChecks(text: string, options: CheckOptions, runs: readonly CheckRun[], now: number): Group[] {
  const { check, scope, by } = checkQueryOf(text, options.thresholds);
  const tagsOf = (run: CheckRun) => [`host:${run.host}`, ...run.tags].map((tag) => tag.toLowerCase());
  const found = runs.filter((run) => run.check === check && run.time > now - forgotten && run.time <= now);
  const tagged = found.map((run) => ({ run, tags: tagsOf(run) }));
  const inScope = tagged.filter(({ tags }) => scope.every((tag) => tag === "*" || tags.includes(tag)));
  const keyed = inScope.flatMap(({ run, tags }) => {
    const values = by.map((key) => tags.find((tag) => tag.startsWith(`${key}:`)));
    // a result without one of the tags is in no group
    return values.includes(undefined) ? [] : [{ run, name: values.join(",") }];
  });
  return [...groupedBy(keyed, ({ name }) => name)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, results]) => ({
      name,
      status: stateOf(
        results.map(({ run }) => run),
        options,
        now,
      ),
    }));
}

const states = ["OK", "Warn", "Alert", "Unknown"] as const;

/** The state of a group after its results: enough consecutive results with the same status change it. */
function stateOf(results: readonly CheckRun[], options: CheckOptions, now: number): string {
  const { thresholds, notify_no_data: noData, no_data_timeframe: minutes } = options;
  const ordered = [...results].sort((a, b) => a.time - b.time);
  const newest = ordered.at(-1)?.time ?? 0;
  if (noData && typeof minutes === "number" && now - newest > minutes * 60_000) return "No Data";
  const needed = [thresholds.ok, thresholds.warning, thresholds.critical, Infinity];
  let [state, status, consecutive] = ["OK", -1, 0];
  for (const result of ordered) {
    consecutive = result.status === status ? consecutive + 1 : 1;
    status = result.status;
    if (consecutive >= (needed[status] ?? Infinity)) state = states[status] ?? state;
  }
  return state;
}

/** The most severe state of the groups; `No Data` without a group. */
export function overallState(groups: readonly Group[]): string {
  const order = ["Alert", "Warn", "No Data", "OK"];
  return order.find((state) => groups.some(({ status }) => status === state)) ?? "No Data";
}
