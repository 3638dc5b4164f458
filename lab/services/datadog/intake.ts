import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Attributes } from "../../../grok/index";
import { workingCopy } from "../../../grok/pipeline/log";
import type { Answer, Call } from "../http";
import type { StoredLog } from "./logs";
import { payloadOf, requireApiKey } from "./payload";
import { bodyOf, parsed, refusal } from "./refusal";

export interface IntakeOptions {
  readonly apiKey: string;
  /** A log after the pipelines. */
  readonly processed: (log: StoredLog) => StoredLog;
  readonly keep: (logs: readonly StoredLog[]) => void;
  readonly now: () => number;
}

/** Limits of the published API. */
const maxLogs = 1000;
const hour = 3600 * 1000;
const oldest = 18 * hour;
const youngest = 2 * hour;

/** A log as agents send it. Other fields become attributes. */
const entry = z.looseObject({
  message: z.string().default(""),
  status: z.string().default("info"),
  /** Milliseconds since 1970. */
  timestamp: z.number().optional(),
  hostname: z.string().optional(),
  service: z.string().optional(),
  ddsource: z.string().optional(),
  ddtags: z.string().default(""),
});

/** The logs intake: POST /api/v2/logs. */
export function intakeApi({ apiKey, processed, keep, now }: IntakeOptions): (call: Call) => Answer {
  return (call) => {
    if (`${call.method} ${call.path}` !== "POST /api/v2/logs") {
      throw refusal(404, `this stand-in does not know ${call.method} ${call.path}`);
    }
    requireApiKey(call, apiKey);
    const value = bodyOf({ ...call, body: payloadOf(call) });
    const items = parsed(z.array(entry), Array.isArray(value) ? value : [value], "Bad Request");
    if (items.length > maxLogs) {
      throw refusal(413, `more than ${maxLogs} logs`);
    }
    const logs = items.map((item) => processed(arrived(item, now())));
    // Datadog drops logs with a date outside this span
    keep(logs.filter(({ timestamp }) => timestamp >= now() - oldest && timestamp <= now() + youngest));
    return { status: 202, body: {}, journalledRequest: items };
  };
}

/** The log of an entry before any pipeline. A message that is a JSON object becomes attributes. */
function arrived(item: z.output<typeof entry>, now: number): StoredLog {
  const { message: text, status, timestamp = now, hostname, service, ddsource, ddtags, ...extra } = item;
  const { message, attributes } = workingCopy({ message: text });
  const tags = [...(ddsource === undefined ? [] : [`source:${ddsource}`]), ...ddtags.split(",")];
  return {
    id: randomUUID(),
    message,
    timestamp,
    status: status.toLowerCase(),
    service,
    host: hostname,
    source: ddsource,
    tags: [...new Set(tags.map((tag) => tag.trim()))].filter((tag) => tag !== ""),
    attributes: { ...(extra as Attributes), ...attributes },
  };
}
