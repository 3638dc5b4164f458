import type * as datadog from "@pulumi/datadog";
import { within } from "./query";

/** A monitor of the number of logs of the pipeline. */
export interface LogMonitor {
  /** Part of the resource's name, and name of the output: letters, digits and hyphens, e.g. `failed-logins`. */
  readonly key: string;
  /** Name in Datadog, and title of the notification. */
  readonly name: string;
  /**
   * Search that selects logs of the pipeline.
   *
   * @default all logs of the pipeline
   */
  readonly query?: string;
  /**
   * Attributes by which logs are grouped (`@source_ip`, `host`), at most four. Each group is counted and alerts separately.
   *
   * @default all logs are counted together
   */
  readonly by?: readonly string[];
  /** Length of the window in minutes, 1 to 2880. The window ends now. */
  readonly minutes: number;
  /** The number of logs that alerts: at least, or fewer than, this many. `fewerThan: 1` means no logs. */
  readonly when: { readonly atLeast: number } | { readonly fewerThan: number };
  /** Text of the notification: what has happened, and what to do. */
  readonly message: string;
  /** From 1, the most urgent, to 5. */
  readonly priority?: 1 | 2 | 3 | 4 | 5;
}

/** What all monitors of a pipeline have in common. */
export interface MonitorDefaults {
  /** The pipeline's filter. */
  readonly filter: string;
  /** Recipients of the notifications: `@name@example.com`, `@slack-ops`. */
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
    // No logs count as 0, which is fewer than 1.
    onMissingData: "default",
    requireFullWindow: false,
    enableLogsSample: alerts,
    ...(priority === undefined ? {} : { priority: String(priority) }),
    tags: [...tags].sort(),
    // Otherwise the plugin asks Datadog at every preview to validate the query, which was already checked here.
    validate: false,
  };
}
