/** The two formats of QuLog Center's remote syslog: RFC 3164 over UDP and TCP, RFC 5424 over TLS. */
export const formats = ["rfc3164", "rfc5424"] as const;
export type Format = (typeof formats)[number];

export interface Message {
  readonly priority: number;
  readonly now: Date;
  readonly timezone: string;
  readonly hostname: string;
  readonly process: string;
  readonly processId: number;
  readonly text: string;
}

export function syslogLine(format: Format = "rfc3164", message: Message): string {
  const { priority, now, timezone, hostname, process, processId, text } = message;
  if (format === "rfc3164")
    return `<${priority}>${syslogDate(now, timezone)} ${hostname} ${process}[${processId}]: ${text}`;
  // the colon is QuLog Center's, as are the data
  const header = `<${priority}>1 ${zonedDate(now, timezone)} ${hostname} ${process}: ${processId} -`;
  return `${header} ${structuredData(text)} ${text}`;
}

/** `Nov  3 08:15:42`: the day is padded with a blank. */
export function syslogDate(now: Date, timezone: string): string {
  const { month, day, hour, minute, second } = clock(now, { timeZone: timezone, month: "short", day: "numeric" });
  return `${month} ${(day ?? "").padStart(2)} ${hour}:${minute}:${second}`;
}

/** `2026-11-03T08:15:42+08:00`. */
export function zonedDate(now: Date, timezone: string): string {
  const wanted = {
    timeZone: timezone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    timeZoneName: "longOffset",
  } as const;
  const { year, month, day, hour, minute, second, timeZoneName = "" } = clock(now, wanted);
  // UTC may be plain GMT
  const offset = timeZoneName.slice("GMT".length) || "+00:00";
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`;
}

function clock(now: Date, wanted: Intl.DateTimeFormatOptions): Partial<Record<Intl.DateTimeFormatPartTypes, string>> {
  const time = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
  const parts = new Intl.DateTimeFormat("en-US", { ...wanted, ...time }).formatToParts(now);
  return Object.fromEntries(parts.map(({ type, value }) => [type, value]));
}

function structuredData(text: string): string {
  const field = (name: string) => new RegExp(`${name}: ([^,]*),`).exec(text)?.[1] ?? "";
  const fields = { ip: field("Source IP"), user: field("Users"), computer: field("Computer name") };
  const data = Object.entries(fields).map(([name, value]) => `${name}="${value.replaceAll(/["\\\]]/g, "\\$&")}"`);
  return `[QuLog@Event ${data.join(" ")}]`;
}
