import { isDeepStrictEqual } from "node:util";
import { copyOf, get, numberOf, remove, set, textOf, type Value } from "../attributes";
import { isZone, toInstant } from "../zones";
import { dateFormat } from "../dates";
import type { AttributeRemapper, Remapper } from "./definition";
import { attributeOf, tagValues, valueOf, type WorkingLog } from "./log";

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

const ISO_DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(Z|[+-]\d\d:?(?:\d\d)?)?)?$/i;
/** ISO 8601 without separators. Its digits alone would be a number. */
const ISO_BASIC_DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(?:(\d\d)(?:[.,](\d+))?)?(Z|[+-]\d\d:?(?:\d\d)?)?$/i;

/** Whole milliseconds since 1970 for a number, a text with a number, an ISO 8601 date or an RFC 3164 date. Undefined for an impossible date. */
function timestampOf(value: Value, now: number): number | undefined {
  if (typeof value === "number" || typeof value === "bigint") return Math.trunc(Number(value));
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^\d{10,}$/.test(text)) return Number(text);
  const iso = ISO_DATE.exec(text) ?? ISO_BASIC_DATE.exec(text);
  if (iso !== null) {
    const [, year, month, day, hour = "00", minute = "00", second = "00", fraction = "", zone = "Z"] = iso;
    const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
    const date = new Date(local);
    // JavaScript reads 31 February as 2 March.
    if (Number.isNaN(date.getTime()) || date.toISOString() !== local || !isZone(zone)) return undefined;
    return toInstant(zone, date.getTime()) + Number(fraction.slice(0, 3).padEnd(3, "0"));
  }
  for (const format of ["MMM dd HH:mm:ss", "MMM  d HH:mm:ss", "MMM d HH:mm:ss"]) {
    const instant = dateFormat(format).parse(text, now);
    if (instant !== undefined) return instant;
  }
  return undefined;
}

/** What a remapper of a reserved attribute needs besides the log. */
interface Clock {
  readonly now: number;
  readonly arrival?: number;
}

/**
 * Sets a reserved attribute (timestamp, status, service, …) from the first source that exists. Only attributes are sources, so
 * `message` is not the log's own message. A date remapper that finds no date sets the time of arrival.
 */
export function remap(definition: Remapper, log: WorkingLog, { now, arrival }: Clock): void {
  const { type, sources } = definition;
  // Of several remappers of a type, the first one that finds a source is used; of date remappers, the last one.
  if (type !== "date-remapper" && log.remapped.has(type)) return;
  const source = sources.find((each) => attributeOf(log, each) !== undefined);
  const value = source === undefined ? undefined : attributeOf(log, source);
  if (type === "date-remapper") {
    log.timestamp = (value === undefined ? undefined : timestampOf(value, now)) ?? log.timestamp ?? arrival;
    return;
  }
  if (source === undefined || value === undefined) return;
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

/**
 * Moves or copies attributes or tags. Of several sources, the first that exists gives the value. The others are removed as well,
 * unless sources are preserved, and so is a source that does not override the target.
 */
export function remapAttribute(
  definition: Omit<AttributeRemapper, "type" | "name" | "is_enabled">,
  log: WorkingLog,
): void {
  const { sources, target, source_type, target_type, target_format, preserve_source, override_on_conflict } =
    definition;
  let found = false;
  for (const source of sources) {
    const value: Value | undefined = source_type === "tag" ? tagValues(log, source)[0] : valueOf(log, source);
    if (value === undefined) continue;
    const same = source === target && source_type === target_type;
    const sets = same || (!found && (override_on_conflict || !conflicts(log, definition, value)));
    found = true;
    if (!same && !preserve_source) {
      if (source_type === "tag") log.tags = log.tags.filter((tag) => !tag.startsWith(`${source}:`));
      else remove(log.attributes, source);
    }
    if (!sets) continue;
    if (target_type === "tag") {
      const key = tagText(target);
      log.tags = log.tags.filter((tag) => !tag.startsWith(`${key}:`));
      log.tags.push(tagText(`${target}:${textOf(value)}`));
    } else {
      // A copy must not change with its source.
      set(log.attributes, target, copyOf(cast(value, target_format)));
    }
  }
}

/** Most characters of a tag. */
const LONGEST_TAG = 200;

/**
 * A tag as Datadog stores it: lower case, other characters than letters, digits and `_-:./` as `_`, at most 200 characters, no
 * colon at the end.
 *
 * @see https://docs.datadoghq.com/getting_started/tagging/#define-tags
 */
function tagText(text: string): string {
  const tag = text.toLowerCase().replace(/[^\p{L}\p{N}_\-:./]/gu, "_");
  return Array.from(tag).slice(0, LONGEST_TAG).join("").replace(/:$/, "");
}

/** Whether the target already has another value. */
function conflicts(
  log: WorkingLog,
  { target, target_type }: Pick<AttributeRemapper, "target" | "target_type">,
  value: Value,
): boolean {
  if (target_type === "tag") return tagValues(log, tagText(target)).length > 0;
  const there = get(log.attributes, target);
  return there !== undefined && !isDeepStrictEqual(there, value);
}

/** The value as another type; unchanged if the conversion is not possible. */
function cast(value: Value, format: AttributeRemapper["target_format"]): Value {
  switch (format) {
    case "string":
      return textOf(value);
    case "integer":
    case "double": {
      const number = numberOf(value);
      if (number === undefined) return value;
      if (format === "double") return Number(number);
      return typeof number === "number" ? Math.trunc(number) : number;
    }
    default:
      return value;
  }
}
