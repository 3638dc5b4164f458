import { type Attributes, type Value, wholeNumber } from "../attributes";

const NOTHING = Symbol("nil");
const DEEPEST = 100;

/** Parses a Ruby hash, `{:name => "John", "n" => 1, list: [true, nil]}`. Undefined if the text is not one. */
export function rubyHash(text: string): Attributes | undefined {
  const reader = new Reader(text);
  try {
    const value = reader.value(0);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

class Reader {
  private index = 0;
  /** Index of the last `>` that was looked for, or -1 if none follows: not looked for again, so that the time is linear. */
  private closing = 0;

  constructor(private readonly text: string) {}

  value(depth: number): Value | typeof NOTHING {
    if (depth > DEEPEST) throw new SyntaxError("too deep");
    if (this.take("{")) {
      const entries: [string, Value][] = [];
      this.items("}", () => {
        const key = this.key();
        const value = this.value(depth + 1);
        if (value !== NOTHING) entries.push([key, value]);
      });
      return Object.fromEntries(entries);
    }
    if (this.take("[")) {
      const list: Value[] = [];
      this.items("]", () => {
        const value = this.value(depth + 1);
        list.push(value === NOTHING ? null : value);
      });
      return list;
    }
    const quoted = this.quoted();
    if (quoted !== undefined) return quoted;
    const word = this.object() ?? this.match(/:?"(?:[^"\\]|\\.)*"|[^\s,{}[\]]+/y);
    if (word === undefined) throw new SyntaxError("a value is missing");
    if (word === "nil") return NOTHING;
    if (word === "true" || word === "false") return word === "true";
    if (/^[+-]?\d+$/.test(word)) return wholeNumber(word);
    if (/^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(word)) return Number(word);
    return word.replace(/^:/, "");
  }

  /** An object as Ruby prints it, `#<User id: 1, name: nil>`. */
  private object(): string | undefined {
    const start = this.index;
    if (!this.text.startsWith("#<", start)) return undefined;
    if (this.closing >= 0 && this.closing <= start) this.closing = this.text.indexOf(">", start);
    if (this.closing < 0) return undefined;
    this.index = this.closing + 1;
    return this.text.slice(start, this.index);
  }

  /** A key and the `=>` or `:` after it. */
  private key(): string {
    const key = this.quoted() ?? this.match(/:[^\s=,{}[\]]+(?=\s*=>)|[^\s=:,{}[\]]+/y);
    if (key === undefined || (!this.take("=>") && !this.take(":"))) throw new SyntaxError("a key is missing");
    return key.replace(/^:/, "");
  }

  private items(end: string, item: () => void): void {
    // A list that is cut off ends where its hash ends.
    while (!this.take(end) && !(end === "]" && this.text[this.index] === "}")) {
      item();
      if (!this.take(",") && !/^\s*[}\]]/.test(this.text.slice(this.index, this.index + 64)))
        throw new SyntaxError("a comma is missing");
    }
  }

  private quoted(): string | undefined {
    const found = this.match(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/sy);
    return found
      ?.slice(1, -1)
      .replace(/\\(.)/gs, (_all, char: string) => (char === "n" ? "\n" : char === "t" ? "\t" : char));
  }

  private take(text: string): boolean {
    this.match(/\s+/y);
    if (!this.text.startsWith(text, this.index)) return false;
    this.index += text.length;
    return true;
  }

  private match(regex: RegExp): string | undefined {
    if (regex.source !== "\\s+") this.match(/\s+/y);
    regex.lastIndex = this.index;
    const found = regex.exec(this.text)?.[0];
    this.index += found?.length ?? 0;
    return found;
  }
}
