import { add, type Attributes, type Value, wholeNumber } from "../attributes";
import { CharSet, SPACE } from "../regex/char-set";
import { parsePattern } from "../regex/syntax";

type Quotes = readonly (readonly [open: string, close: string])[];

const DEFAULT_QUOTES: Quotes = [
  ['"', '"'],
  ["'", "'"],
  ["<", ">"],
];
const BEFORE_PAIR = SPACE.union(CharSet.chars(",;([{"));
const AFTER_PAIR = SPACE.union(CharSet.chars(",;)]}"));

/** Whether `\s` of JavaScript matches the character. */
const isBlank = (code: number) => SPACE.has(code) || (code > 0x7f && /\s/.test(String.fromCharCode(code)));

/**
 * `keyvalue(separator, characters, quotes, delimiter)`: all pairs in a text. `characters` has the form of a character class
 * and is allowed in values in addition to letters, digits, `.`, `-`, `_` and `@`. Each character of `delimiter` separates
 * pairs; without it, blanks and punctuation do.
 */
export function keyvalue(
  separator = "=",
  characters = "",
  quotes = "",
  delimiter = "",
): (text: string) => Attributes | undefined {
  const pairs =
    quotes === ""
      ? DEFAULT_QUOTES
      : [...quotes.matchAll(/(.)(.)/gs)].map(([, open, close]) => [open!, close!] as const);
  const scanner = {
    separator,
    delimiter,
    quotes: pairs,
    run: charClass(`[\\w.\\-@${characters}]`),
  };
  return (text) => {
    const pairs = new Scan(text, scanner).pairs();
    return Object.keys(pairs).length > 0 ? pairs : undefined;
  };
}

function charClass(source: string): CharSet {
  const node = parsePattern(source, { rule: "keyvalue" });
  if (node.kind !== "set") throw new Error(`"${source}" is not a valid character class`);
  return node.set;
}

interface Scanner {
  readonly separator: string;
  readonly delimiter: string;
  readonly quotes: Quotes;
  /** The characters of keys and values. */
  readonly run: CharSet;
}

/** One pass over a text. It remembers what it searched for, so that the time is linear in the length of the text. */
class Scan {
  /** End of the last run, and the last positions in it where a key and a value can end, or -1. */
  private runEnd = -1;
  private keyEnd = -1;
  private valueEnd = -1;
  /** How far the text has been read for blanks, and the end of the last word in it. */
  private read = 0;
  private wordEnd = 0;
  /** Blanks that were found last. */
  private blanks = { from: -1, to: -1 };
  /** For each character that closes a quoted text: where the last search for it began, and what it found. */
  private readonly closing = new Map<string, { readonly from: number; readonly at: number }>();

  constructor(
    private readonly text: string,
    private readonly scanner: Scanner,
  ) {}

  pairs(): Attributes {
    const attributes: Attributes = {};
    for (let index = 0; index < this.text.length;) index = this.pair(index, attributes) ?? index + 1;
    return attributes;
  }

  /** Adds the pair at an index to the attributes. Returns the index after it. */
  private pair(start: number, attributes: Attributes): number | undefined {
    const { separator } = this.scanner;
    if (!this.startsPair(start)) return undefined;
    const key = this.quoted(start) ?? this.keyRun(start);
    if (key === undefined || !this.text.startsWith(separator, key.end)) return undefined;
    const from = key.end + separator.length;
    const quoted = this.quoted(from);
    const isQuoted = quoted !== undefined && this.endsPair(quoted.end);
    const value = isQuoted ? quoted : this.valueRun(from);
    const text = value.text.trim();
    // `k:""` gives nothing, but `k:" "` gives the empty text.
    const found = isQuoted ? (value.text === "" ? undefined : text) : typed(withoutCommas(text));
    const name = key.text.trim();
    if (found !== undefined && name !== "" && !/\s/.test(name)) add(attributes, name, found);
    return Math.max(value.end, start + 1);
  }

