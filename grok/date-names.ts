import { Kept } from "./kept";

/** The names of months and of days of the week in a language. */
export interface DateNames {
  /** Regular expression that matches the name of a month. */
  readonly monthPattern: string;
  /** Regular expression that matches the name of a day. */
  readonly dayPattern: string;
  /** The number from 1 of the month that `monthPattern` matched. */
  readonly monthOf: (name: string) => number | undefined;
}

const MONTHS = "January February March April May June July August September October November December".split(" ");
const DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(" ");
const withShort = (name: string) => [name, name.slice(0, 3), ...(name === "September" ? ["Sept"] : [])];

/** The names in English. */
export const ENGLISH = dateNamesOf(MONTHS.map(withShort), DAYS.map(withShort), "");

/** The names of the locales that were used. */
const kept = new Kept<string, DateNames>(50);

/**
 * The long and short names in the language of a locale. A dot at the end of a name can be there or not, except in English.
 *
 * @param locale as Java or the web writes it: `fr`, `fr_CA`, `fr-CA`
 * @throws Error if the locale is not known
 */
export function dateNames(locale: string): DateNames {
  const tag = supported(locale);
  if (tag === undefined) throw new Error(`"${locale}" is not a known locale: use a language such as fr, or fr-CA`);
  if (/^en\b/i.test(tag)) return ENGLISH;
  let names = kept.get(tag);
  if (names === undefined) {
    names = dateNamesOf(
      namesIn(
        tag,
        "month",
        MONTHS.map((_name, month) => Date.UTC(2026, month, 15)),
      ),
      namesIn(
        tag,
        "weekday",
        // 5 January 2026 is a Monday.
        DAYS.map((_name, day) => Date.UTC(2026, 0, 5 + day)),
      ),
      "\\.?",
    );
    kept.set(tag, names);
  }
  return names;
}

function supported(locale: string): string | undefined {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(locale.replaceAll("_", "-"))[0];
  } catch {
    return undefined;
  }
}

/** For each date, the names of its month or day, alone and in a date: in some languages, these forms differ. */
function namesIn(tag: string, field: "month" | "weekday", dates: readonly number[]): string[][] {
  const formats = (["long", "short"] as const).flatMap((style) => {
    const options = { [field]: style, calendar: "gregory", numberingSystem: "latn", timeZone: "UTC" };
    return [options, { ...options, day: "numeric" } as const].map((each) => new Intl.DateTimeFormat(tag, each));
  });
  return dates.map((date) =>
    formats
      .map((format) => format.formatToParts(date))
      // A name such as 2月 has several parts.
      .map((parts) => (parts.some(({ type }) => type === "day") ? parts.filter(({ type }) => type === field) : parts))
      .map((parts) => parts.map(({ value }) => value).join(""))
      .filter((name) => !/^\d*$/.test(name)),
  );
}

function dateNamesOf(months: readonly string[][], days: readonly string[][], end: "" | "\\.?"): DateNames {
  const key = (name: string) => name.toLowerCase().replace(/\.$/, "");
  const numbers = new Map(months.flatMap((names, month) => names.map((name) => [key(name), month + 1] as const)));
  const pattern = (names: readonly string[]) =>
    // Longest first: a short name can be the start of a long one.
    [...new Set(names.map(key))].sort((a, b) => b.length - a.length).map((name) => inAnyCase(name) + end);
  return {
    monthPattern: pattern(months.flat()).join("|"),
    dayPattern: pattern(days.flat()).join("|"),
    monthOf: (name) => numbers.get(key(name)),
  };
}

/** Case-insensitive matching is in ASCII only, so that the pattern has both cases of other letters. */
function inAnyCase(name: string): string {
  return Array.from(name, (char) => {
    const upper = char.toUpperCase();
    if (char > "\x7f" && upper !== char && upper.length === char.length) return `[${char}${upper}]`;
    return char.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
  }).join("");
}
