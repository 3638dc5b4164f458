import { add, type Attributes, type Value } from "../attributes";
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
const KEY = "[\\w.\\-@]";

/**
 * `keyvalue(separator, characters, quotes, delimiter)`: all pairs in a text. `characters` are allowed in values besides
 * letters, digits, `.`, `-`, `_` and `@`, as inside the brackets of a regular expression; `delimiter` parts the pairs,
 * else a blank or punctuation does.
 */
export function keyvalue(separator = "=", characters = "", quotes = "", delimiter = ""): (text: string) => Attributes {
  const pairs =
    quotes === ""
      ? DEFAULT_QUOTES
      : [...quotes.matchAll(/(.)(.)/gs)].map(([, open, close]) => [open!, close!] as const);
  const scanner = {
    separator,
    delimiter,
    quotes: pairs,
    key: charClass(KEY),
    value: charClass(`${KEY.slice(0, -1)}${characters}]`),
  };
  return (text) => new Scan(text, scanner).pairs();
}

function charClass(source: string): CharSet {
  const node = parsePattern(source, { rule: "keyvalue" });
  if (node.kind !== "set") throw new Error(`"${source}" is no list of characters`);
  return node.set;
}

interface Scanner {
  readonly separator: string;
  readonly delimiter: string;
  readonly quotes: Quotes;
  readonly key: CharSet;
  readonly value: CharSet;
}

/** One pass over a text. Ends of runs are remembered, so that the whole is linear in the text's length. */
class Scan {
  private runEnd = -1;
  private runCut = -1;

  constructor(
    private readonly text: string,
    private readonly scanner: Scanner,
  ) {}

  pairs(): Attributes {
    const attributes: Attributes = {};
    for (let index = 0; index < this.text.length;) index = this.pair(index, attributes) ?? index + 1;
    return attributes;
  }

  /** Reads a pair that starts at an index into the attributes; gives the index behind it. */
  private pair(start: number, attributes: Attributes): number | undefined {
    const { separator } = this.scanner;
    if (!this.startsPair(start)) return undefined;
    const key = this.quoted(start) ?? this.keyRun(start);
    if (key === undefined || !this.text.startsWith(separator, key.end)) return undefined;
    const from = key.end + separator.length;
    const quoted = this.quoted(from);
    const value = quoted !== undefined && this.endsPair(quoted.end) ? quoted : this.valueRun(from);
    const found = value === quoted ? quoted?.text || undefined : typed(value.text.replace(/,+$/, "").trim());
    if (found !== undefined && !/\s/.test(key.text) && key.text !== "") add(attributes, key.text, found);
    return Math.max(value.end, start + 1);
  }

  private startsPair(index: number): boolean {
    if (index === 0) return true;
    const { delimiter } = this.scanner;
    if (delimiter === "") return BEFORE_PAIR.has(this.text.charCodeAt(index - 1));
    let before = index;
    while (before > 0 && index - before < 64 && /\s/.test(this.text[before - 1]!)) before--;
    return before === 0 || this.text.endsWith(delimiter, before) || this.text.endsWith(delimiter, index);
  }

  private endsPair(index: number): boolean {
    const { text } = this;
    if (index >= text.length) return true;
    const { delimiter } = this.scanner;
    if (delimiter === "") return AFTER_PAIR.has(text.charCodeAt(index));
    let behind = index;
    while (behind - index < 64 && /\s/.test(text[behind] ?? "")) behind++;
    return behind >= text.length || text.startsWith(delimiter, behind) || text.startsWith(delimiter, index);
  }

  private quoted(start: number): { text: string; end: number } | undefined {
    for (const [open, close] of this.scanner.quotes) {
      if (this.text[start] !== open) continue;
      const end = this.text.indexOf(close, start + 1);
      if (end > 0) return { text: this.text.slice(start + 1, end), end: end + 1 };
    }
    return undefined;
  }

  private keyRun(start: number): { text: string; end: number } | undefined {
    let end = start;
    while (end < this.text.length && this.scanner.key.has(this.text.charCodeAt(end))) end++;
    if (end > start && !this.text.startsWith(this.scanner.separator, end)) {
      const inside = this.text.lastIndexOf(this.scanner.separator, end - 1);
      if (inside > start) end = inside;
    }
    return end > start ? { text: this.text.slice(start, end), end } : undefined;
  }

  /** The longest run of a value's characters that ends where a pair may end; empty where there is none. */
  private valueRun(start: number): { text: string; end: number } {
    if (start >= this.runEnd) {
      let end = start;
      while (end < this.text.length && this.scanner.value.has(this.text.charCodeAt(end))) end++;
      this.runEnd = end;
      while (end > start && !this.endsPair(end)) end--;
      this.runCut = end;
    }
    const end = Math.max(start, this.runCut);
    return { text: this.text.slice(start, end), end };
  }
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

/** What a bare text stands for: a number, a truth value, one duration in milliseconds, nothing (`null`), else itself. */
export function typed(text: string): Value | undefined {
  if (text === "" || text === "null") return undefined;
  if (text === "true") return true;
  if (text === "false") return false;
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) {
    if (/^0\d*[89]\d*$/.test(text)) return text;
    if (/^[+-]?\d+$/.test(text) && !fitsLong(text)) return text;
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