  private startsPair(index: number): boolean {
    if (index === 0) return true;
    const { delimiter } = this.scanner;
    if (delimiter === "") return BEFORE_PAIR.has(this.text.charCodeAt(index - 1));
    const before = this.afterLastWord(index);
    return before === 0 || delimiter.includes(this.text[before - 1]!) || delimiter.includes(this.text[index - 1]!);
  }

  private endsPair(index: number): boolean {
    const { text } = this;
    if (index >= text.length) return true;
    const { delimiter } = this.scanner;
    if (delimiter === "") return AFTER_PAIR.has(text.charCodeAt(index));
    const end = this.nextWord(index);
    return end >= text.length || delimiter.includes(text[end]!) || delimiter.includes(text[index]!);
  }

  /** Start of the blanks before an index; the index if there are none. Each call has a higher index than the one before it. */
  private afterLastWord(index: number): number {
    for (; this.read < index; this.read++) if (!isBlank(this.text.charCodeAt(this.read))) this.wordEnd = this.read + 1;
    return this.wordEnd;
  }

  /** End of the blanks from an index; the index if there are none. */
  private nextWord(index: number): number {
    const { from, to } = this.blanks;
    if (index >= from && index <= to) return to;
    let end = index;
    while (end < this.text.length && end !== from && isBlank(this.text.charCodeAt(end))) end++;
    if (end === from) end = to;
    this.blanks = { from: index, to: end };
    return end;
  }

  private quoted(start: number): { text: string; end: number } | undefined {
    for (const [open, close] of this.scanner.quotes) {
      if (this.text[start] !== open) continue;
      const end = this.next(close, start + 1);
      if (end >= 0) return { text: this.text.slice(start + 1, end), end: end + 1 };
    }
    return undefined;
  }

  /** Index of the next such character, or -1. */
  private next(char: string, from: number): number {
    const known = this.closing.get(char);
    if (known !== undefined && known.from <= from && (known.at < 0 || known.at >= from)) return known.at;
    const at = this.text.indexOf(char, from);
    this.closing.set(char, { from, at });
    return at;
  }

  /** The longest key that the separator follows. */
  private keyRun(start: number): { text: string; end: number } | undefined {
    this.look(start);
    return this.keyEnd > start ? { text: this.text.slice(start, this.keyEnd), end: this.keyEnd } : undefined;
  }

  /** The longest value that ends where a pair can end; empty if there is none. */
  private valueRun(start: number): { text: string; end: number } {
    this.look(start);
    const end = Math.max(start, this.valueEnd);
    return { text: this.text.slice(start, end), end };
  }

  private look(start: number): void {
    if (start < this.runEnd) return;
    const { run, separator } = this.scanner;
    let end = start;
    while (end < this.text.length && run.has(this.text.charCodeAt(end))) end++;
    this.runEnd = end;
    this.keyEnd = end;
    while (this.keyEnd > start && !this.text.startsWith(separator, this.keyEnd)) this.keyEnd--;
    this.valueEnd = end;
    while (this.valueEnd > start && !this.endsPair(this.valueEnd)) this.valueEnd--;
  }
}

/** Not a regular expression, which would restart at each comma of a long run and take quadratic time. */
function withoutCommas(text: string): string {
  let end = text.length;
  while (text[end - 1] === ",") end--;
  return text.slice(0, end);
}

const MILLISECONDS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The value of a text without quotes: a number, a boolean, a duration in milliseconds, null for `null`, else the text. */
export function typed(text: string): Value | undefined {
  if (text === "" || text === "null") return undefined;
  if (text === "true") return true;
  if (text === "false") return false;
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) {
    // As in Java, a leading zero means octal.
    if (/^0\d/.test(text) && !/^[0-7]+$/.test(text)) return text;
    if (/^[+-]?\d+$/.test(text)) return fitsLong(text) ? wholeNumber(text) : text;
    const value = Number(text);
    return Number.isFinite(value) ? value : text;
  }
  const duration = /^(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)$/.exec(text);
  return duration === null ? text : Math.floor(Number(duration[1]) * MILLISECONDS[duration[2]!]!);
}

function fitsLong(text: string): boolean {
  if (text.length > 20) return false;
  const value = BigInt(text.replace(/^\+/, ""));
  return BigInt.asIntN(64, value) === value;
}
