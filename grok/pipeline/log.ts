import { type Attributes, get, isObject, type Value } from "../attributes";

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

/** A copy to work on. A message that is a JSON object becomes attributes, its `message` the message. */
export function workingCopy(log: Log): WorkingLog {
  const copy: WorkingLog = {
    ...log,
    attributes: structuredClone(log.attributes ?? {}),
    tags: [...(log.tags ?? [])],
    remapped: new Set(),
  };
  if (log.attributes === undefined && log.message.trimStart().startsWith("{")) {
    try {
      const object: unknown = JSON.parse(log.message);
      if (isObject(object)) {
        copy.attributes = object;
        if (typeof object.message === "string") {
          copy.message = object.message;
          delete object.message;
        }
      }
    } catch {
      // It only looked like JSON: a text.
    }
  }
  return copy;
}

/** The attribute at a path; the official ones (`service`, `host`, …) where no attribute of that name is there. */
export function valueOf(log: Log, path: string): Value | undefined {
  const value = get(log.attributes ?? {}, path);
  if (value !== undefined) return value;
  switch (path) {
    case "message":
    case "service":
    case "source":
    case "host":
    case "status":
    case "timestamp":
      return log[path];
    case "ddsource":
      return log.source;
    default:
      return undefined;
  }
}

/** Values of the tags with a key. */
export function tagValues(log: Log, key: string): string[] {
  const start = `${key}:`;
  return (log.tags ?? []).filter((tag) => tag.startsWith(start)).map((tag) => tag.slice(start.length));
}
