import { Kept } from "./kept";

const formats = new Kept<string, Intl.DateTimeFormat | undefined>(1000);

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  if (!formats.has(zone)) {
    let format: Intl.DateTimeFormat | undefined;
    try {
      // An offset is not a name: JavaScript takes offsets beyond Datadog's limit.
      if (/^[+-]/.test(zone)) throw new RangeError("an offset");
      format = new Intl.DateTimeFormat("en-US", {
        timeZone: zone,
        hourCycle: "h23",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
        second: "numeric",
      });
    } catch {
      format = undefined;
    }
    formats.set(zone, format);
  }
  return formats.get(zone);
}

/** The fixed offsets of zones that were used. */
const offsets = new Kept<string, number | undefined>(1000);

function fixedOffset(zone: string): number | undefined {
  if (offsets.has(zone)) return offsets.get(zone);
  const offset = readOffset(zone);
  offsets.set(zone, offset);
  return offset;
}

/** Datadog's limit of an offset, in seconds: 18 hours. */
const LONGEST_OFFSET = 18 * 3600;

/** Seconds east of UTC for `UTC+5`, `GMT-03:30`, `+3`, `+0300`, `+05:30:00`, `Z`; undefined for other texts. */
function readOffset(zone: string): number | undefined {
  const parts = /^(?:UTC|GMT|UT|Z)?(?:([+-])(\d{1,2})(?::?(\d{2})(?::?(\d{2}))?)?)?$/i.exec(zone.trim());
  if (parts === null || zone.trim() === "") return undefined;
  const [, sign, hours = 0, minutes = 0, seconds = 0] = parts;
  const offset = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  if (offset > LONGEST_OFFSET || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  return sign === "-" ? -offset : offset;
}

/** Whether this is an offset or a name of the IANA time zone database, such as `Asia/Singapore`. */
export function isZone(zone: string): boolean {
  return fixedOffset(zone) !== undefined || formatOf(zone) !== undefined;
}

/** Offset of the zone from UTC at an instant, in milliseconds. */
export function offsetAt(zone: string, instant: number): number {
  const fixed = fixedOffset(zone);
  if (fixed !== undefined) return fixed * 1000;
  const format = formatOf(zone);
  if (format === undefined) throw new RangeError(`unknown time zone ${zone}`);
  const fields: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(instant)) fields[type] = Number(value);
  const local = Date.UTC(fields.year!, fields.month! - 1, fields.day, fields.hour, fields.minute, fields.second);
  return local - Math.floor(instant / 1000) * 1000;
}

/**
 * The instant of a local time in a zone.
 *
 * @param local the local time, in milliseconds as if it were UTC. A time that the change to summer time skips has the offset
 *   from before the change.
 */
export function toInstant(zone: string, local: number): number {
  const guess = local - offsetAt(zone, local);
  return local - offsetAt(zone, guess);
}
