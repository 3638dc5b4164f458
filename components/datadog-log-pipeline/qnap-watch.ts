import { createHash } from "node:crypto";
import type { DashboardWidget, LogDashboard } from "./dashboard";
import { defaults } from "./defaults";
import type { LogPipeline } from "./log-pipeline";
import type { LogMetric } from "./metrics";
import type { LogMonitor } from "./monitors";
import { type OfStack, stackTag } from "./of-stack";
import { severities } from "./qnap-words";

/** Thresholds of the monitors of a QNAP NAS. */
export interface QnapWatchArgs {
  /**
   * Number of failed logins from one address within five minutes that alerts.
   *
   * @default `defaults.failedLogins`
   */
  failedLogins?: number;
  /**
   * Minutes without a log that alert, 1 to 2880.
   *
   * @default `defaults.silentMinutes`
   */
  silentMinutes?: number;
  /** Host name of the agent in Datadog. With it, the dashboard shows whether the agent is up. */
  agentHost?: string;
  /**
   * Further widgets at the end of the dashboard.
   *
   * @default none
   */
  widgets?: DashboardWidget[];
}

const FAILED_LOGIN = '@action:"Login Fail"';
/** Names that contain the names of other fields of an RFC 3164 line. `?` matches the blank. */
const IMITATED = ["user", "computer_name", "accessed_resources", "msg"]
  .flatMap((name) => ["Source?IP", "Connection?type"].map((field) => `@${name}:*,?${field}?*`))
  .join(" OR ");
const PROBLEM = "status:(emergency OR alert OR critical OR error OR warn)";

/** Metrics, dashboard and monitors of the logs of a QNAP NAS. */
export function qnapWatch(
  service: string,
  args: QnapWatchArgs,
  of?: OfStack,
): Pick<LogPipeline, "metrics" | "dashboard" | "monitors" | "tags"> {
  const {
    failedLogins = defaults.failedLogins,
    silentMinutes = defaults.silentMinutes,
    agentHost,
    widgets = [],
  } = args;
  const prefix = of === undefined ? inName(service) : `${inName(service)}.${ofStack(of.stack)}`;
  const shown = of === undefined ? service : `${service}, ${of.stack}`;
  return {
    // Metrics of an earlier version do not have the stack in their names.
    metrics: metrics(prefix).map((metric) => ({ ...metric, keepsName: of !== undefined })),
    dashboard: dashboard(shown, agentHost, widgets, of),
    monitors: monitors(shown, failedLogins, silentMinutes),
    tags: [`service:${service}`, ...(of === undefined ? [] : [stackTag(of)])],
  };
}

const inName = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9_.]/g, "_");

/** The stack's name as part of a metric name. If characters must be replaced, a digest keeps it unique. */
function ofStack(stack: string): string {
  const name = inName(stack);
  return name === stack ? name : `${name}_${createHash("sha256").update(stack).digest("hex").slice(0, 6)}`;
}

/** Tags only have values from a fixed set: each value is billed, and the sender of a line can choose the rest. */
function metrics(prefix: string): LogMetric[] {
  return [
    {
      key: "actions",
      name: `${prefix}.actions`,
      query: "@action:*",
      groupBy: { action: "@known_action", connection_type: "@known_connection_type" },
    },
    {
      key: "failed-logins",
      name: `${prefix}.failed_logins`,
      query: FAILED_LOGIN,
      groupBy: { connection_type: "@known_connection_type" },
    },
    {
      key: "events",
      name: `${prefix}.events`,
      // Only known severities: the sender of a JSON message can choose any.
      query: `@msg:* (@severity:(${severities.join(" OR ")}) OR -@severity:*)`,
      groupBy: { severity: "@severity" },
    },
  ];
}

function dashboard(
  service: string,
  agentHost: string | undefined,
  further: readonly DashboardWidget[],
  of: OfStack | undefined,
): LogDashboard {
  const agent: DashboardWidget = {
    type: "check",
    title: "Agent",
    check: "datadog.agent.up",
    tags: [`host:${agentHost}`],
    columns: 3,
    rows: 4,
  };
  return {
    title: `QNAP NAS (${service})`,
    description: `User activity and health of the NAS. Written by kube-control${of === undefined ? "" : ` (${stackTag(of)})`}.`,
    widgets: [
      { type: "top-list", title: "Top actions", by: "@action", columns: 4, rows: 4 },
      {
        type: "top-list",
        title: "Failed logins by source",
        query: FAILED_LOGIN,
        by: "@source_ip",
        columns: 4,
        rows: 4,
      },
      { type: "top-list", title: "Most active users", query: "@action:*", by: "@user", columns: 4, rows: 4 },
      {
        type: "over-time",
        title: "Events by severity",
        query: "@msg:*",
        by: "@severity",
        columns: 6,
        rows: 3,
      },
      { type: "over-time", title: "Lines from the NAS", columns: 6, rows: 3 },
      ...(agentHost === undefined ? [] : [agent]),
      {
        type: "lines",
        title: "Warnings and errors",
        query: PROBLEM,
        columns: agentHost === undefined ? 12 : 9,
        rows: 4,
      },
      ...further,
    ],
  };
}

function monitors(service: string, failedLogins: number, silentMinutes: number): LogMonitor[] {
  return [
    {
      key: "failed-logins",
      name: `Failed logins on the NAS (${service}) from {{@source_ip.name}}`,
      query: FAILED_LOGIN,
      by: ["@source_ip"],
      minutes: 5,
      when: { atLeast: failedLogins },
      message:
        `{{value}} failed logins within 5 minutes from {{@source_ip.name}}.\n` +
        `Someone may be guessing passwords. QuLog Center lists the attempts. QuFirewall or Control Panel > Security can ` +
        `block the address.`,
      priority: 2,
    },
    {
      key: "hardware",
      name: `Disk, RAID or UPS trouble on the NAS (${service})`,
      // Only events: a file can have any name.
      query: `@msg:* (disk OR raid OR "storage pool" OR volume OR ups) ${PROBLEM}`,
      minutes: 5,
      when: { atLeast: 1 },
      message:
        `The NAS reports at least a warning about a disk, a volume or its power supply.\n` +
        `Check Storage & Snapshots, the hardware status and the backups.`,
      priority: 1,
    },
    {
      key: "unread",
      name: `Lines of the NAS (${service}) that no rule reads`,
      query: "-@action:* -@msg:*",
      minutes: 5,
      when: { atLeast: 1 },
      message:
        `{{value}} lines within 5 minutes have neither an action nor a message, so the other monitors do not count them.\n` +
        `They may be cut off, have a new format after an update of the NAS, or come from another device. ` +
        `Search service:${service} -@action:* -@msg:* in the Log Explorer.`,
      priority: 3,
    },
    {
      key: "imitated",
      name: `Names on the NAS (${service}) that imitate fields of its log`,
      query: IMITATED,
      minutes: 5,
      when: { atLeast: 1 },
      message:
        `The name of a user, a computer or a file contains the name of a log field.\n` +
        `Someone may be trying to put a false name or address into the log. Read the line itself, not its attributes.`,
      priority: 2,
    },
    {
      key: "silent",
      name: `No lines from the NAS (${service})`,
      minutes: silentMinutes,
      when: { fewerThan: 1 },
      message:
        `No lines have arrived for ${silentMinutes} minutes.\n` +
        `Check that the NAS is up, that QuLog Center's Log Sender sends to the monitor host, and that the agent listens ` +
        `(\`agent status\`).`,
      priority: 3,
    },
  ];
}
