import { aggregate } from "./aggregation";
import { logFilter, valueOf } from "./engine";
import { groupedBy } from "./grouping";
import type { StoredLog } from "./log-store";
import { comparators, type MonitorQuery, parseMonitorQuery } from "./monitor-query";
import type { MonitorBody } from "./monitor-schema";

export type State = "OK" | "Warn" | "Alert" | "No Data";

export interface Evaluation {
  readonly overall: State;
  /** By the group's name as Datadog writes it: `@source_ip:10.0.0.9,host:nas`; `*` where nothing is grouped. */
  readonly groups: ReadonlyMap<string, State>;
}

/** From the best to the worst. */
const order: readonly State[] = ["OK", "No Data", "Warn", "Alert"];
const second = 1000;

/** What a monitor says of the logs at a time. */
export function evaluate(
  monitor: Pick<MonitorBody, "query" | "options">,
  logs: readonly StoredLog[],
  now: number,
): Evaluation {
  const query = parseMonitorQuery(monitor.query);
  const { options } = monitor;
  const end = now - (options.evaluation_delay ?? 0) * second;
  const matches = logFilter(query.search);
  const since = (begin: number) => logs.filter((log) => log.timestamp > begin && log.timestamp <= end && matches(log));

  const counted = since(end - query.window);
  // a log without a facet is in no group
  const grouped = counted.filter((log) => query.by.every((facet) => valueOf(log, facet) !== undefined));
  const groups = groupedBy(
    grouped,
    (log) => query.by.map((facet) => `${facet}:${String(valueOf(log, facet))}`).join(",") || "*",
  );
  const states = new Map([...groups].map(([name, found]) => [name, judge(query, options, valueIn(query, found))]));
  if (states.size === 0) {
    const silent = since(end - Math.max(query.window, (options.no_data_timeframe ?? 0) * 60 * second)).length === 0;
    states.set("*", withoutData(query, options, silent));
  }
  const overall = [...states.values()].reduce((a, b) => (order.indexOf(a) > order.indexOf(b) ? a : b));
  return { overall, groups: states };
}

function judge(query: MonitorQuery, { thresholds }: MonitorBody["options"], value: number | undefined): State {
  if (value === undefined) return "No Data";
  const beyond = comparators[query.comparator];
  if (beyond(value, query.threshold)) return "Alert";
  const warning = thresholds?.warning ?? undefined;
  return warning !== undefined && beyond(value, warning) ? "Warn" : "OK";
}

/** Where nothing was found, a count is 0, unless the options say otherwise. */
function withoutData(query: MonitorQuery, options: MonitorBody["options"], silent: boolean): State {
  switch (options.on_missing_data) {
    case "resolve":
      return "OK";
    case "show_no_data":
    case "show_and_notify_no_data":
      return "No Data";
    default:
      if ((options.notify_no_data && silent) || query.aggregation !== "count") return "No Data";
      return judge(query, options, 0);
  }
}

/** Undefined where no log has a number to judge. */
function valueIn({ aggregation, measure = "" }: MonitorQuery, logs: readonly StoredLog[]): number | undefined {
  if (aggregation === "count") return logs.length;
  return aggregate(
    aggregation,
    logs.map((log) => valueOf(log, measure)),
  );
}
