import { BlockList, isIP } from "node:net";
import { get, numberOf, textOf, type Value } from "../attributes";
import { wholeMatch } from "../regex/whole-match";
import { type Log, tagValues } from "./log";

/** Whether a log matches a query. */
export type Query = (log: Log) => boolean;

/** A query that is not valid. `column` counts from 1. */
export class QueryError extends Error {
  constructor(
    readonly reason: string,
    readonly column: number,
  ) {
    super(`column ${column}: ${reason}`);
    this.name = "QueryError";
  }
}

/**
 * Compiles Datadog's search syntax: words and "phrases" of the message, also as `message:x`, `service:x`, tags `key:value` and
 * `tags:value`, attributes `@path:value`, `CIDR(@ip, 10.0.0.0/8)`, full-text search `*:x`, wildcards `*` and `?`, `@n:>5`,
 * `@n:[1 TO 5]`, `@a:(x OR y)`, AND (or a blank), OR, NOT (or `-`), parentheses, escapes `\\:`.
 *
 * @throws QueryError if the query is not valid, or has a part that is not supported
 * @see https://docs.datadoghq.com/logs/explorer/search_syntax/
 */
export function compileQuery(text: string): Query {
  return new QueryParser(text, { fullText: true }).parse();
}

/**
 * Compiles a query in a pipeline, where Datadog does not allow full-text search.
 *
 * @throws QueryError if the query is not valid, or has a part that is not supported
 */
export function compilePipelineQuery(text: string): Query {
  return new QueryParser(text).parse();
}

/**
 * Compiles a query for items of a list, which are the attributes of the log that it gets: a name is that of an attribute, with or
 * without `@`.
 *
 * @throws QueryError if the query is not valid, or has a part that is not supported
 */
export function compileItemQuery(text: string): Query {
  return new QueryParser(text, { namesAreAttributes: true }).parse();
}

/**
 * The words of a query that look like an attribute without a value, as in `-@user`. Datadog searches the message for this text.
 *
 * @throws QueryError if the query is not valid, or has a part that is not supported
 */
export function attributesAsText(text: string): readonly string[] {
  const parser = new QueryParser(text, { fullText: true });
  parser.parse();
  return parser.attributesAsText;
}

type Test = (value: Value) => boolean;

/** The name of full-text search. */
const FULL_TEXT = "*";

