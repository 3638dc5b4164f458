/** A log alert's query: `logs("service:x").index("*").rollup("count").by("@a,@b").last("5m") >= 5`. */
export interface MonitorQuery {
  /** In the log search's syntax. */
  readonly search: string;
  readonly aggregation: "count" | "cardinality" | "sum" | "avg" | "min" | "max";
  /** Facet that is aggregated; none with count. */
  readonly measure?: string;
  /** Facets for each of whose values the monitor is evaluated. */
  readonly by: readonly string[];
  /** Milliseconds. */
  readonly window: number;
  readonly comparator: keyof typeof comparators;
  readonly threshold: number;
}

export const comparators = {
  ">": (value: number, threshold: number) => value > threshold,
  ">=": (value: number, threshold: number) => value >= threshold,
  "<": (value: number, threshold: number) => value < threshold,
  "<=": (value: number, threshold: number) => value <= threshold,
} as const;

const aggregations = ["count", "cardinality", "sum", "avg", "min", "max"] as const;
const call = /\.?([a-z]+)\(\s*((?:"(?:\\.|[^"\\])*"\s*,?\s*)*)\)/y;
const minute = 60_000;

/** Throws where a query is none of a log alert. */
export function parseMonitorQuery(text: string): MonitorQuery {
  const calls = new Map<string, string[]>();
  call.lastIndex = 0;
  let end = 0;
  for (let found = call.exec(text); found !== null; found = call.exec(text)) {
    const [, name = "", args = ""] = found;
    if (calls.has(name)) throw new Error(`${name}() stands twice`);
    calls.set(name, stringsOf(args));
    end = call.lastIndex;
  }
  const names = [...calls.keys()];
  const unknown = names.find((name) => !["logs", "index", "rollup", "by", "last"].includes(name));
  if (unknown !== undefined) throw new Error(`${unknown}() is not known`);
  if (names[0] !== "logs" || names.at(-1) !== "last") throw new Error("it must begin with logs() and end with last()");
  const [, comparator, threshold] = /^\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text.slice(end)) ?? [];
  if (comparator === undefined) throw new Error("after last() there must be >, >=, < or <= and a number");

  const one = (name: string) => {
    const [value, ...more] = calls.get(name) ?? [];
    if (value === undefined || more.length > 0) throw new Error(`${name}() takes one text`);
    return value;
  };
  const index = one("index");
  if (index === "") throw new Error("index() names none");
  const [aggregation, measure, ...more] = calls.get("rollup") ?? [];
  const known = aggregations.find((each) => each === aggregation);
  if (known === undefined || more.length > 0 || (known === "count") !== (measure === undefined)) {
    throw new Error(`rollup() takes "count", or one of ${aggregations.slice(1).join(", ")} and a facet`);
  }
  const by = calls.has("by") ? one("by").split(",") : [];
  if (by.length > 4 || by.some((facet) => facet.trim() === "")) throw new Error("by() takes one to four facets");
  return {
    search: one("logs"),
    aggregation: known,
    measure,
    by: by.map((facet) => facet.trim()),
    window: windowOf(one("last")),
    comparator: comparator as keyof typeof comparators,
    threshold: Number(threshold),
  };
}

function stringsOf(args: string): string[] {
  return [...args.matchAll(/"((?:\\.|[^"\\])*)"/g)].map(([, inner = ""]) => inner.replaceAll(/\\(.)/gs, "$1"));
}

function windowOf(text: string): number {
  const [, count, unit] = /^(\d+)([mhd])$/.exec(text) ?? [];
  const minutes = Number(count) * ({ m: 1, h: 60, d: 1440 }[unit ?? ""] ?? NaN);
  if (!(minutes >= 1 && minutes <= 2880)) throw new Error(`last("${text}") is not from 1 minute to 2 days`);
  return minutes * minute;
}
