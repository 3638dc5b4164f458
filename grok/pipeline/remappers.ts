import { isDeepStrictEqual } from "node:util";
import { get, remove, set, textOf, type Value } from "../attributes";
import { toInstant } from "../zones";
import { dateFormat } from "../dates";
import type { AttributeRemapper, Remapper } from "./definition";
import { tagValues, valueOf, type WorkingLog } from "./log";

/** The status for the start of a text. The first match is used. */
const STATUSES: readonly [RegExp, string][] = [
  [/^(emerg|f)/, "emergency"],
  [/^a/, "alert"],
  [/^c/, "critical"],
  [/^e/, "error"],
  [/^w/, "warn"],
  [/^n/, "notice"],
  [/^i/, "info"],
  [/^(d|t|v|trace|verbose)/, "debug"],
  [/^(o|s|ok|success)/, "ok"],
];
const BY_SEVERITY = ["emergency", "alert", "critical", "error", "warn", "notice", "info", "debug"];

/** The status for a text or a syslog severity (0 to 7); info for other values. */
function statusOf(value: Value): string {
  if (typeof value === "object") return "info";
  const text = String(value).trim().toLowerCase();
  if (/^[0-7](\.0+)?$/.test(text)) return BY_SEVERITY[Number(text)]!;
  return STATUSES.find(([start]) => start.test(text))?.[1] ?? "info";
}

/** Milliseconds since 1970 for a number, a text with a number, an ISO 8601 date or an RFC 3164 date. */
function timestampOf(value: Value, now: number): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^\d{10,}$/.test(text)) return Number(text);
  const iso =
    /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(Z|[+-]\d\d:?(?:\d\d)?)?)?$/i.exec(text);
  if (iso !== null) {
    const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = "", zone = "Z"] = iso;
    const local = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
    return toInstant(zone, local) + Number(fraction.slice(0, 3).padEnd(3, "0"));
  }
  for (const format of ["MMM dd HH:mm:ss", "MMM  d HH:mm:ss", "MMM d HH:mm:ss"]) {
    const instant = dateFormat(format).parse(text, now);
    if (instant !== undefined) return instant;
  }
  return undefined;
}

/** Sets a reserved attribute (timestamp, status, service, …) from the first source that exists. */
export function remap(definition: Remapper, log: WorkingLog, now: number): void {
  const { type, sources } = definition;
  // Of several remappers of a type, the first one that finds a source is used; of date remappers, the last one.
  if (type !== "date-remapper" && log.remapped.has(type)) return;
  const source = sources.find((each) => valueOf(log, each) !== undefined);
  if (source === undefined) return;
  const value = valueOf(log, source)!;
  if (type === "date-remapper") {
    log.timestamp = timestampOf(value, now) ?? log.timestamp;
    return;
  }
  if (typeof value === "object" && type !== "status-remapper") return;
  log.remapped.add(type);
  switch (type) {
    case "status-remapper":
      log.status = statusOf(value);
      break;
    case "service-remapper":
      log.service = textOf(value);
      break;
    case "message-remapper":
      log.message = textOf(value);
      remove(log.attributes, source);
      break;
    case "trace-id-remapper":
      log.traceId = textOf(value);
      remove(log.attributes, source);
      break;
    case "span-id-remapper":
      log.spanId = textOf(value);
      remove(log.attributes, source);
  }
}

/** Moves or copies attributes or tags. */
export function remapAttribute(definition: AttributeRemapper, log: WorkingLog): void {
  const { sources, target, source_type, target_type, target_format, preserve_source, override_on_conflict } =
    definition;
  for (const source of sources) {
    const value: Value | undefined = source_type === "tag" ? tagValues(log, source)[0] : valueOf(log, source);
    if (value === undefined) continue;
    const same = source === target && source_type === target_type;
    if (!same && !override_on_conflict && conflicts(log, definition, value)) continue;
    if (!same && !preserve_source) {
      if (source_type === "tag") log.tags = log.tags.filter((tag) => !tag.startsWith(`${source}:`));
      else remove(log.attributes, source);
    }
    if (target_type === "tag") {
      log.tags = log.tags.filter((tag) => !tag.startsWith(`${target}:`));
      log.tags.push(`${target}:${textOf(value)}`);
    } else set(log.attributes, target, cast(value, target_format));
  }
}

/** Whether the target already has another value. */
function conflicts(log: WorkingLog, { target, target_type }: AttributeRemapper, value: Value): boolean {
  if (target_type === "tag") return tagValues(log, target).length > 0;
  const there = get(log.attributes, target);
  return there !== undefined && !isDeepStrictEqual(there, value);
}

/** The value as another type; unchanged if the conversion is not possible. */
function cast(value: Value, format: AttributeRemapper["target_format"]): Value {
  switch (format) {
    case "string":
      return typeof value === "object" ? JSON.stringify(value) : textOf(value);
    case "integer":
    case "double": {
      const number = typeof value === "object" || value === "" ? NaN : Number(value);
      return Number.isNaN(number) ? value : format === "integer" ? Math.trunc(number) : number;
    }
    default:
      return value;
  }
}
