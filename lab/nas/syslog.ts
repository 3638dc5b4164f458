/** The two formats of QuLog Center's remote syslog: RFC 3164 over UDP and TCP, RFC 5424 over TLS. */
export const formats = ["rfc3164", "rfc5424"] as const;
export type Format = (typeof formats)[number];

/** The NAS's own name. */
export const hostname = "NAS";

const [process, processId] = ["qulogd", 14629];

/** A line of a NAS whose clock is at UTC. */
export function syslogLine(format: Format, now: Date, priority: number, text: string): string {
  if (format === "rfc3164") {
    return `<${priority}>${syslogDate(now)} ${hostname} ${process}[${processId}]: ${text}`;
  }
  const date = now.toISOString().replace(/\.\d+Z$/, "+00:00");
  // the colon is QuLog Center's, as are the data
  return `<${priority}>1 ${date} ${hostname} ${process}: ${processId} - ${structuredData(text)} ${text}`;
}

/** `Nov  3 08:15:42`: the day is padded with a blank. */
export function syslogDate(now: Date): string {
  const [, day = "", month = "", , time = ""] = now.toUTCString().split(" ");
  return `${month} ${String(Number(day)).padStart(2)} ${time}`;
}

function structuredData(text: string): string {
  const field = (name: string) => new RegExp(`${name}: ([^,]*),`).exec(text)?.[1] ?? "";
  const fields = { ip: field("Source IP"), user: field("Users"), computer: field("Computer name") };
  const data = Object.entries(fields).map(([name, value]) => `${name}="${value.replaceAll(/["\\\]]/g, "\\$&")}"`);
  return `[QuLog@Event ${data.join(" ")}]`;
}
