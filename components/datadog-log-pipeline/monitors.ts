import type * as datadog from "@pulumi/datadog";
import { UserError } from "../../host/error";
import { within } from "./query";

/** A number of logs that raises an alert; exactly one of the two is given. */
export interface MonitorThreshold {
  /** Alerts where so many logs, or more, are counted. */
  readonly atLeast?: number;
  /** Alerts where fewer logs are counted: 1 is silence. */
  readonly fewerThan?: number;
}

/** A monitor on the number of logs of the pipeline. */
export interface LogMonitor {
  /** Names the resource and the output: letters, digits, hyphens, e.g. `failed-logins`. */
  readonly key: string;
  /** The monitor's name in Datadog; it heads the notification. */
  readonly name: string;
  /** Which of the pipeline's logs count, in search syntax. Default all. */
  readonly query?: string;
  /** Counts for each value of these (`@source_ip`, `host`), at most four, and alerts for each. Default: all logs together. */
  readonly by?: string[];
  /** Minutes over which logs are counted, up to now: 1 to 2880. */
  readonly minutes: number;
  /** When it alerts. */
  readonly when: MonitorThreshold;
  /** What the notification says: what has happened, and what to do. */
  readonly message: string;
  /** From 1, the most urgent, to 5. Default none. */
  readonly priority?: number;
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
    // No log at all counts as 0: a silence is fewer than 1.
    onMissingData: "default",
    requireFullWindow: false,
    enableLogsSample: atLeast,
    ...(priority === undefined ? {} : { priority: String(priority) }),
    tags: [...tags].sort(),
    // The plugin would ask Datadog at every preview whether the query is right; it is made and checked here.
    validate: false,
  };
}

/** @throws UserError unless exactly one of the two thresholds is given */
export function thresholdOf(
  { key, when: { atLeast, fewerThan } }: LogMonitor,
  where = `monitor ${key}`,
): { atLeast: boolean; critical: number } {
  if (atLeast !== undefined && fewerThan === undefined) return { atLeast: true, critical: atLeast };
  if (fewerThan !== undefined && atLeast === undefined) return { atLeast: false, critical: fewerThan };
  const given = atLeast === undefined ? "neither" : "both";
  throw new UserError(`has ${given} of atLeast and fewerThan`, `${where}, when`, "Give exactly one of them.");
}
