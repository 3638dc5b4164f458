import {
  ANY,
  CharSet,
  DIGIT,
  HORIZONTAL_SPACE,
  NOT_LINE_END,
  SPACE,
  unicodeProperty,
  VERTICAL_SPACE,
  WORD,
} from "./char-set";
import { type Assertion, EMPTY, type Node, type Origin, type RepeatMode } from "./node";
import type { Places } from "./places";

/** A pattern that is not valid. `column` counts from 1 in the pattern. */
export class PatternError extends Error {
  constructor(
    readonly reason: string,
    readonly column: number,
  ) {
    super(`column ${column}: ${reason}`);
    this.name = "PatternError";
  }
}

/** What the caller provides to the parser of patterns. */
export interface SyntaxHooks {
  /** Name of the rule, for messages. */
  readonly rule: string;
  /** The rules that the characters come from, if the pattern can have rules in it. */
  readonly places?: Places;
  /** Called at `%{`. Returns the rule whose text replaces the reference, and the index after the closing brace. */
  insertion?(source: string, index: number): { rule: string; text: string; end: number } | undefined;
  /** Called at `%{`. Returns the node and the index after the closing brace, or undefined if `%{` is plain text. */
  reference?(source: string, index: number): { node: Node; end: number } | undefined;
  /** Returns the capture slot for a named group `(?<name>…)`. */
  namedGroup?(name: string, index: number): number;
  /** Origin of the whole pattern, if it is that of a matcher. */
  readonly origin?: Origin;
  /**
   * Whether `.` matches line breaks. It does in Datadog's rules.
   *
   * @default true
   */
  readonly dotAll?: boolean;
}

interface Flags {
  readonly fold: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly comments: boolean;
}

const CONTROL: Record<string, string> = { t: "\t", n: "\n", r: "\r", f: "\f", a: "\u0007", e: "\u001b" };
const CLASSES: Record<string, CharSet> = {
  d: DIGIT,
  D: DIGIT.negate(),
  w: WORD,
  W: WORD.negate(),
  s: SPACE,
  S: SPACE.negate(),
  h: HORIZONTAL_SPACE,
  H: HORIZONTAL_SPACE.negate(),
  v: VERTICAL_SPACE,
  V: VERTICAL_SPACE.negate(),
};
const ASSERTIONS: Record<string, Assertion> = {
  b: "boundary",
  B: "noBoundary",
  A: "textStart",
  z: "textEnd",
  Z: "textEndOrLastBreak",
};

/** Largest count in `{n,m}`. It limits the size of the compiled pattern. */
const MAX_COUNT = 1000;

/** Most characters of a pattern with the rules in it. Rules that double each other would exhaust the memory. */
const MAX_LENGTH = 500_000;

/** Parses Java's regular expressions with Grok's `%{…}` in them. */
export function parsePattern(source: string, hooks: SyntaxHooks): Node {
  return new Parser(source, hooks).whole();
}

class Parser {
  private index = 0;
  private flags: Flags;

  constructor(
    private source: string,
    private readonly hooks: SyntaxHooks,
  ) {
    this.flags = { fold: false, multiline: false, dotAll: hooks.dotAll ?? true, comments: false };
  }

  whole(): Node {
    const node = this.choice();
    if (this.index < this.source.length) this.fail("closing parenthesis without an opening one");
    return node;
  }

  private choice(): Node {
    const before = this.flags;
    const options = [this.sequence()];
    while (this.take("|")) options.push(this.sequence());
    this.flags = before;
    return options.length === 1 ? options[0]! : { kind: "choice", options };
  }

  private sequence(): Node {
    const items: Node[] = [];
    this.insertRules();
    while (this.index < this.source.length && !this.at("|") && !this.at(")")) {
      const atom = this.atom();
      if (atom !== undefined) items.push(this.quantified(atom));
      else this.insertRules();
    }
    return items.length === 1 ? items[0]! : { kind: "sequence", items };
  }

