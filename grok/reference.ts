import { PatternError } from "./regex/syntax";

/**
 * An argument of a matcher or filter. A word without quotes, or a call, is a filter: `array("[]", ",", integer)`. An option such as
 * `decodeuricomponent:true` is a call of its name with its value.
 */
export type Argument = string | number | boolean | null | Call;

/** `name` or `name(arguments)`. */
export interface Call {
  readonly name: string;
  readonly args: readonly Argument[];
}

/** The parts of `%{matcher:extract:filter}`. */
export interface Reference {
  readonly matcher: Call;
  /** Whether a colon follows the name. If it is that of a rule, the rule is a group then. */
  readonly colon: boolean;
  /** Path of the attribute; undefined if there is none, "" if it is empty before a filter: `%{data::json}`. */
  readonly extract?: string;
  readonly filter?: Call;
  /** Index after the closing brace. */
  readonly end: number;
}

const NAME = /[A-Za-z_@$][A-Za-z0-9_.@$-]*/y;
const EXTRACT = /[^:{}()\s][^:{}()]*/y;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/**
 * Parses the `%{…}` at `start`.
 *
 * @throws PatternError if it is not well formed
 */
export function parseReference(source: string, start: number): Reference {
  let index = start + 2;

  const fail = (reason: string, at = index): never => {
    throw new PatternError(reason, at + 1);
  };
  const blanks = () => {
    while (/\s/.test(source[index] ?? "")) index++;
  };
  const take = (char: string) => {
    blanks();
    if (source[index] !== char) return false;
    index++;
    blanks();
    return true;
  };
  const match = (regex: RegExp): string | undefined => {
    regex.lastIndex = index;
    const found = regex.exec(source);
    if (found === null) return undefined;
    index += found[0].length;
    return found[0];
  };

  const string = (): string => {
    const open = index++;
    let value = "";
    while (source[index] !== '"') {
      const char = source[index++];
      if (char === undefined) return fail("unclosed quoted text", open);
      const next = source[index];
      if (char === "\\" && (next === '"' || next === "\\")) {
        value += next;
        index++;
      } else value += char;
    }
    index++;
    return value;
  };

  const argument = (): Argument => {
    if (source[index] === '"') return string();
    const number = match(NUMBER);
    if (number !== undefined) return Number(number);
    const call = named("an argument");
    if (call.args.length > 0) return call;
    if (take(":")) return { name: call.name, args: [argument()] };
    if (call.name === "true") return true;
    if (call.name === "false") return false;
    return call.name === "null" ? null : call;
  };

  const named = (what: string): Call => {
    const name = match(NAME) ?? fail(`${what} is missing`);
    blanks();
    const args: Argument[] = [];
    if (take("(") && !take(")")) {
      do args.push(argument());
      while (take(","));
      if (!take(")")) fail(`the arguments of ${name} are not closed by ")"`);
    }
    return { name, args };
  };

  // `%{?>word:x}` occurs in Datadog's own pipelines, where it means `%{word:x}`.
  blanks();
  if (source.startsWith("?>", index)) index += 2;
  const matcher = named("the name of a matcher or rule");
  let extract: string | undefined;
  let filter: Call | undefined;
  const colon = take(":");
  if (colon) {
    extract = match(EXTRACT)?.trim();
    if (take(":")) {
      blanks();
      if (source[index] !== "}") {
        filter = named("the name of a filter");
        extract ??= "";
      }
    }
  }
  blanks();
  if (source[index] !== "}") fail('"%{" is not closed by "}"', index < source.length ? index : start);
  return { matcher, colon, extract, filter, end: index + 1 };
}
