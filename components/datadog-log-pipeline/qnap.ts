import type { ProcessorDefinition } from "../../grok/index";
import { defaults } from "./defaults";
import type { LogPipeline, LogSample } from "./log-pipeline";
import { linesOf, namedFor, type OfStack } from "./of-stack";
import { qnapWatch, type QnapWatchArgs } from "./qnap-watch";
import { knownWords, severities } from "./qnap-words";

/** Settings of a QNAP NAS. */
export interface QnapPipelineArgs extends QnapWatchArgs {
  /**
   * Time zone of the NAS, as an IANA name (`Asia/Singapore`) or an offset (`+08:00`). Used for RFC 3164 lines, which have no
   * zone; RFC 5424 lines have one.
   *
   * @default `defaults.timezone`
   */
  timezone?: string;
  /**
   * Service of the logs in Datadog, which the agent sets.
   *
   * @default `defaults.service`
   */
  service?: string;
  /** The stack whose agent sends the lines with its {@link stackTag}. Without it, the pipeline takes all logs of the service. */
  of?: OfStack;
}

/**
 * The pipeline for the logs of a QNAP NAS, with metrics, a dashboard and monitors. It parses the syslog lines of QuLog Center
 * over UDP or TCP (RFC 3164) and over TLS (RFC 5424), of QTS 4, QTS 5 and QuTS hero.
 */
export function qnapPipeline({
  timezone = defaults.timezone,
  service = defaults.service,
  of,
  ...watch
}: QnapPipelineArgs = {}): LogPipeline {
  return {
    name: namedFor(of, "QNAP NAS"),
    filter: of === undefined ? `service:${service}` : `service:${service} ${linesOf(of)}`,
    of,
    file: "components/datadog-log-pipeline/qnap.ts",
    parser: { name: "QNAP NAS Log Parser", matchRules: MATCH_RULES, supportRules: supportRules(timezone) },
    processors: [...PROCESSORS],
    remap: REMAP,
    samples: [...SAMPLES],
    facets: ["action", "computer_name", "connection_type", "host", "source_ip", "user"],
    ...qnapWatch(service, watch, of),
  };
}

const MATCH_RULES = String.raw`# RFC 5424 of QTS 5: the structured data have the fields, the message is a path or a sentence.
QNAP_Access %{QNAP_qulog}Access%{QNAP_access_data}%{QNAP_access_message}
QNAP_Conn %{QNAP_initial} %{QNAP_conn_log}
QNAP_Event %{QNAP_initial} %{QNAP_event_log}
QNAP_Notice %{QNAP_qulog}Event%{QNAP_event_data}%{QNAP_event_message}

# Lines without a header, which a relay has removed.
QNAP_Conn_body %{QNAP_conn_log}
QNAP_Event_body %{QNAP_event_log}`;

/**
 * Notes about these rules:
 *
 * - Blanks in a date format are literal, so there are three formats for `Feb 07`, `Feb  7` and `Feb 7`.
 * - `---` means that a field is empty: the attribute is left out.
 * - Some texts are chosen by others and can imitate the fields after them. In a login, it is the user name, which anyone can
 *   type, so the last occurrence of the fields is used. In other lines, the user has an account and it is the path or the
 *   sentence at the end, so the first occurrence is used.
 * - The action of a login must be a known word, so that a line that ends within an imitated action is not treated as a login.
 */
