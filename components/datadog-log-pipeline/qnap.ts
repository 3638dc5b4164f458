import type { ProcessorDefinition } from "../../grok";
import type { LogPipeline, LogSample } from "./log-pipeline";
import { qnapWatch, type QnapWatchArgs } from "./qnap-watch";

/** What differs from one QNAP NAS to the next. */
export interface QnapPipelineArgs extends QnapWatchArgs {
  /** Zone of the NAS's clock, as an IANA name (`Asia/Singapore`) or an offset (`+08:00`): its lines carry none. Default UTC. */
  timezone?: string;
  /** Datadog's service of its logs, as the agent's listener sets it. Default qnap-nas. */
  service?: string;
}

/** Severity names of syslog, from 0 on; Datadog's status remapper knows them all. */
const SEVERITIES = ["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"];

/**
 * The pipeline of the QNAP NAS's logs, and what is watched of them: QuLog Center's syslog lines over UDP or TCP (RFC 3164),
 * of QTS 4 and 5 and QuTS hero.
 */
export function qnapPipeline({ timezone = "UTC", service = "qnap-nas", ...watch }: QnapPipelineArgs = {}): LogPipeline {
  return {
    name: "QNAP NAS",
    filter: `service:${service}`,
    file: "components/datadog-log-pipeline/qnap.ts",
    parser: { name: "QNAP NAS Log Parser", matchRules: MATCH_RULES, supportRules: supportRules(timezone) },
    processors: PROCESSORS,
    remap: REMAP,
    samples: SAMPLES,
    facets: ["action", "computer_name", "connection_type", "host", "source_ip", "user"],
    ...qnapWatch(service, watch),
  };
}

const MATCH_RULES = String.raw`QNAP_Conn %{QNAP_initial} %{QNAP_conn_log}
QNAP_Event %{QNAP_initial} %{QNAP_event_log}

# What is left when a relay took the header off.
QNAP_Conn_body %{QNAP_conn_log}
QNAP_Event_body %{QNAP_event_log}`;

/**
 * Three things to know about these rules. Blanks of a date format are literal, hence three forms for `Feb 07`, `Feb  7`
 * and `Feb 7`. What can be anything is greedy at both ends (user, resource), and plain in between, so that a user or file
 * name which imitates the fields behind it does not pass for them. `---` is QNAP's word for nothing: no attribute.
 */
function supportRules(timezone: string): string {
  const date = (format: string) => `%{date("${format}"${timezone === "UTC" ? "" : `, "${timezone}"`}):date}`;
  const dates = [
    "MMM dd HH:mm:ss",
    "MMM  d HH:mm:ss",
    "MMM d HH:mm:ss",
    "yyyy-MM-dd'T'HH:mm:ssZZ",
    "yyyy-MM-dd'T'HH:mm:ss.SSSZZ",
    "yyyy-MM-dd'T'HH:mm:ss.SSSSSSZZ",
  ];
  return String.raw`# <priority>, date, host, process[id]: as the NAS sends it; a relay may put a header of its own before it, and leave parts out.
QNAP_initial (%{QNAP_relay})?(\<%{integer:priority}\>)?%{QNAP_date}\s+%{notSpace:host}(\s+%{word:process_name}(\[%{integer:process_id}\])?\:?)?
QNAP_relay (\<\d{1,3}\>)?([A-Z][a-z]{2}\s+\d{1,2}\s+[\d:]{8}|\d{4}-\d{2}-\d{2}T\S+)\s+\S+\s+
QNAP_date (${dates.map(date).join("|")})

# Connection log: who touched what. The last "Action:" counts, a path may hold another.
QNAP_conn_log (conn\s+log\:\s+)?%{QNAP_who},\s+Connection\s+type\:\s*%{regex("[^,]*"):connection_type:nullIf("---")},\s+Accessed\s+resources\:\s*%{greedyData:accessed_resources:nullIf("---")},\s+Action\:\s*%{data:action}\.?

# Event log: what happened. Application and Category came with QuLog Center, QTS 4 has neither.
QNAP_event_log (event\s+log\:\s+)?%{QNAP_who}(,\s+Application\:\s*%{data:application:nullIf("---")})?(,\s+Category\:\s*%{data:category:nullIf("---")})?,\s+Content\:\s*%{data:msg}

QNAP_who Users\:\s*%{greedyData:user:nullIf("---")},\s+Source\s+IP\:\s*%{regex("[^\\s,]*"):source_ip:nullIf("---")},\s+Computer\s+name\:\s*%{regex("[^,]*"):computer_name:nullIf("---")}`;
}

