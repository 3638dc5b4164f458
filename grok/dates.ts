import { type DateNames, dateNames, ENGLISH } from "./date-names";
import { isZone, offsetAt, toInstant } from "./zones";

/** A compiled format of the `date` matcher. */
export interface DateFormat {
  /** Regular expression that matches the texts in this format. */
  readonly pattern: string;
  /** Milliseconds since 1970; undefined if the text is not a valid date, such as 31 February, or has an unknown zone. */
  readonly parse: (text: string, now: number) => number | undefined;
}

interface Fields {
  year?: number;
  month?: number;
  day?: number;
  dayOfYear?: number;
  hour?: number;
  hourOfHalf?: number;
  afternoon?: boolean;
  minute?: number;
  second?: number;
  millisecond?: number;
  zone?: string;
}

interface Piece {
  readonly pattern: string;
  readonly read?: (text: string, fields: Fields) => void;
}

const HALF_YEAR = 184 * 86_400_000;

/** Such as `CET`, `America/Port-au-Prince`, `Etc/GMT+5`. */
const ZONE_NAME = "[A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*";
const OFFSET = "(?:[+-]\\d{2}:?(?:\\d{2})?|Z)";

/**
 * Compiles a format in the letters of Joda-Time, and `X` to `XXX` of java.time.
 *
 * @param zone time zone of a text that has none
 * @param locale language of the names of months and days, such as `fr`; by default English
 * @throws Error if the format, the zone or the locale is not valid
 * @see https://www.joda.org/joda-time/apidocs/org/joda/time/format/DateTimeFormat.html
 */
export function dateFormat(format: string, zone = "UTC", locale?: string): DateFormat {
  if (!isZone(zone))
    throw new Error(`"${zone}" is not a time zone: use an offset such as +03:00 or a name such as Asia/Singapore`);
  const names = locale === undefined ? ENGLISH : dateNames(locale);
  const pieces: Piece[] = [];
  for (const [token] of format.matchAll(/'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+|'/gs)) {
    if (token === "'") throw new Error("unclosed quote in the date format");
    pieces.push(
      token.startsWith("'")
        ? literal(token === "''" ? "'" : token.slice(1, -1).replaceAll("''", "'"))
        : piece(token, names),
    );
  }
  const regex = new RegExp(`^${pieces.map(({ pattern }) => `(${pattern})`).join("")}$`, "i");
  return {
    pattern: `(?i:${pieces.map(({ pattern }) => pattern).join("")})`,
    parse(text, now) {
      const found = regex.exec(text);
      if (found === null) return undefined;
      const fields: Fields = {};
      for (let index = 0; index < pieces.length; index++) pieces[index]!.read?.(found[index + 1]!, fields);
      if (fields.zone !== undefined && !isZone(fields.zone)) return undefined;
      return instantOf(fields, fields.zone ?? zone, now);
    },
  };
}

