import type { StoredLog } from "./log-store";
import type { Pipeline, Processor } from "./pipeline-schema";

export type LogFilter = (log: StoredLog) => boolean;

/** What is wrong with the rules of Grok parsers, one line each. */
export function ruleErrors(_processors: readonly Processor[]): string[] {
  return [];
}

/** The log after every enabled pipeline whose filter it passes. */
export function runPipelines(_pipelines: readonly Pipeline[], log: StoredLog, _now: number): StoredLog {
  return log;
}

/** A query of the log search; throws where it cannot be read. */
export function logFilter(query: string): LogFilter {
  const terms = query.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
  const filters = terms.filter((term) => term !== "*" && term !== "AND").map(term);
  return (log) => filters.every((filter) => filter(log));
}

function term(text: string): LogFilter {
  if (text.startsWith("-")) {
    const inner = term(text.slice(1));
    return (log) => !inner(log);
  }
  const [, key, value] = /^(@?[\w.-]+):(.+)$/s.exec(text) ?? [undefined, undefined, text];
  const unquoted = (value ?? "").replace(/^"(.*)"$/s, "$1");
  const pattern = unquoted
    .split("*")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  const expression = key === undefined ? new RegExp(`\\b${pattern}\\b`, "is") : new RegExp(`^${pattern}$`, "s");
  return (log) => {
    const found = key === undefined ? log.message : valueOf(log, key);
    return found !== undefined && [found].flat().some((one) => expression.test(String(one)));
  };
}

/** The value of a facet: `@path` of the attributes, a reserved attribute, or a tag. */
export function valueOf(log: StoredLog, facet: string): unknown {
  if (facet.startsWith("@")) {
    let value: unknown = log.attributes;
    for (const key of facet.slice(1).split(".")) {
      value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
    }
    return value ?? undefined;
  }
  if (facet === "service" || facet === "host" || facet === "status" || facet === "source" || facet === "message") {
    return log[facet];
  }
  return log.tags.find((tag) => tag.startsWith(`${facet}:`))?.slice(facet.length + 1);
}