function supportRules(timezone: string): string {
  const date = (format: string, zone = "") => `%{date("${format}"${zone}):date}`;
  const zone = timezone === "UTC" ? "" : `, "${timezone}"`;
  const local = ["MMM dd HH:mm:ss", "MMM  d HH:mm:ss", "MMM d HH:mm:ss"].map((format) => date(format, zone));
  const fractions = ["", ".S", ".SS", ".SSS", ".SSSS", ".SSSSS", ".SSSSSS"];
  const zoned = fractions.map((fraction) => date(`yyyy-MM-dd'T'HH:mm:ss${fraction}ZZ`));
  return String.raw`# The header of the NAS in either format. A relay can add its own header before it, and leave out parts.
QNAP_initial (%{QNAP_relay})?(%{QNAP_rfc3164}|%{QNAP_rfc5424})
QNAP_relay ((\<\d{1,3}\>)?([A-Z][a-z]{2}\s+\d{1,2}\s+[\d:]{8}|\d{4}-\d{2}-\d{2}T\S+)\s+\S+|(\<\d{1,3}\>)?1(\s+\S+){5}\s+%{QNAP_data})\s+\uFEFF?

# RFC 3164: <priority>, date, host, process[id].
QNAP_rfc3164 (\<%{integer:priority}\>)?%{QNAP_date}\s+%{notSpace:host}(\s+%{word:process_name}(\[%{integer:process_id}\])?\:?)?
QNAP_date (${local.join("|")}|%{QNAP_zoned_date})

# RFC 5424: <priority>1, date, host, process (QuLog Center's name has a colon), id, kind, data; - means empty.
QNAP_rfc5424 %{QNAP_rfc5424_header}\s+%{QNAP_data}
QNAP_rfc5424_header (\<%{integer:priority}\>)?1\s+(-|%{QNAP_zoned_date})\s+%{notSpace:host:nullIf("-")}\s+%{regex("\\S+?"):process_name:nullIf("-")}\:?\s+(%{integer:process_id}|\S+)\s+\S+
QNAP_data (-|(\[[^\s\]="]+(\s+[^\s\]="]+="%{QNAP_escaped}")*\s*\])+)
QNAP_zoned_date (${zoned.join("|")})

# A value in the structured data. Quotes, brackets and backslashes in it are escaped with a backslash.
QNAP_escaped [^"\\]*(\\.[^"\\]*)*

# The fields of QuLog Center's data have a fixed order. Other fields can be between them. No field occurs twice.
QNAP_qulog (%{QNAP_relay})?%{QNAP_rfc5424_header}\s+(\[(?!QuLog\@)[^\s\]="]+%{QNAP_other}\s*\])*\[QuLog\@
QNAP_other (\s+(?!(ip|user|computer|application|category|action|action_result|service|client_app)=)[^\s\]="]+="%{QNAP_escaped}")*
QNAP_who_data %{QNAP_other}\s+ip="%{regex("[^\"\\\\]*"):source_ip:nullIf("---")}"%{QNAP_other}\s+user="%{QNAP_user_data}"%{QNAP_other}(\s+computer="%{regex("[^\"\\\\]*(\\\\.[^\"\\\\]*)*"):computer_name:nullIf("---")}"%{QNAP_other})?(\s+application="%{regex("[^\"\\\\]*(\\\\.[^\"\\\\]*)*"):application:nullIf("---")}"%{QNAP_other})?
QNAP_user_data (%{regex("[^\"\\\\]*"):user:nullIf("---")}|%{regex("[^\"\\\\]+"):user_parts.domain}\\%{regex("\\\\"):user_parts.backslash}%{regex("[^\"\\\\]+"):user_parts.name}|%{regex("[^\"\\\\]*(\\\\.[^\"\\\\]*)*"):user})
QNAP_access_data %{QNAP_who_data}\s+action="%{regex("[^\"\\\\]+"):action_code}"%{QNAP_other}(\s+action_result="%{regex("[^\"\\\\]*"):action_result}"%{QNAP_other})?(\s+service="%{regex("[^\"\\\\]*"):service_code}"%{QNAP_other})?%{QNAP_client_data}
QNAP_event_data %{QNAP_who_data}(\s+category="%{regex("[^\"\\\\]*(\\\\.[^\"\\\\]*)*"):category:nullIf("---")}"%{QNAP_other})?%{QNAP_client_data}
QNAP_client_data (\s+client_app="%{regex("[^\"\\\\]*(\\\\.[^\"\\\\]*)*"):client_app:nullIf("---")}"%{QNAP_other})?\s*\](\[(?!QuLog\@)[^\s\]="]+%{QNAP_other}\s*\])*
QNAP_access_message (%{QNAP_start}%{greedyData:accessed_resources:nullIf("---")})?
QNAP_event_message %{QNAP_start}%{regex("\\S.*"):msg}

# Between header and message. In RFC 5424, the message can start with a BOM.
QNAP_start \s*\uFEFF?

# Connection log. The last "Action:" is used, because a path can contain another one.
QNAP_conn_log %{QNAP_start}(conn\s+log\:\s+)?(%{QNAP_login}|%{QNAP_access})
QNAP_login Users\:\s*%{greedyData:user:nullIf("---")},\s+Source\s+IP\:\s*%{regex("[^\\s,]*"):source_ip:nullIf("---")},\s+Computer\s+name\:\s*%{greedyData:computer_name:nullIf("---")},\s+%{QNAP_connection},\s+Action\:\s*%{regex("(Login Success|Login Fail|Logout)"):action}\.?
QNAP_access %{QNAP_who},\s+%{QNAP_connection},\s+Action\:(?!\s*Log)\s*%{data:action}\.?
QNAP_connection Connection\s+type\:\s*%{regex("[^,]*"):connection_type:nullIf("---")},\s+Accessed\s+resources\:\s*%{greedyData:accessed_resources:nullIf("---")}

# Event log. QTS 4 has no Application and Category, which QuLog Center added.
QNAP_event_log %{QNAP_start}(event\s+log\:\s+)?%{QNAP_who}(,\s+Application\:\s*%{data:application:nullIf("---")})?(,\s+Category\:\s*%{data:category:nullIf("---")})?,\s+Content\:\s*%{data:msg}

QNAP_who Users\:\s*%{data:user:nullIf("---")},\s+Source\s+IP\:\s*%{regex("[^\\s,]*"):source_ip:nullIf("---")},\s+Computer\s+name\:\s*%{data:computer_name:nullIf("---")}`;
}

