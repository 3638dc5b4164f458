/** The two formats of QuLog Center's remote syslog: RFC 3164 over UDP and TCP, RFC 5424 over TLS. */
export const formats = ["rfc3164", "rfc5424"] as const;
export type Format = (typeof formats)[number];

/** The NAS's own name. */
export const hostname = "NAS";

const [process, processId] = ["qulogd", 14629];

/** The content of a line, for both formats. */
export interface Entry {
  readonly priority: number;
  /** The message of RFC 3164. */
  readonly text: string;
  /** The data and the message of RFC 5424. */
  readonly data: string;
}

/** A line of a NAS whose time zone is UTC. */
export function syslogLine(format: Format, now: Date, { priority, text, data }: Entry): string {
  if (format === "rfc3164") {
    return `<${priority}>${syslogDate(now)} ${hostname} ${process}[${processId}]: ${text}`;
  }
  // QuLog Center adds the colon
  return `<${priority}>1 ${now.toISOString().replace("Z", "+00:00")} ${hostname} ${process}: ${processId} - ${data}`;
}

/** `[QuLog@Access ip="…" user="…"]`, with values escaped as in RFC 5424. */
export function structuredData(kind: "Access" | "Event", values: Readonly<Record<string, string>>): string {
  const data = Object.entries(values).map(([name, value]) => ` ${name}="${value.replaceAll(/["\\\]]/g, "\\$&")}"`);
  return `[QuLog@${kind}${data.join("")}]`;
}

/** `Nov  3 08:15:42`: a one-digit day is padded with a blank. */
export function syslogDate(now: Date): string {
  const [, day = "", month = "", , time = ""] = now.toUTCString().split(" ");
  return `${month} ${String(Number(day)).padStart(2)} ${time}`;
}