  /** One atom, or undefined after a comment or inline flags. */
  private atom(): Node | undefined {
    const start = this.index;
    if (this.at("%{")) {
      const reference = this.hooks.reference?.(this.source, start);
      if (reference !== undefined) {
        this.index = reference.end;
        return reference.node;
      }
    }
    const char = this.next();
    switch (char) {
      case "(":
        return this.group(start);
      case "[":
        return this.set(this.characterClass(start), start);
      case ".":
        return this.set(this.flags.dotAll ? ANY : NOT_LINE_END, start);
      case "^":
        return this.assertion(this.flags.multiline ? "lineStart" : "textStart", start);
      case "$":
        return this.assertion(this.flags.multiline ? "lineEnd" : "textEndOrLastBreak", start);
      case "\\":
        return this.escape(start);
      case "*":
      case "+":
      case "?":
        return this.fail(`nothing to repeat before "${char}"`, start);
    }
    if (this.flags.comments) {
      if (/\s/.test(char)) return undefined;
      if (char === "#") {
        while (this.index < this.source.length && this.next() !== "\n");
        return undefined;
      }
    }
    return this.literal(char, start);
  }

  /** Replaces a reference that stands for the text of a rule by this text, which can start with a quantifier. */
  private insertRules(): void {
    const { index, hooks } = this;
    while (this.at("%{")) {
      const found = hooks.insertion?.(this.source, index);
      if (found === undefined) return;
      const { rule, text, end } = found;
      this.source = this.source.slice(0, index) + text + this.source.slice(end);
      hooks.places?.replace(index, end, rule, text.length);
      if (this.source.length > MAX_LENGTH)
        this.fail(`the rule is longer than ${MAX_LENGTH} characters with the rules in it`);
    }
  }

  private quantified(atom: Node): Node {
    this.insertRules();
    const start = this.index;
    let min: number;
    let max: number;
    if (this.take("*")) [min, max] = [0, Infinity];
    else if (this.take("+")) [min, max] = [1, Infinity];
    else if (this.take("?")) [min, max] = [0, 1];
    else {
      const counts = /^\{(\d+)(,(\d*))?\}/.exec(this.source.slice(start, start + 24));
      if (counts === null) return atom;
      this.index += counts[0].length;
      min = Number(counts[1]);
      max = counts[2] === undefined ? min : counts[3] === "" ? Infinity : Number(counts[3]);
      if (max < min) this.fail(`maximum ${max} of a quantifier is less than its minimum ${min}`, start);
      if (min > MAX_COUNT || (max !== Infinity && max > MAX_COUNT)) {
        this.fail(`a quantifier can have at most ${MAX_COUNT} repetitions`, start);
      }
    }
    this.insertRules();
    const mode: RepeatMode = this.take("?") ? "lazy" : this.take("+") ? "possessive" : "greedy";
    return this.quantified({ kind: "repeat", item: atom, min, max, mode });
  }

  private group(start: number): Node | undefined {
    if (!this.take("?")) return this.close(this.choice(), start);
    if (this.take(":")) return this.close(this.choice(), start);
    if (this.take(">")) return { kind: "atomic", item: this.close(this.choice(), start) };
    for (const [sign, behind, negative] of [
      ["=", false, false],
      ["!", false, true],
      ["<=", true, false],
      ["<!", true, true],
    ] as const) {
      if (this.take(sign)) return { kind: "look", behind, negative, item: this.close(this.choice(), start) };
    }
    const name = /^<([A-Za-z_][A-Za-z0-9_.]*)>/.exec(this.source.slice(this.index));
    if (name !== null) {
      this.index += name[0].length;
      const slot = this.hooks.namedGroup?.(name[1]!, start);
      const item = this.close(this.choice(), start);
      return slot === undefined ? item : { kind: "capture", slot, item };
    }
    return this.inlineFlags(start);
  }