/** The priority is facility x 8 + severity. Datadog's formulas have no modulo, so each severity lists its 24 priorities. */
const PROCESSORS: readonly ProcessorDefinition[] = [
  { type: "date-remapper", name: "Date of the NAS", sources: ["date"] },
  {
    type: "category-processor",
    name: "Severity of the priority",
    target: "severity",
    categories: severities.map((name, severity) => ({
      name,
      filter: {
        query: `@priority:(${Array.from({ length: 24 }, (_, facility) => facility * 8 + severity).join(" OR ")})`,
      },
    })),
  },
  { type: "status-remapper", name: "Status of the severity", sources: ["severity"] },
  {
    type: "string-builder-processor",
    name: "User of a domain",
    template: "%{user_parts.domain}%{user_parts.backslash}%{user_parts.name}",
    target: "user",
  },
  // RFC 5424 lines have a code for the action. Only the code of a login is known; other actions are named by their code.
  { type: "string-builder-processor", name: "Action by its code", template: "Action %{action_code}", target: "action" },
  {
    type: "category-processor",
    name: "Login by its code",
    target: "action",
    categories: [
      { name: "Login Success", filter: { query: "@action_code:512 @action_result:0" } },
      { name: "Login Fail", filter: { query: "@action_code:512 @action_result:* -@action_result:0" } },
    ],
  },
  {
    type: "category-processor",
    name: "Outcome of the action",
    target: "evt.outcome",
    categories: [
      { name: "failure", filter: { query: "@action:(*Fail* OR *fail*) OR (@action_result:* -@action_result:0)" } },
      // An action code without a result has no outcome.
      { name: "success", filter: { query: "@action:* (@action_result:* OR -@action_code:*)" } },
    ],
  },
  ...knownWords,
];

/** Standard attributes, which Datadog's own searches, facets and security rules use. */
const REMAP = { "usr.name": ["user"], "network.client.ip": ["source_ip"], "evt.name": ["action"] };

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
      known_action: "Read",
      known_connection_type: "SAMBA",
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
    line: '<28>1 2026-06-10T14:02:11+08:00 nas qulogd: 14629 - [QuLog@Event ip="---" user="---"] event log: Users: ---, Source IP: ---, Computer name: ---, Application: Storage & Snapshots, Category: Disk, Content: [Storage & Snapshots] Disk 2: rapid test failed, host "nas".',
    attributes: {
      priority: 28,
      date: Date.UTC(2026, 5, 10, 6, 2, 11),
      host: "nas",
      process_name: "qulogd",
      process_id: 14629,
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
    attributes: {
      ...{ priority: null, user: "guest", accessed_resources: null, action: "Login Success", severity: null },
      connection_type: "Samba",
      known_connection_type: "SAMBA",
    },
  },
  {
    line: '<30>1 2026-06-10T14:02:11.466+08:00 nas qulogd: 19683 - [QuLog@Access mac="00-00-5E-00-53-23" ip="192.0.2.10" user="OFFICE\\\\anna.lee" source="nas" computer="---" application="---" action="512" action_result="1" service="1024" extra_data="" client_id="89a1d5c1" client_app="Web Desktop" client_agent="Mozilla/5.0 (X11; Linux x86_64)"] Administration',
    attributes: {
      priority: 30,
      date: Date.UTC(2026, 5, 10, 6, 2, 11, 466),
      host: "nas",
      process_name: "qulogd",
      process_id: 19683,
      user: "OFFICE\\anna.lee",
      source_ip: "192.0.2.10",
      computer_name: null,
      application: null,
      action: "Login Fail",
      known_action: "Login Fail",
      known_connection_type: "other",
      action_code: "512",
      action_result: "1",
      service_code: "1024",
      client_app: "Web Desktop",
      accessed_resources: "Administration",
      "usr.name": "OFFICE\\anna.lee",
      "evt.name": "Login Fail",
      "evt.outcome": "failure",
    },
  },
  {
    line: '<28>1 2026-06-10T14:02:11.466+08:00 nas qulogd: 19683 - [QuLog@Event mac="---" ip="---" user="---" source="nas" computer="---" application="Storage & Snapshots" application_id="A007" category="Disk" category_id="C001" message_id="" extra_data="" client_id="" client_app="" client_agent=""] [Storage & Snapshots] Disk 2: rapid test failed.',
    attributes: {
      user: null,
      source_ip: null,
      application: "Storage & Snapshots",
      category: "Disk",
      msg: "[Storage & Snapshots] Disk 2: rapid test failed.",
      action: null,
      severity: "warning",
    },
  },
];
