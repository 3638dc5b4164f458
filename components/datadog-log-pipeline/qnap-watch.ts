import type { LogDashboard } from "./dashboard";
import type { LogPipeline } from "./log-pipeline";
import type { LogMetric } from "./metrics";
import type { LogMonitor } from "./monitors";

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
const PROBLEM = "status:(emergency OR alert OR critical OR error OR warn)";

/** Metrics, dashboard and monitors of a QNAP NAS whose logs have this service. */
export function qnapWatch(
  service: string,
  { failedLogins = 5, silentMinutes = 60, agentHost }: QnapWatchArgs,
): Pick<LogPipeline, "metrics" | "dashboard" | "monitors" | "tags"> {
  return {
    metrics: metrics(service.replaceAll(/[^a-z0-9_.]/g, "_")),
    dashboard: dashboard(service, agentHost),
    monitors: monitors(service, failedLogins, silentMinutes),
    tags: [`service:${service}`],
  };
}

function metrics(prefix: string): LogMetric[] {
  return [
    {
      key: "actions",
      name: `${prefix}.actions`,
      query: "@action:*",
      groupBy: { action: "@action", user: "@user", connection_type: "@connection_type" },
    },
    {
      key: "failed-logins",
      name: `${prefix}.failed_logins`,
      query: FAILED_LOGIN,
      groupBy: { user: "@user", source_ip: "@source_ip" },
    },
    { key: "events", name: `${prefix}.events`, query: "@msg:*", groupBy: { severity: "@severity" } },
  ];
}

function dashboard(service: string, agentHost: string | undefined): LogDashboard {
  const agent = {
    type: "check",
    title: "Agent",
    check: "datadog.agent.up",
    tags: [`host:${agentHost}`],
    columns: 3,
    rows: 4,
  } as const;
  return {
    title: `QNAP NAS (${service})`,
    description: "What users do on the NAS, and how it fares. Written by kube-control.",
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