  private inlineFlags(start: number): Node | undefined {
    const flags = /^([a-zA-Z]*)(?:-([a-zA-Z]*))?([:)])/.exec(this.source.slice(this.index));
    if (flags === null) return this.fail(`unknown group "(?${this.source[this.index] ?? ""}"`, start);
    this.index += flags[0].length;
    const before = this.flags;
    const changed = { ...before } as { -readonly [K in keyof Flags]: Flags[K] };
    for (const [letters, on] of [
      [flags[1] ?? "", true],
      [flags[2] ?? "", false],
    ] as const) {
      for (const letter of letters) {
        if (letter === "i") changed.fold = on;
        else if (letter === "m") changed.multiline = on;
        else if (letter === "s") changed.dotAll = on;
        else if (letter === "x") changed.comments = on;
        else if (letter !== "u" && letter !== "U" && letter !== "d")
          this.fail(`unknown inline flag "${letter}"`, start);
      }
    }
    this.flags = changed;
    if (flags[3] === ")") return undefined;
    const item = this.choice();
    this.flags = before;
    return this.close(item, start);
  }

  private escape(start: number): Node {
    const char = this.next();
    const set = CLASSES[char];
    if (set !== undefined) return this.set(set, start);
    const assertion = ASSERTIONS[char];
    if (assertion !== undefined) return this.assertion(assertion, start);
    if (char === "p" || char === "P") return this.set(this.property(char === "P", start), start);
    if (char === "Q") {
      const end = this.source.indexOf("\\E", this.index);
      const text = this.source.slice(this.index, end < 0 ? undefined : end);
      this.index = end < 0 ? this.source.length : end + 2;
      const items = Array.from(text, (each) => this.literal(each, start));
      // A quantifier after it applies to its last character only.
      const last = items.pop();
      return last === undefined ? EMPTY : { kind: "sequence", items: [...items, this.quantified(last)] };
    }
    if (char === "E") return EMPTY;
    if (char === "R") {
      const pair = { kind: "sequence", items: [this.literal("\r", start), this.literal("\n", start)] } as const;
      return { kind: "choice", options: [pair, this.set(VERTICAL_SPACE, start)] };
    }
    if (/[1-9k]/.test(char)) this.fail("back-references are not supported, because their cost is not bounded", start);
    return this.literal(this.escapedChar(char, start), start);
  }

  /** The character of an escape. `char` is the character after the backslash, already consumed. */
  private escapedChar(char: string, start: number): string {
    const control = CONTROL[char];
    if (control !== undefined) return control;
    const rest = this.source.slice(this.index, this.index + 12);
    const code =
      char === "x"
        ? /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(rest)
        : char === "u"
          ? /^([0-9A-Fa-f]{4})/.exec(rest)
          : null;
    if (code !== null) {
      this.index += code[0].length;
      const point = parseInt(code[1] ?? code[2]!, 16);
      if (point > 0x10ffff) this.fail("code point outside of Unicode", start);
      return String.fromCodePoint(point);
    }
    const octal = char === "0" ? /^[0-3]?[0-7]{1,2}/.exec(rest) : null;
    if (octal !== null) {
      this.index += octal[0].length;
      return String.fromCharCode(parseInt(octal[0], 8));
    }
    if (char === "c" && this.index < this.source.length) return String.fromCharCode(this.next().charCodeAt(0) ^ 64);
    if (/[A-Za-z0-9]/.test(char)) this.fail(`unknown escape "\\${char}"`, start);
    return char;
  }

  private property(negative: boolean, start: number): CharSet {
    const name = /^(?:\{\^?([^}]+)\}|([A-Z]))/.exec(this.source.slice(this.index));
    if (name === null) return this.fail("\\p without a property", start);
    this.index += name[0].length;
    const set = unicodeProperty((name[1] ?? name[2]!).replace(/^(?:gc|general_category|script|sc)=/, ""));
    if (set === undefined) return this.fail(`unknown property "${name[1] ?? name[2]}"`, start);
    return negative !== name[0].startsWith("{^") ? set.negate() : set;
  }

  /** A class in brackets, after the opening one. As in Java, a `]` that comes first is a member. */
  private characterClass(start: number): CharSet {
    const negative = this.take("^");
    let result = CharSet.of();
    let intersected: CharSet | undefined;
    for (let first = true; ; first = false) {
      if (this.index >= this.source.length) this.fail("unclosed character class", start);
      if (!first && this.take("]")) break;
      if (this.take("&&")) {
        intersected = intersected === undefined ? result : intersected.intersect(result);
        result = CharSet.of();
        continue;
      }
      if (this.at("[")) {
        const open = this.index++;
        result = result.union(this.characterClass(open));
        continue;
      }
      result = result.union(this.classMember(start));
    }
    if (intersected !== undefined) result = intersected.intersect(result);
    if (this.flags.fold) result = result.fold();
    return negative ? result.negate() : result;
  }

  private classMember(start: number): CharSet {
    const from = this.classChar();
    if (from instanceof CharSet) return from;
    if (!this.at("-") || this.at("-]") || this.at("-[") || this.index + 1 >= this.source.length)
      return CharSet.char(from);
    const back = this.index;
    this.index++;
    const to = this.classChar();
    if (to instanceof CharSet) {
      this.index = back;
      return CharSet.char(from);
    }
    const [low, high] = [from.codePointAt(0)!, to.codePointAt(0)!];
    if (high < low) this.fail(`the range "${from}-${to}" is in reverse order`, start);
    return CharSet.of([low, high]);
  }

  private classChar(): string | CharSet {
    const start = this.index;
    const char = this.next();
    if (char !== "\\") return char;
    const escaped = this.next();
    const set = CLASSES[escaped];
    if (set !== undefined) return set;
    if (escaped === "p" || escaped === "P") return this.property(escaped === "P", start);
    return this.escapedChar(escaped, start);
  }

  private literal(char: string, start: number): Node {
    const set = CharSet.char(char);
    return this.set(this.flags.fold ? set.fold() : set, start);
  }

  private set(set: CharSet, start: number): Node {
    return { kind: "set", set, origin: this.origin(start) };
  }

  private assertion(assertion: Assertion, start: number): Node {
    return { kind: "assertion", assertion, origin: this.origin(start) };
  }

  private origin(start: number): Origin {
    if (this.hooks.origin !== undefined) return this.hooks.origin;
    const source = this.source;
    const { rule, column } = this.hooks.places?.at(start) ?? { rule: this.hooks.rule, column: start + 1 };
    return {
      rule,
      column,
      get expected() {
        return readable(source.slice(start));
      },
    };
  }

  private close<T>(node: T, start: number): T {
    if (!this.take(")")) this.fail("unclosed parenthesis", start);
    return node;
  }

  private at(text: string): boolean {
    return this.source.startsWith(text, this.index);
  }

  private take(text: string): boolean {
    const found = this.at(text);
    if (found) this.index += text.length;
    return found;
  }

  private next(): string {
    const code = this.source.codePointAt(this.index);
    if (code === undefined) return this.fail("nothing after the backslash", Math.max(0, this.index - 1));
    const char = String.fromCodePoint(code);
    this.index += char.length;
    return char;
  }

  private fail(reason: string, index = this.index): never {
    throw new PatternError(reason, index + 1);
  }
}

/** The pattern's text up to the next reference, in quotes. `\s+` becomes a blank, and escapes lose their backslash. */
function readable(pattern: string): string {
  const upTo = pattern.search(/%\{|[()|]/);
  const text = (upTo > 0 ? pattern.slice(0, upTo) : pattern).slice(0, 60);
  return `"${text.replace(/\\s[+*]/g, " ").replace(/\\([^A-Za-z0-9])/g, "$1")}"`;
}
