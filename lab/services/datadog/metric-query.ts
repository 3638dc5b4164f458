import { tagOf } from "./metric-points";
import { plainRefusal } from "./refusal";

/** A query of one metric: `sum:nas.actions{user:admin} by {action}.as_count().rollup(sum, 60)`. */
export interface MetricQuery {
  readonly aggregator: (typeof aggregators)[number];
  readonly metric: string;
  /** Tags that a series must have, or (`!`) must not have; none is `*`. */
  readonly scope: readonly string[];
  /** Keys of the tags for each of whose values there is a series. */
  readonly by: readonly string[];
  /** `.as_count()` and the like, as they stand in the query. */
  readonly functions: string;
  /** Milliseconds. Default: by the time that is asked for. */
  readonly rollup?: number;
}

const aggregators = ["sum", "avg", "min", "max", "count"] as const;
const form = /^(\w+):([A-Za-z][\w.]*)\{([^{}]*)\}(?:\s*by\s*\{([^{}]*)\})?((?:\.\w+\([^()]*\))*)$/;
const second = 1000;

/** Refuses a query of Datadog's that is not of this form; it does not guess. */
export function parseMetricQuery(text: string): MetricQuery {
  const [, aggregator, metric = "", scope = "", by = "", functions = ""] = form.exec(text.trim()) ?? [];
  if (aggregator === undefined) throw notSupported(text);
  const known = aggregators.find((each) => each === aggregator);
  if (known === undefined) throw notSupported(`${aggregator}:`);
  return { aggregator: known, metric, scope: scopeOf(scope), by: keysOf(by), functions, ...rollupOf(functions, known) };
}

export function notSupported(what: string) {
  return plainRefusal(400, `Error parsing query: ${what} is not supported by this stand-in`);
}

function scopeOf(text: string): string[] {
  const tags = text.split(",").map((tag) => tag.trim());
  if (tags.length === 1 && (tags[0] === "*" || tags[0] === "")) return [];
  return tags.map((tag) => {
    const [, not = "", key, value] = /^(!?)([\w.-]+):([^\s*()]+)$/.exec(tag) ?? [];
    if (key === undefined) throw notSupported(`{${text}}`);
    return `${not}${tagOf(key, value)}`;
  });
}

function keysOf(text: string): string[] {
  if (text.trim() === "") return [];
  const keys = text.split(",").map((key) => key.trim());
  if (!keys.every((key) => /^[\w.-]+$/.test(key))) throw notSupported(`by {${text}}`);
  return keys;
}

/** Series are put together over time as they are with one another. */
function rollupOf(functions: string, aggregator: string): { rollup?: number } {
  let rollup: number | undefined;
  for (const [call, name, args = ""] of functions.matchAll(/\.(\w+)\(([^()]*)\)/g)) {
    const [, method, seconds] = /^\s*(\w+)\s*(?:,\s*(\d+)\s*)?$/.exec(args) ?? [];
    if (name === "as_count" && args.trim() === "" && aggregator === "sum") continue;
    if (name !== "rollup" || method !== aggregator || rollup !== undefined || seconds === "0") {
      throw notSupported(`${aggregator}: with ${call}`);
    }
    rollup = seconds === undefined ? undefined : Number(seconds) * second;
  }
  return rollup === undefined ? {} : { rollup };
}