function literal(text: string): Piece {
  return { pattern: text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&") };
}

function digits(token: string, set: (fields: Fields, value: number) => void): Piece {
  return {
    pattern: token.length === 1 ? "\\d{1,2}" : `\\d{${token.length}}`,
    read: (text, fields) => set(fields, Number(text)),
  };
}

function piece(token: string, names: DateNames): Piece {
  const count = token.length;
  switch (token.charAt(0)) {
    case "y":
    case "Y":
    case "x":
    case "u":
      return {
        pattern: count === 2 ? "\\d{2}" : count === 1 ? "\\d{1,9}" : `\\d{${count}}`,
        // Two digits mean a year from 1970 to 2069.
        read: (text, fields) =>
          (fields.year = count === 2 ? Number(text) + (Number(text) < 70 ? 2000 : 1900) : Number(text)),
      };
    case "M":
    case "L":
      if (count <= 2) return digits(token, (fields, value) => (fields.month = value));
      return {
        pattern: `(?:${names.monthPattern})`,
        read: (text, fields) => (fields.month = names.monthOf(text)),
      };
    case "d":
      return digits(token, (fields, value) => (fields.day = value));
    case "D":
      return {
        pattern: count >= 3 ? `\\d{${count}}` : count === 2 ? "\\d{2,3}" : "\\d{1,3}",
        read: (text, fields) => (fields.dayOfYear = Number(text)),
      };
    case "H":
      return digits(token, (fields, value) => (fields.hour = value));
    case "k":
      return digits(token, (fields, value) => (fields.hour = value % 24));
    case "h":
      return digits(token, (fields, value) => (fields.hourOfHalf = value % 12));
    case "K":
      return digits(token, (fields, value) => (fields.hourOfHalf = value));
    case "m":
      return digits(token, (fields, value) => (fields.minute = value));
    case "s":
      return digits(token, (fields, value) => (fields.second = value));
    case "S":
      return {
        pattern: `\\d{${count}}`,
        read: (text, fields) => (fields.millisecond = Number(text.slice(0, 3).padEnd(3, "0"))),
      };
    case "E":
    case "e":
      return { pattern: `(?:${names.dayPattern}|\\d)` };
    case "a":
      return { pattern: "(?:AM|PM)", read: (text, fields) => (fields.afternoon = text.toUpperCase() === "PM") };
    case "G":
      return { pattern: "(?:AD|BC|CE|BCE)" };
    case "z":
      return { pattern: `(?:${ZONE_NAME}|[+-]\\d{1,2}:?\\d{2})`, read: readZone };
    case "Z":
      return { pattern: count >= 3 ? ZONE_NAME : OFFSET, read: readZone };
    case "X":
      if (count > 3) break;
      return { pattern: OFFSET, read: readZone };
  }
  if (/[A-Za-z]/.test(token)) throw new Error(`unknown letter in the date format: "${token}"`);
  return literal(token);
}

/**
 * Zones for the abbreviations that Java accepts and the IANA database does not list, or that JavaScript reads as the old identifier
 * of another zone (AST, ART, NST). Abbreviations of several zones that are equally likely, such as GST, are left out.
 */
const ABBREVIATIONS: Record<string, string> = {
  AST: "-04:00",
  ADT: "-03:00",
  AKST: "-09:00",
  AKDT: "-08:00",
  PST: "America/Los_Angeles",
  PDT: "-07:00",
  MDT: "-06:00",
  CST: "America/Chicago",
  CDT: "-05:00",
  EDT: "-04:00",
  NST: "-03:30",
  NDT: "-02:30",
  ART: "-03:00",
  BRT: "-03:00",
  BRST: "-02:00",
  CLT: "-04:00",
  CLST: "-03:00",
  COT: "-05:00",
  PET: "-05:00",
  VET: "-04:00",
  UYT: "-03:00",
  BST: "+01:00",
  WEST: "+01:00",
  CEST: "+02:00",
  MEST: "+02:00",
  EEST: "+03:00",
  MSK: "Europe/Moscow",
  MSD: "+04:00",
  WAT: "+01:00",
  SAST: "+02:00",
  PKT: "+05:00",
  IST: "+05:30",
  NPT: "+05:45",
  ICT: "+07:00",
  WIB: "+07:00",
  HKT: "+08:00",
  PHT: "+08:00",
  SGT: "+08:00",
  JST: "+09:00",
  KST: "+09:00",
  AWST: "+08:00",
  ACST: "+09:30",
  ACDT: "+10:30",
  AEST: "+10:00",
  AEDT: "+11:00",
  NZST: "+12:00",
  NZDT: "+13:00",
};

function readZone(text: string, fields: Fields): void {
  fields.zone = ABBREVIATIONS[text.toUpperCase()] ?? text.replace(/:$/, "");
}

function instantOf(fields: Fields, zone: string, now: number): number | undefined {
  const { hourOfHalf, afternoon, minute = 0, second = 0, millisecond = 0 } = fields;
  const hour = fields.hour ?? (hourOfHalf === undefined ? 0 : hourOfHalf + (afternoon === true ? 12 : 0));
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const time = ((hour * 60 + minute) * 60 + second) * 1000 + millisecond;
  const { month, day, dayOfYear } = fields;
  if (fields.year !== undefined) return at(fields.year);
  const today = new Date(now + offsetAt(zone, now));
  // A day of the year without a year is ignored: the date is today's.
  if (dayOfYear !== undefined || (month === undefined && day === undefined)) {
    return toInstant(zone, Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate()) + time);
  }
  // Without a year, take the latest year whose date is at most half a year ahead. 29 February can be eight years back.
  for (let year = today.getUTCFullYear() + 1; year >= today.getUTCFullYear() - 8; year--) {
    const instant = at(year);
    if (instant !== undefined && instant <= now + HALF_YEAR) return instant;
  }
  return undefined;

  function at(year: number): number | undefined {
    const date = new Date(0);
    if (dayOfYear !== undefined) date.setUTCFullYear(year, 0, dayOfYear);
    else date.setUTCFullYear(year, (month ?? 1) - 1, day ?? 1);
    if (dayOfYear === undefined && (date.getUTCMonth() !== (month ?? 1) - 1 || date.getUTCDate() !== (day ?? 1)))
      return undefined;
    return toInstant(zone, date.getTime() + time);
  }
}
