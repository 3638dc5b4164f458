import { z } from "zod";
import { type Attributes, compileQuery, type Log } from "../../../grok/index";
import { get } from "../../../grok/attributes";

/** A log as it is stored after its pipelines. */
export interface StoredLog extends Log {
  readonly id: string;
  readonly attributes: Attributes;
  readonly tags: readonly string[];
  readonly status: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

/** The value of a facet: `@path` of the attributes, a reserved attribute, or a tag. */
export function valueOf(log: StoredLog, facet: string): unknown {
  if (facet.startsWith("@")) {
    return get(log.attributes, facet.slice(1)) ?? undefined;
  }
  if (facet === "service" || facet === "host" || facet === "status" || facet === "source") {
    return log[facet];
  }
  return log.tags.find((tag) => tag.startsWith(`${facet}:`))?.slice(facet.length + 1);
}

/** A valid query of the log search. */
export const searchQuery = z.string().check((context) => {
  try {
    compileQuery(context.value);
  } catch (error) {
    const message = `cannot be read: ${(error as Error).message}`;
    context.issues.push({ code: "custom", input: context.value, message });
  }
});

const units: Readonly<Record<string, number>> = { m: 60e3, h: 3600e3, d: 86400e3 };
const time = z.string().regex(/^now([+-]\d+[mhd])?$/, "this stand-in knows now, now-15m, now-1h and the like only");

/** The query and the time span of a search. */
export const filter = z.strictObject({
  query: searchQuery.default("*"),
  from: time.default("now-15m"),
  to: time.default("now"),
});

/** The logs that a filter finds, in the order of their arrival. */
export function findLogs(logs: readonly StoredLog[], { query, from, to }: z.output<typeof filter>, now: number) {
  const [begin, end] = [from, to].map((text) => {
    const [, count = 0, unit = ""] = /^now(.\d+)(.)$/.exec(text) ?? [];
    return now + Number(count) * (units[unit] ?? 0);
  }) as [number, number];
  const matches = compileQuery(query);
  return logs.filter((log) => log.timestamp >= begin && log.timestamp <= end && matches(log));
}
