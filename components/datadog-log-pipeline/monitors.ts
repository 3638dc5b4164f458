import type * as datadog from "@pulumi/datadog";
import { within } from "./query";

/** A monitor on the number of logs of the pipeline. */
export interface LogMonitor {
  /** Names the resource and the output: letters, digits, hyphens, e.g. `failed-logins`. */
  readonly key: string;
  /** The monitor's name in Datadog; it heads the notification. */
  readonly name: string;
  /** Which of the pipeline's logs count, in search syntax. Default all. */
  readonly query?: string;
  /** Counts for each value of these (`@source_ip`, `host`), at most four, and alerts for each. Default: all logs together. */
  readonly by?: readonly string[];
  /** Minutes over which logs are counted, up to now: 1 to 2880. */
  readonly minutes: number;
  /** Alerts where so many logs, or more, are counted; or where fewer are. `fewerThan: 1` is silence. */
  readonly when: { readonly atLeast: number } | { readonly fewerThan: number };
  /** What the notification says: what has happened, and what to do. */
  readonly message: string;
  /** From 1, the most urgent, to 5. Default none. */
  readonly priority?: 1 | 2 | 3 | 4 | 5;
}

/** What monitors of a pipeline have in common. */
export interface MonitorDefaults {
  /** The pipeline's filter. */
  readonly filter: string;
  /** Whom the notifications go to: `@name@example.com`, `@slack-ops`. */
  readonly notify: readonly string[];
  readonly tags: readonly string[];
}

/** `logs("service:x @a:b").index("*").rollup("count").by("@c").last("5m") >= 5` */
export function monitorQuery(filter: string, { query, by = [], minutes, when }: LogMonitor): string {
  const search = within(filter, query).replace(/["\\]/g, "\\$&");
  const groups = by.length === 0 ? "" : `.by("${by.join(",")}")`;
  const condition = "atLeast" in when ? `>= ${when.atLeast}` : `< ${when.fewerThan}`;
  return `logs("${search}").index("*").rollup("count")${groups}.last("${minutes}m") ${condition}`;
}

export function monitorArgs({ filter, notify, tags }: MonitorDefaults, monitor: LogMonitor): datadog.MonitorArgs {
  const { name, message, when, priority } = monitor;
  const alerts = "atLeast" in when;
  return {
    name,
    type: "log alert",
    query: monitorQuery(filter, monitor),
    message: [message, notify.join(" ")].filter((part) => part !== "").join("\n\n"),
    monitorThresholds: { critical: String(alerts ? when.atLeast : when.fewerThan) },
    // No log at all counts as 0: a silence is fewer than 1.
    onMissingData: "default",
    requireFullWindow: false,
    enableLogsSample: alerts,
    ...(priority === undefined ? {} : { priority: String(priority) }),
    tags: [...tags].sort(),
    // The plugin would ask Datadog at every preview whether the query is right; it is made and checked here.
    validate: false,
  };
}
