import { get, textOf, type Value } from "../attributes";
import { compile } from "../regex/compile";
import type { Origin } from "../regex/node";
import { Run } from "../regex/run";
import { parsePattern } from "../regex/syntax";
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
 * Compiles Datadog's search syntax: words and "phrases" of the message, `service:x`, tags `key:value`, attributes `@path:value`,
 * wildcards `*` and `?`, `@n:>5`, `@n:[1 TO 5]`, `@a:(x OR y)`, AND (or a blank), OR, NOT (or `-`), parentheses.
 *
 * @throws QueryError if the query is not valid
 * @see https://docs.datadoghq.com/logs/explorer/search_syntax/
 */
export function compileQuery(text: string): Query {
  return new QueryParser(text).parse();
}

type Test = (value: Value) => boolean;

const BARE = /(?:\\.|[^\s()":\\[\]])(?:\\.|[^\s()"\\[\]])*/y;
const KEY = /(?:\\.|[^\s()":\\[\]<>])+(?=:)/y;

class QueryParser {
  private index = 0;

  constructor(private readonly text: string) {}

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
      this.keyword("AND");
      if (this.index >= this.text.length || this.text[this.index] === ")" || this.peekKeyword("OR")) break;
      parts.push(this.not(key));
    }
    return parts.length === 1 ? parts[0]! : (log) => parts.every((part) => part(log));
  }

  private not(key: string | undefined): Query {
    this.blanks();
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
    if (key === undefined) {
      const name = this.match(KEY);
      if (name !== undefined) {
        this.index++;
        this.blanks();
        const plain = unescape(name);
        if (this.text[this.index] === "(") return this.term(plain);
        return on(plain, this.test());
      }
      const { text, quoted } = this.word();
      return inMessage(text, quoted);
    }
    return on(key, this.test());
  }

  private test(): Test {
    if (this.text[this.index] === "[" || this.text[this.index] === "{") return this.range();
    const compare = this.match(/(?:>=|<=|>|<)/y);
    if (compare !== undefined) {
      const bound = this.word().text;
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
    const [from, to] = [parts[2]!.replaceAll('"', ""), parts[3]!.replaceAll('"', "")];
    return (value) => {
      const low = from === "*" ? 1 : compareValues(value, from);
      const high = to === "*" ? -1 : compareValues(value, to);
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
    const text =
      this.match(BARE) ??
      this.fail(
        this.index < this.text.length
          ? `"${this.text[this.index]}" is unexpected here`
          : "the query ends where a value is expected",
      );
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

function inMessage(text: string, quoted: boolean): Query {
  if (!quoted && text === "*") return () => true;
  const words = quoted ? literal(text) : wildcards(text);
  const start = quoted || !text.startsWith("*") ? `(?<!${LETTER})` : "";
  const end = quoted || !text.endsWith("*") ? `(?!${LETTER})` : "";
  const holds = pattern(`.*?${start}${words.toLowerCase()}${end}.*`);
  return (log) => holds(log.message.toLowerCase());
}

const LETTER = "[\\p{L}\\p{N}_]";

/** Uses the engine's own regular expressions, which take bounded time on any text, unlike JavaScript's. */
function pattern(source: string): (text: string) => boolean {
  const origin: Origin = { rule: "query", column: 1, expected: source };
  const program = compile(parsePattern(source, { rule: "query", origin }), 0, { end: origin });
  return (text) => new Run(program, text).match(0);
}

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
    return tagValues(log, key).some(test);
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
    const holds = pattern(wildcards(text));
    return (value) => holds(textOf(value));
  }
  const number = plain.trim() === "" ? NaN : Number(plain);
  return (value) => textOf(value) === plain || (typeof value === "number" && value === number);
}

/** Compares numbers as numbers, and texts as texts. Undefined for a number and a text. */
function compareValues(value: Value, bound: string): number | undefined {
  const [a, b] = [Number(value), Number(bound)];
  if (!Number.isNaN(a) && !Number.isNaN(b)) return a - b;
  if (typeof value === "number" || !Number.isNaN(b)) return undefined;
  return textOf(value) < bound ? -1 : textOf(value) > bound ? 1 : 0;
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
