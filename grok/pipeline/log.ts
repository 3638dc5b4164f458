import { wholeObject } from "../filters/json";
import { type Attributes, get, isObject, merge, normalize, type Value } from "../attributes";

/** A log event, before or behind a pipeline. */
export interface Log {
  /** The text as it came. */
  message: string;
  /** What the explorer shows as attributes: `@user`. Default none. */
  attributes?: Attributes;
  /** `key:value`. Default none. */
  tags?: readonly string[];
  service?: string;
  source?: string;
  host?: string;
  /** emergency, alert, critical, error, warn, notice, info, debug or ok. */
  status?: string;
  /** Milliseconds since 1970. */
  timestamp?: number;
  traceId?: string;
  spanId?: string;
}

/** A log under way through a pipeline. */
export interface WorkingLog extends Log {
  attributes: Attributes;
  tags: string[];
  /** Official attributes that a remapper set: a later one of the same kind does not count, except for the date. */
  readonly remapped: Set<string>;
}

/** A copy to work on. A message that is a JSON object becomes attributes: its `message` the message, or, if an object, attributes too. */
export function workingCopy(log: Log): WorkingLog {
  const copy: WorkingLog = {
    ...log,
    attributes: structuredClone(log.attributes ?? {}),
    tags: [...(log.tags ?? [])],
    remapped: new Set(),
  };
  const object = log.attributes === undefined ? wholeObject(log.message) : undefined;
  if (object === undefined) return copy;
  const { message, ...rest } = object;
  copy.attributes = normalize(rest);
  if (typeof message === "string") copy.message = message;
  else if (isObject(message)) merge(copy.attributes, normalize(message));
  return copy;
}

/** The attribute at a path, also where it is written as `custom.path`; `message` is the log's own where no attribute is called so. */
export function valueOf(log: Log, path: string): Value | undefined {
  const attributes = log.attributes ?? {};
  const value =
    get(attributes, path) ?? (path.startsWith("custom.") ? get(attributes, path.slice("custom.".length)) : undefined);
  return value === undefined && path === "message" ? log.message : value;
}

/** Values of the tags with a key. */
export function tagValues(log: Log, key: string): string[] {
  const start = `${key}:`;
  return (log.tags ?? []).filter((tag) => tag.startsWith(start)).map((tag) => tag.slice(start.length));
}