/** Characters with a meaning that is not supported: operators, fuzzy search, weights, calculated fields, typographic quotes. */
const SPECIAL = /^[-+!]$|^[=<>#!+]|(?<!\\)(?:&&|\|\||[{}“”]|[~^](?=\d*(?:\.\d+)?$))/;
const BARE = /(?:\\.|[^\s()":\\[\]])(?:\\.|[^\s()"\\[\]])*/y;
/** The name of a function, before its parenthesis. */
const FUNCTION = /[A-Za-z_]\w*(?=\()/y;
const KEY = /(?:\\.|[^\s()":\\[\]<>])+(?=:)/y;

class QueryParser {
  private index = 0;
  readonly attributesAsText: string[] = [];

  constructor(
    private readonly text: string,
    private readonly options: { readonly fullText?: boolean; readonly namesAreAttributes?: boolean } = {},
  ) {}

  parse(): Query {
    this.blanks();
    if (this.index === this.text.length) return () => true;
    const query = this.or(undefined);
    if (this.index < this.text.length) this.fail(`"${this.text[this.index]}" is unexpected here`);
    return query;
  }

  private or(key: string | undefined): Query {
    const options = [this.and(key)];
    while (this.keyword("OR")) options.push(this.and(key));
    return options.length === 1 ? options[0]! : (log) => options.some((option) => option(log));
  }

  private and(key: string | undefined): Query {
    const parts = [this.not(key)];
    for (;;) {
      this.blanks();
      const isExplicit = this.keyword("AND");
      if (this.index >= this.text.length || this.text[this.index] === ")" || this.peekKeyword("OR")) {
        if (isExplicit) this.fail("a term is missing after AND");
        break;
      }
      parts.push(this.not(key));
    }
    return parts.length === 1 ? parts[0]! : (log) => parts.every((part) => part(log));
  }

  private not(key: string | undefined): Query {
    this.blanks();
    for (const word of ["AND", "OR"]) if (this.peekKeyword(word)) this.fail(`a term is missing before ${word}`);
    if (this.keyword("NOT") || this.sign("-") || this.sign("!")) {
      const inner = this.not(key);
      return (log) => !inner(log);
    }
    return this.term(key);
  }

  private term(key: string | undefined): Query {
    if (this.take("(")) {
      const inner = this.or(key);
      this.blanks();
      if (!this.take(")")) this.fail('unclosed parenthesis "("');
      this.blanks();
      return inner;
    }
    if (key !== undefined) return this.value(key);
    const start = this.index;
    const called = this.match(FUNCTION);
    if (called !== undefined) return this.call(called, start);
    const name = this.match(KEY);
    if (name === undefined) {
      const { text, quoted } = this.word();
      if (!quoted && text.startsWith("@")) this.attributesAsText.push(text);
      const holds = inText(text, quoted);
      return (log) => holds(log.message);
    }
    if (name !== FULL_TEXT && /(?<!\\)[*?]/.test(name)) this.fail("a name cannot have wildcards", start);
    if (name.startsWith("#")) this.fail("calculated fields (#) are not supported", start);
    if (name === FULL_TEXT && this.options.fullText !== true)
      this.fail(
        "Datadog does not allow full-text search (*:) in a pipeline: name an attribute, or search the message",
        start,
      );
    this.index++;
    this.blanks();
    const plain = this.keyOf(unescape(name));
    return this.text[this.index] === "(" ? this.term(plain) : this.value(plain);
  }

  private keyOf(name: string): string {
    return this.options.namesAreAttributes === true && !name.startsWith("@") ? `@${name}` : name;
  }

  /** The value after a name. */
  private value(key: string): Query {
    const isMessage = key === "message" && !/[[{<>]/.test(this.text.charAt(this.index));
    if (key !== FULL_TEXT && !isMessage) return on(key, this.test());
    const { text, quoted } = this.word();
    const holds = inText(text, quoted);
    if (isMessage) return (log) => holds(log.message);
    const anywhere = (value: Value): boolean =>
      typeof value === "object" && value !== null ? Object.values(value).some(anywhere) : holds(textOf(value));
    return ({ message, attributes = {} }) => holds(message) || anywhere(attributes);
  }

  private call(name: string, start: number): Query {
    if (name !== "CIDR")
      this.fail(`"${name}(" is neither the function CIDR, nor a word: write a blank before a parenthesis`, start);
    const args = this.match(/\([^()]*\)/y) ?? this.fail('unclosed parenthesis "("');
    const [key = "", ...blocks] = args
      .slice(1, -1)
      .split(",")
      .map((arg) => arg.trim());
    if (key === "" || blocks.length === 0)
      this.fail("CIDR needs an attribute and at least one block: CIDR(@network.client.ip, 10.0.0.0/8)", start);
    const list = new BlockList();
    for (const block of blocks) {
      const [address = "", length = "", ...more] = block.split("/");
      const family = isIP(address);
      if (family === 0 || !/^\d+$/.test(length) || Number(length) > (family === 4 ? 32 : 128) || more.length > 0)
        this.fail(`"${block}" is not a CIDR block such as 10.0.0.0/8 or 2001:db8::/32`, start);
      list.addSubnet(address, Number(length), family === 4 ? "ipv4" : "ipv6");
    }
    return on(this.keyOf(key), (value) => {
      const address = textOf(value).replace(/%.*$/, "");
      const family = isIP(address);
      return family !== 0 && list.check(address, family === 4 ? "ipv4" : "ipv6");
    });
  }

  private test(): Test {
    if (this.text[this.index] === "[" || this.text[this.index] === "{") return this.range();
    const compare = this.match(/(?:>=|<=|>|<)/y);
    if (compare !== undefined) {
      const { text, quoted } = this.word();
      const bound = boundOf(quoted ? text : unescape(text));
      return (value) => {
        const order = compareValues(value, bound);
        return (
          order !== undefined &&
          (compare === ">" ? order > 0 : compare === "<" ? order < 0 : compare === ">=" ? order >= 0 : order <= 0)
        );
      };
    }
    const { text, quoted } = this.word();
    return equals(text, quoted);
  }

  private range(): Test {
    const open = this.index;
    const found = this.match(/([[{])\s*("[^"]*"|\S+)\s+TO\s+("[^"]*"|[^\s\]}]+)\s*([\]}])/y);
    if (found === undefined) return this.fail("a range must have the form [from TO to]", open);
    const parts = /^(.)\s*("[^"]*"|\S+)\s+TO\s+("[^"]*"|[^\s\]}]+)\s*(.)$/.exec(found)!;
    const [from, to] = [parts[2]!, parts[3]!].map((bound) => boundOf(unescape(bound.replace(/^"(.*)"$/s, "$1")))) as [
      Bound,
      Bound,
    ];
    return (value) => {
      const low = from.text === "*" ? 1 : compareValues(value, from);
      const high = to.text === "*" ? -1 : compareValues(value, to);
      if (low === undefined || high === undefined) return false;
      return (parts[1] === "[" ? low >= 0 : low > 0) && (parts[4] === "]" ? high <= 0 : high < 0);
    };
  }

  private word(): { text: string; quoted: boolean } {
    if (this.text[this.index] === '"') {
      const open = this.index++;
      let text = "";
      while (this.text[this.index] !== '"') {
        if (this.index >= this.text.length) this.fail("unclosed quoted text", open);
        if (this.text[this.index] === "\\") this.index++;
        text += this.text[this.index++] ?? "";
      }
      this.index++;
      return { text, quoted: true };
    }
    const start = this.index;
    const text =
      this.match(BARE) ??
      this.fail(
        this.index < this.text.length
          ? `"${this.text[this.index]}" is unexpected here`
          : "the query ends where a value is expected",
      );
    const special = SPECIAL.exec(text)?.[0];
    if (special !== undefined) {
      const instead = { "&&": "write AND", "||": "write OR", "-": "write it directly before a term" }[special];
      const remedy = instead ?? "escape it with a backslash, or put the text in quotes";
      this.fail(`"${special}" is not supported here: ${remedy}`, start);
    }
    return { text, quoted: false };
  }

  private keyword(word: string): boolean {
    if (!this.peekKeyword(word)) return false;
    this.index += word.length;
    this.blanks();
    return true;
  }

  private peekKeyword(word: string): boolean {
    this.blanks();
    return (
      this.text.startsWith(word, this.index) &&
      /^[\s()]|^$/.test(this.text.slice(this.index + word.length, this.index + word.length + 1))
    );
  }

  private sign(char: string): boolean {
    if (this.text[this.index] !== char || /^[\s]?$/.test(this.text[this.index + 1] ?? "")) return false;
    this.index++;
    return true;
  }

  private take(char: string): boolean {
    if (this.text[this.index] !== char) return false;
    this.index++;
    return true;
  }

  private blanks(): void {
    while (/\s/.test(this.text[this.index] ?? "")) this.index++;
  }

  private match(regex: RegExp): string | undefined {
    regex.lastIndex = this.index;
    const found = regex.exec(this.text)?.[0];
    this.index += found?.length ?? 0;
    return found;
  }

  private fail(reason: string, at = this.index): never {
    throw new QueryError(reason, at + 1);
  }
}

function unescape(text: string): string {
  return text.replace(/\\(.)/gs, "$1");
}

/** Whether a text has a word or a phrase, in any case. */
function inText(text: string, quoted: boolean): (text: string) => boolean {
  if (!quoted && text === "*") return () => true;
  const words = quoted ? literal(text) : wildcards(text);
  const start = quoted || !text.startsWith("*") ? `(?<!${LETTER})` : "";
  const end = quoted || !text.endsWith("*") ? `(?!${LETTER})` : "";
  const holds = wholeMatch(`.*?${start}${words.toLowerCase()}${end}.*`, "query");
  return (given) => holds(given.toLowerCase());
}

const LETTER = "[\\p{L}\\p{N}_]";

function on(key: string, test: Test): Query {
  if (key.startsWith("@")) {
    const path = key.slice(1);
    return (log) => anyOf(get(log.attributes ?? {}, path), test);
  }
  return (log) => {
    switch (key) {
      case "service":
      case "host":
      case "status":
      case "source":
      case "message":
        if (log[key] !== undefined && test(log[key])) return true;
    }
    // `tags:x` finds a tag without a key.
    return (key === "tags" ? (log.tags ?? []) : tagValues(log, key)).some(test);
  };
}

function anyOf(value: Value | undefined, test: Test): boolean {
  if (value === undefined || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => anyOf(item, test));
  return test(value);
}

function equals(text: string, quoted: boolean): Test {
  const plain = quoted ? text : unescape(text);
  if (!quoted && /(?<!\\)[*?]/.test(text)) {
    const holds = wholeMatch(wildcards(text), "query");
    return (value) => holds(textOf(value));
  }
  const number = numberOf(plain);
  return (value) => textOf(value) === plain || value === number;
}

/** What a value is compared with. */
interface Bound {
  readonly text: string;
  /** The number that the text is. */
  readonly number?: number | bigint;
}

function boundOf(text: string): Bound {
  return { text, number: numberOf(text) };
}

/** Compares numbers as numbers, and texts as texts. Undefined for a number and a text. */
function compareValues(value: Value, bound: Bound): number | undefined {
  if (bound.number !== undefined) {
    const number = numberOf(value);
    return number === undefined ? undefined : number < bound.number ? -1 : number > bound.number ? 1 : 0;
  }
  if (typeof value === "number" || typeof value === "bigint") return undefined;
  const text = textOf(value);
  return text < bound.text ? -1 : text > bound.text ? 1 : 0;
}

function wildcards(text: string): string {
  return text.replace(
    /\\(.)|(\*+)|(\?)|([^\\*?]+)/gs,
    (_all, escaped: string | undefined, stars?: string, one?: string, rest?: string) =>
      escaped !== undefined
        ? literal(escaped)
        : stars !== undefined
          ? ".*"
          : one !== undefined
            ? "."
            : literal(rest ?? ""),
  );
}

function literal(text: string): string {
  return text.replace(/[^\p{L}\p{N}]/gu, "\\$&");
}