/** Priority is facility x 8 + severity, and there is no remainder in Datadog's formulas: so each severity lists its 24 priorities. */
const PROCESSORS: readonly ProcessorDefinition[] = [
  { type: "date-remapper", name: "Date of the NAS", sources: ["date"] },
  {
    type: "category-processor",
    name: "Severity of the priority",
    target: "severity",
    categories: SEVERITIES.map((name, severity) => ({
      name,
      filter: {
        query: `@priority:(${Array.from({ length: 24 }, (_, facility) => facility * 8 + severity).join(" OR ")})`,
      },
    })),
  },
  { type: "status-remapper", name: "Status of the severity", sources: ["severity"] },
  {
    type: "category-processor",
    name: "Outcome of the action",
    target: "evt.outcome",
    categories: [
      { name: "failure", filter: { query: "@action:(*Fail* OR *fail*)" } },
      { name: "success", filter: { query: "@action:*" } },
    ],
  },
];

/** What Datadog's own searches, facets and security rules go by. */
const REMAP = { "usr.name": "user", "network.client.ip": "source_ip", "evt.name": "action" };

const SAMPLES: readonly LogSample[] = [
  {
    line: "<30>Jun 10 13:58:06 nas qulogd[14629]: conn log: Users: admin, Source IP: 192.168.2.31, Computer name: desk-pc, Connection type: SAMBA, Accessed resources: Music/Covers/Operator, live.mp3, Action: Read",
    attributes: {
      priority: 30,
      host: "nas",
      process_name: "qulogd",
      process_id: 14629,
      user: "admin",
      source_ip: "192.168.2.31",
      computer_name: "desk-pc",
      connection_type: "SAMBA",
      accessed_resources: "Music/Covers/Operator, live.mp3",
      action: "Read",
      severity: "informational",
      "usr.name": "admin",
      "network.client.ip": "192.168.2.31",
      "evt.name": "Read",
      "evt.outcome": "success",
    },
  },
  {
    line: "<28>Feb  7 19:03:19 nas qulogd[19238]: conn log: Users: OFFICE\\anna.lee, Source IP: 192.168.2.31, Computer name: ---, Connection type: HTTP/HTTPS, Accessed resources: Administration, Action: Login Fail",
    attributes: {
      user: "OFFICE\\anna.lee",
      computer_name: null,
      connection_type: "HTTP/HTTPS",
      action: "Login Fail",
      severity: "warning",
      "usr.name": "OFFICE\\anna.lee",
      "evt.outcome": "failure",
    },
  },
  {
    line: '<28>Jun 10 14:02:11 nas qulogd[14629]: event log: Users: ---, Source IP: ---, Computer name: ---, Application: Storage & Snapshots, Category: Disk, Content: [Storage & Snapshots] Disk 2: rapid test failed, host "nas".',
    attributes: {
      user: null,
      "usr.name": null,
      "evt.outcome": null,
      source_ip: null,
      computer_name: null,
      application: "Storage & Snapshots",
      category: "Disk",
      msg: '[Storage & Snapshots] Disk 2: rapid test failed, host "nas".',
    },
  },
  {
    line: "<30>Jun 10 14:05:00 nas qlogd[2101]: event log: Users: admin, Source IP: 127.0.0.1, Computer name: localhost, Content: [Antivirus] Scan job started.",
    attributes: {
      process_name: "qlogd",
      user: "admin",
      source_ip: "127.0.0.1",
      computer_name: "localhost",
      application: null,
      msg: "[Antivirus] Scan job started.",
    },
  },
  {
    line: "Jun 10 14:06:12 nas qulogd[14629] conn log: Users: guest, Source IP: 192.168.2.44, Computer name: tablet, Connection type: Samba, Accessed resources: ---, Action: Login Success.",
    attributes: { priority: null, user: "guest", accessed_resources: null, action: "Login Success", severity: null },
  },
];
