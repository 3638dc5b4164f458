import { groupedBy } from "./grouping";
import { type StoredLog, valueOf } from "./logs";

type Value = string | number | boolean;

/** The values that logs have under one name. */
export interface Facet {
  /** The name in a search: `service`, `@usr.name`, or the key of a tag. */
  readonly facet: string;
  /** The number of logs that have it. */
  readonly logs: number;
  /** The number of different values. */
  readonly cardinality: number;
  /** The most frequent values and how many logs have each, in that order. */
  readonly top: readonly { readonly value: Value; readonly count: number }[];
}

/** The facets that every log can have. Tags and attributes differ from log to log. */
const reserved = ["service", "host", "source", "status"];

/** All facets of the logs, with at most `limit` values each: reserved names, tags, attributes. */
export function facetsOf(logs: readonly StoredLog[], limit: number): Facet[] {
  const found = new Map<string, { logs: number; counts: Map<Value, number> }>();
  for (const log of logs) {
    for (const [facet, values] of groupedBy(heldBy(log), ([name]) => name)) {
      const known = found.get(facet) ?? { logs: 0, counts: new Map<Value, number>() };
      found.set(facet, known);
      known.logs++;
      for (const value of new Set(values.map(([, each]) => each))) {
        known.counts.set(value, (known.counts.get(value) ?? 0) + 1);
      }
    }
  }
  return [...found]
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([facet, { logs, counts }]) => {
      const values = [...counts].sort(([a, m], [b, n]) => n - m || (String(a) < String(b) ? -1 : 1));
      const top = values.slice(0, limit).map(([value, count]) => ({ value, count }));
      return { facet, logs, cardinality: values.length, top };
    });
}

function rank(facet: string): number {
  const index = reserved.indexOf(facet);
  return index >= 0 ? index : reserved.length + (facet.startsWith("@") ? 1 : 0);
}

function heldBy(log: StoredLog): [facet: string, value: Value][] {
  const tags = log.tags
    .map((tag): [string, string] => [tag.split(":")[0] ?? "", tag.slice(tag.indexOf(":") + 1)])
    .filter(([key], index) => log.tags[index]?.includes(":") && !reserved.includes(key));
  return [...reserved.flatMap((facet) => leaves(facet, valueOf(log, facet))), ...tags, ...leaves("@", log.attributes)];
}

/** The values at a path and below it. The values in a list have the path of the list. */
function leaves(path: string, value: unknown): [string, Value][] {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return [[path, value]];
  if (Array.isArray(value)) return value.flatMap((each) => leaves(path, each));
  if (typeof value !== "object" || value === null) return [];
  const prefix = path === "@" ? path : `${path}.`;
  return Object.entries(value).flatMap(([key, each]) => leaves(`${prefix}${key}`, each));
}
