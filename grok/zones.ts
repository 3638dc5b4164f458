import { Kept } from "./kept";

const formats = new Kept<string, Intl.DateTimeFormat | undefined>(1000);

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  if (!formats.has(zone)) {
    let format: Intl.DateTimeFormat | undefined;
    try {
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

/** Minutes east of UTC for `UTC+5`, `GMT-03:30`, `+3`, `+0300`, `Z`; undefined for other texts. */
function readOffset(zone: string): number | undefined {
  const parts = /^(?:UTC|GMT|UT|Z)?(?:([+-])(\d{1,2})(?::?(\d{2}))?)?$/i.exec(zone.trim());
  if (parts === null || zone.trim() === "") return undefined;
  if (parts[1] === undefined) return 0;
  const minutes = Number(parts[2]) * 60 + Number(parts[3] ?? 0);
  return Number(parts[2]) > 18 || Number(parts[3] ?? 0) > 59 ? undefined : parts[1] === "-" ? -minutes : minutes;
}

/** Whether this is an offset or a name of the IANA time zone database, such as `Asia/Singapore`. */
export function isZone(zone: string): boolean {
  return fixedOffset(zone) !== undefined || formatOf(zone) !== undefined;
}

/** Offset of the zone from UTC at an instant, in milliseconds. */
export function offsetAt(zone: string, instant: number): number {
  const fixed = fixedOffset(zone);
  if (fixed !== undefined) return fixed * 60_000;
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
