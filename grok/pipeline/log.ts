import { wholeObject } from "../filters/json";
import { type Attributes, get, isObject, merge, normalize, type Value } from "../attributes";

/** A log event before or after a pipeline. */
export interface Log {
  /** The text as it was received. */
  message: string;
  /** Attributes, which a search names with `@`: `@user`. */
  attributes?: Attributes;
  /** `key:value` each. */
  tags?: readonly string[];
  service?: string;
  source?: string;
  host?: string;
  /** One of emergency, alert, critical, error, warn, notice, info, debug or ok. */
  status?: string;
  /** Milliseconds since 1970. */
  timestamp?: number;
  traceId?: string;
  spanId?: string;
}

/** A log while a pipeline changes it. */
export interface WorkingLog extends Log {
  attributes: Attributes;
  tags: string[];
  /** Types of the remappers that have set a reserved attribute. The first one of each type is used, except for the date. */
  readonly remapped: Set<string>;
}

/**
 * A copy that the pipeline can change. A message that is a JSON object becomes the attributes, as in Datadog's intake. Its
 * field `message` becomes the message if it is a text, or is merged into the attributes if it is an object.
 */
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

/** The attribute at a path, which can start with `custom.`. */
export function attributeOf({ attributes = {} }: Log, path: string): Value | undefined {
  return (
    get(attributes, path) ?? (path.startsWith("custom.") ? get(attributes, path.slice("custom.".length)) : undefined)
  );
}

/** The attribute at a path, which can start with `custom.`. `message` is the log's message if there is no such attribute. */
export function valueOf(log: Log, path: string): Value | undefined {
  const value = attributeOf(log, path);
  return value === undefined && path === "message" ? log.message : value;
}

/** The values of the tags with this key. */
export function tagValues(log: Log, key: string): string[] {
  const start = `${key}:`;
  return (log.tags ?? []).filter((tag) => tag.startsWith(start)).map((tag) => tag.slice(start.length));
}
