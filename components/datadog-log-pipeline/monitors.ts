import type * as datadog from "@pulumi/datadog";
import { UserError } from "../../host/error";
import { within } from "./query";

/** The number of logs that alerts: exactly one of the two. */
export interface MonitorThreshold {
  /** Alerts on at least this many logs. */
  readonly atLeast?: number;
  /** Alerts on fewer than this many logs; 1 means no logs. */
  readonly fewerThan?: number;
}

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
  readonly by?: string[];
  /** Length of the window in minutes, 1 to 2880. The window ends now. */
  readonly minutes: number;
  /** The number of logs that alerts. */
  readonly when: MonitorThreshold;
  /** Text of the notification: what has happened, and what to do. */
  readonly message: string;
  /** From 1, the most urgent, to 5. */
  readonly priority?: number;
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
export function monitorQuery(filter: string, monitor: LogMonitor): string {
  const { query, by = [], minutes } = monitor;
  const search = within(filter, query).replace(/["\\]/g, "\\$&");
  const groups = by.length === 0 ? "" : `.by("${by.join(",")}")`;
  const { atLeast, critical } = thresholdOf(monitor);
  const condition = `${atLeast ? ">=" : "<"} ${critical}`;
  return `logs("${search}").index("*").rollup("count")${groups}.last("${minutes}m") ${condition}`;
}

export function monitorArgs({ filter, notify, tags }: MonitorDefaults, monitor: LogMonitor): datadog.MonitorArgs {
  const { name, message, priority } = monitor;
  const { atLeast, critical } = thresholdOf(monitor);
  return {
    name,
    type: "log alert",
    query: monitorQuery(filter, monitor),
    message: [message, notify.join(" ")].filter((part) => part !== "").join("\n\n"),
    monitorThresholds: { critical: String(critical) },
    // No logs count as 0, which is fewer than 1.
    onMissingData: "default",
    requireFullWindow: false,
    enableLogsSample: atLeast,
    ...(priority === undefined ? {} : { priority: String(priority) }),
    tags: [...tags].sort(),
    // Otherwise the plugin asks Datadog at every preview to validate the query, which was already checked here.
    validate: false,
  };
}

/** @throws UserError unless the monitor has exactly one of the two thresholds */
export function thresholdOf(
  { key, when: { atLeast, fewerThan } }: LogMonitor,
  where = `monitor ${key}`,
): { atLeast: boolean; critical: number } {
  if (atLeast !== undefined && fewerThan === undefined) return { atLeast: true, critical: atLeast };
  if (fewerThan !== undefined && atLeast === undefined) return { atLeast: false, critical: fewerThan };
  const what = atLeast === undefined ? "neither `atLeast` nor `fewerThan`" : "both `atLeast` and `fewerThan`";
  throw new UserError(`its threshold has ${what}`, where, "use exactly one of them");
}
