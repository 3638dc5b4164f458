import { type Value, wholeNumber } from "./attributes";
import { dateFormat } from "./dates";
import type { Argument } from "./reference";
import { wholeMatch } from "./regex/whole-match";

/** What a matcher accepts, and how it converts the text. */
export interface Matcher {
  /** Regular expression in Java's syntax. */
  readonly pattern: string;
  /**
   * The value of the attribute; undefined leaves it out.
   *
   * @default the text itself
   */
  readonly convert?: (text: string, now: number) => Value | undefined;
}

// Matches a number only as a whole. Possessive quantifiers do this faster than an atomic group.
const NUMBER = "[+-]?(?:\\d++(?:\\.\\d*+|(?!\\.))|\\.\\d++)";
const EXPONENT = "(?:[eE][+-]?\\d+)?";
const OCTET = "(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)";
const IPV4 = `(?<!\\d)${OCTET}(?:\\.${OCTET}){3}(?!\\d)`;
const IPV6 = ipv6();
const LABEL = "[0-9A-Za-z][0-9A-Za-z_-]{0,62}";
const HOSTNAME = `\\b${LABEL}(?:\\.${LABEL})*(?:\\.?|\\b)`;
const DOUBLE_QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
const SINGLE_QUOTED = "'(?:[^'\\\\]|\\\\.)*'";

/**
 * Longest forms first: otherwise a shorter form would match the start of a longer address. The forms are one atomic group,
 * which the matcher translates and runs separately, because they are long. Most texts fail at its first look-ahead.
 */
function ipv6(): string {
  const group = "[0-9A-Fa-f]{1,4}";
  const forms = [`(?:${group}:){6}${OCTET}(?:\\.${OCTET}){3}`, `(?:${group}:){7}${group}`];
  for (let before = 7; before >= 0; before--) {
    const head = before === 0 ? ":" : `(?:${group}:){${before}}`;
    const after = 7 - before;
    if (after >= 2) forms.push(`${head}(?::${group}){0,${after - 2}}:${OCTET}(?:\\.${OCTET}){3}`);
    if (after >= 1) forms.push(`${head}(?::${group}){1,${after}}`);
    forms.push(`${head}:`);
  }
  const end = "(?![0-9A-Fa-f:])";
  const start = "(?<![0-9A-Fa-f:.])(?=[0-9A-Fa-f]{0,4}+:)";
  return `(?>${start}(?:${forms.join("|")})${end})(?:%[0-9A-Za-z._~-]+${end})?`;
}

const toNumber = (text: string): Value | undefined => {
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
};

const toInteger = (text: string): Value | undefined => {
  const value = /^[+-]?\d+$/.test(text) ? wholeNumber(text) : toNumber(text);
  return value === Infinity || value === -Infinity ? undefined : value;
};

const FIXED: Record<string, Matcher> = {
  number: { pattern: NUMBER, convert: toNumber },
  numberStr: { pattern: NUMBER },
  numberExt: { pattern: NUMBER + EXPONENT, convert: toNumber },
  numberExtStr: { pattern: NUMBER + EXPONENT },
  integer: { pattern: "[+-]?\\d+", convert: toInteger },
  integerStr: { pattern: "[+-]?\\d+" },
  integerExt: { pattern: `[+-]?\\d+${EXPONENT}`, convert: toInteger },
  integerExtStr: { pattern: `[+-]?\\d+${EXPONENT}` },
  word: { pattern: "\\b\\w+\\b" },
  notSpace: { pattern: "\\S+" },
  data: { pattern: ".*?" },
  greedyData: { pattern: ".*" },
  doubleQuotedString: { pattern: DOUBLE_QUOTED },
  singleQuotedString: { pattern: SINGLE_QUOTED },
  quotedString: { pattern: `(?:${DOUBLE_QUOTED}|${SINGLE_QUOTED})` },
  uuid: { pattern: "[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}" },
  mac: {
    pattern: "(?:(?:[A-Fa-f0-9]{2}[:-]){5}[A-Fa-f0-9]{2}|(?:[A-Fa-f0-9]{4}\\.){2}[A-Fa-f0-9]{4})",
  },
  ipv4: { pattern: IPV4 },
  ipv6: { pattern: IPV6 },
  ip: { pattern: `(?:${IPV6}|${IPV4})` },
  hostname: { pattern: HOSTNAME },
  ipOrHost: { pattern: `(?:${IPV6}|${IPV4}|${HOSTNAME})` },
  port: { pattern: "\\b[1-9]\\d{0,4}\\b" },
};

/** The names of all matchers, for suggestions. */
export const MATCHERS = [...Object.keys(FIXED), "boolean", "date", "regex"];

/**
 * The matcher of this name; undefined if there is none.
 *
 * @throws Error if its arguments are not valid
 */
export function matcher(name: string, args: readonly Argument[]): Matcher | undefined {
  switch (name) {
    case "regex": {
      const [pattern] = args;
      if (typeof pattern !== "string" || args.length > 1)
        throw new Error('regex needs one argument, a quoted pattern: regex("[a-z]+")');
      return { pattern };
    }
    case "date": {
      const [format, zone, locale] = args;
      if (typeof format !== "string" || args.length > 3)
        throw new Error(
          'date needs a quoted format, and optionally a quoted zone: date("MMM dd HH:mm:ss", "Asia/Singapore")',
        );
      if (typeof zone === "object" && zone !== null) throw new Error("the zone of date must be a quoted text");
      if (locale !== undefined && locale !== null && typeof locale !== "string")
        throw new Error('the locale of date must be a quoted text, such as "fr"');
      const date = dateFormat(
        format,
        zone === undefined || zone === null ? undefined : String(zone),
        locale ?? undefined,
      );
      return { pattern: date.pattern, convert: (text, now) => date.parse(text, now) };
    }
    case "boolean": {
      const [yes = "true", no = "false"] = args;
      if (typeof yes !== "string" || typeof no !== "string")
        throw new Error('boolean needs two quoted texts: boolean("yes", "no")');
      return { pattern: `(?i:${yes}|${no})`, convert: wholeMatch(`(?i:${yes})`, "boolean") };
    }
  }
  const fixed = FIXED[name];
  if (fixed !== undefined && args.length > 0) throw new Error(`${name} takes no arguments`);
  return fixed;
}
