import { createHash } from "node:crypto";
import type { DashboardWidget, LogDashboard } from "./dashboard";
import type { LogPipeline } from "./log-pipeline";
import type { LogMetric } from "./metrics";
import type { LogMonitor } from "./monitors";
import { type OfStack, stackTag } from "./of-stack";
import { severities } from "./qnap-words";

/** What is watched of a QNAP NAS, and how closely. */
export interface QnapWatchArgs {
  /** Failed logins from one address within five minutes that raise an alert. Default 5. */
  failedLogins?: number;
  /** Minutes without any line that raise an alert, 1 to 2880. Default 60. */
  silentMinutes?: number;
  /** The agent's host, as Datadog knows it, for the dashboard's view of its health. Default: none is shown. */
  agentHost?: string;
}

const FAILED_LOGIN = '@action:"Login Fail"';
/** What a line of RFC 3164 has behind its names; `?` stands for a blank. No name has it by chance. */
const IMITATED = ["user", "computer_name", "accessed_resources", "msg"]
  .flatMap((name) => ["Source?IP", "Connection?type"].map((field) => `@${name}:*,?${field}?*`))
  .join(" OR ");
const PROBLEM = "status:(emergency OR alert OR critical OR error OR warn)";

/** Metrics, dashboard and monitors of a QNAP NAS whose logs have this service. */
export function qnapWatch(
  service: string,
  { failedLogins = 5, silentMinutes = 60, agentHost }: QnapWatchArgs,
  of?: OfStack,
): Pick<LogPipeline, "metrics" | "dashboard" | "monitors" | "tags"> {
  const prefix = of === undefined ? inName(service) : `${inName(service)}.${ofStack(of.stack)}`;
  const shown = of === undefined ? service : `${service}, ${of.stack}`;
  return {
    // A stack of an earlier version has them without its own name in theirs.
    metrics: metrics(prefix).map((metric) => ({ ...metric, keepsName: of !== undefined })),
    dashboard: dashboard(shown, agentHost, of),
    monitors: monitors(shown, failedLogins, silentMinutes),
    tags: [`service:${service}`, ...(of === undefined ? [] : [stackTag(of)])],
  };
}

const inName = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9_.]/g, "_");

/** A stack's name as a part of a metric's. A name that has to be changed for that gets a digest, so that no two stacks share one. */
function ofStack(stack: string): string {
  const name = inName(stack);
  return name === stack ? name : `${name}_${createHash("sha256").update(stack).digest("hex").slice(0, 6)}`;
}

/** Their tags have values of fixed sets only: each value is billed, and what a line tells is for its sender to choose. */
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
      // a message that is JSON has the severity that its sender gave it
      query: `@msg:* (@severity:(${severities.join(" OR ")}) OR -@severity:*)`,
      groupBy: { severity: "@severity" },
    },
  ];
}

function dashboard(service: string, agentHost: string | undefined, of: OfStack | undefined): LogDashboard {
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
    description: `What users do on the NAS, and how it fares. Written by kube-control${of === undefined ? "" : ` (${stackTag(of)})`}.`,
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
        `Somebody may be guessing passwords. QuLog Center shows the attempts; QuFirewall and Control Panel > ` +
        `Security block an address.`,
      priority: 2,
    },
    {
      key: "hardware",
      name: `Disk, RAID or UPS trouble on the NAS (${service})`,
      // Event lines only: a file may be called anything.
      query: `@msg:* (disk OR raid OR "storage pool" OR volume OR ups) ${PROBLEM}`,
      minutes: 5,
      when: { atLeast: 1 },
      message:
        `The NAS reports a warning or worse about a disk, a volume or its power.\n` +
        `Look at Storage & Snapshots and at the hardware's status, and at the backups, before anything else fails.`,
      priority: 1,
    },
    {
      key: "unread",
      name: `Lines of the NAS (${service}) that no rule reads`,
      query: "-@action:* -@msg:*",
      minutes: 5,
      when: { atLeast: 1 },
      message:
        `{{value}} lines within 5 minutes have neither an action nor a message: no other monitor sees what they tell.\n` +
        `They may be cut off, be of another format since an update of the NAS, or not come from the NAS. ` +
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
        `A user, a computer or a file is named like the fields that follow names in a line of the log.\n` +
        `Somebody may be trying to put another name or address into the log. Read the line itself, not its attributes.`,
      priority: 2,
    },
    {
      key: "silent",
      name: `No lines from the NAS (${service})`,
      minutes: silentMinutes,
      when: { fewerThan: 1 },
      message:
        `Nothing has arrived for ${silentMinutes} minutes.\n` +
        `Is the NAS up, does QuLog Center's Log Sender point at the monitor, and does the agent listen (\`agent status\`)?`,
      priority: 3,
    },
  ];
}
