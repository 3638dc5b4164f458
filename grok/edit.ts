import { isMap, isNode, type Pair, stringify } from "yaml";
import { isObject, jsonText, type Value } from "./attributes";
import { compare } from "./check";
import { keyOf, pairOf } from "./pipeline/source";

/** The values at a path. */
interface Change {
  /** The path as in differences: `custom.http.url`; "" for a complete result. */
  readonly path: string;
  readonly expected: Value | undefined;
  readonly found: Value;
}

/** Replaces values in the text of a YAML or JSON file. Everything else in the text stays: comments, indentation, quotes. */
export class Editor {
  private readonly edits: { readonly start: number; readonly end: number; readonly put: string }[] = [];
  private readonly step: string;
  private readonly lineEnd: string;

  constructor(
    private readonly text: string,
    private readonly isYaml: boolean,
  ) {
    this.step = /\n([ \t]+)\S/.exec(text)?.[1] ?? "  ";
    this.lineEnd = /\r?\n/.exec(text)?.[0] ?? "\n";
  }

  get result(): string {
    // The last edit first, so that the positions of the others stay. At the same position, an insertion comes last.
    const ordered = this.edits.toSorted((a, b) => b.start - a.start || b.end - a.end);
    return ordered.reduce(
      (text, { start, end, put }) => text.slice(0, start) + put.replace(/\r?\n/g, this.lineEnd) + text.slice(end),
      this.text,
    );
  }

  /** @param inFlow the pair is in a map in braces */
  setPair(pair: Pair, inFlow: boolean, { path, expected, found }: Change): void {
    const map = pair.value;
    const kept = isMap(map) && isObject(found) ? map.items.filter((each) => Object.hasOwn(found, keyOf(each))) : [];
    if (!isMap(map) || !isObject(expected) || !isObject(found) || kept.length === 0 || pairOf(map.items, "<<")) {
      const [start, end] = this.rangeOf(pair);
      const key = this.text.slice(start, endOfKey(pair));
      this.edits.push({ start, end, put: this.pairText(keyOf(pair), found, inFlow, start, key) });
      return;
    }
    const flow = map.flow === true;
    const inside = (key: string) => (path === "" ? key : `${path}.${key}`);
    const added = Object.keys(found).filter((key) => pairOf(map.items, key) === undefined);
    // These come before the changes inside the last pair, which can be at the same position.
    if (added.length > 0)
      this.addPairs(
        kept.at(-1)!,
        flow,
        added.map((key) => [key, found[key]!]),
      );
    const last = map.items.lastIndexOf(kept.at(-1)!);
    for (const [index, each] of map.items.entries()) {
      const key = keyOf(each);
      if (!Object.hasOwn(found, key)) {
        // null means the same as a field that is left out
        if (expected[key] !== undefined) this.removePair(map.items, index, flow, index > last);
      } else if (compare(inside(key), expected[key], found[key]).length > 0)
        this.setPair(each, flow, { path: inside(key), expected: expected[key], found: found[key]! });
    }
  }

  private addPairs(last: Pair, inFlow: boolean, pairs: readonly [string, Value][]): void {
    const [start, end] = this.rangeOf(last);
    const own = this.ownIndent(start);
    const separator = `${inFlow ? "," : ""}${own === undefined ? " " : `\n${own}`}`;
    const put = pairs.map(([key, value]) => separator + this.pairText(key, value, inFlow, start)).join("");
    const at = inFlow ? end : this.endOfLine(end);
    this.edits.push({ start: at, end: at, put });
  }

  private removePair(items: readonly Pair[], index: number, inFlow: boolean, isAfterKept: boolean): void {
    const [start, end] = this.rangeOf(items[index]!);
    const from = this.text.lastIndexOf("\n", start) + 1;
    if (!inFlow) this.edits.push({ start: from, end: this.text.indexOf("\n", end) + 1 || this.text.length, put: "" });
    else if (isAfterKept) this.edits.push({ start: this.rangeOf(items[index - 1]!)[1], end, put: "" });
    else this.edits.push({ start, end: this.rangeOf(items[index + 1]!)[0], put: "" });
  }

  /** @param start the position of the pair, or of another pair of the same map */
  private pairText(key: string, value: Value, inFlow: boolean, start: number, written?: string): string {
    const own = this.ownIndent(start);
    let text: string;
    let plain: string;
    if (this.isYaml) {
      plain = stringify(key, { lineWidth: 0 }).trimEnd();
      text = inFlow ? flowPair(key, value) : stringify({ [key]: value }, { lineWidth: 0 }).replace(/\n$/, "");
      // A pair that is the first of its line, or comes after "- ", has its lines below it in the same column.
      const column = start - (this.text.lastIndexOf("\n", start - 1) + 1);
      text = text.replace(/\n(?=[^\n])/g, `\n${" ".repeat(column)}`);
    } else {
      plain = JSON.stringify(key);
      text = `${plain}: ${own === undefined ? jsonText(value) : jsonLines(value, own, this.step)}`;
    }
    return written !== undefined && text.startsWith(plain) ? written + text.slice(plain.length) : text;
  }

  /** The blanks before a position, if nothing else comes before it in its line. */
  private ownIndent(position: number): string | undefined {
    const before = this.text.slice(this.text.lastIndexOf("\n", position - 1) + 1, position);
    return before.trim() === "" ? before : undefined;
  }

  private endOfLine(position: number): number {
    const end = this.text.indexOf("\n", position);
    if (end < 0) return this.text.length;
    return this.text[end - 1] === "\r" ? end - 1 : end;
  }

  /** Start of the key, and end of the value without the line ends after it. */
  private rangeOf(pair: Pair): [number, number] {
    const start = isNode(pair.key) ? (pair.key.range?.[0] ?? 0) : 0;
    let end = isNode(pair.value) ? (pair.value.range?.[1] ?? start) : endOfKey(pair) + 1;
    while (end > start && /\s/.test(this.text[end - 1]!)) end--;
    return [start, end];
  }
}

function endOfKey({ key }: Pair): number {
  return isNode(key) ? (key.range?.[1] ?? 0) : 0;
}

/** A pair as it is written in braces: `a: { b: 1 }`. */
function flowPair(key: string, value: Value): string {
  const text = stringify({ [key]: value }, { lineWidth: 0, collectionStyle: "flow" });
  return text.trim().slice(1, -1).trim();
}

/** A value as JSON in lines, the first of which continues a line that starts with `indent`. */
function jsonLines(value: Value, indent: string, step: string): string {
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) return jsonText(value);
  const inner = indent + step;
  const lines = Array.isArray(value)
    ? value.map((each) => jsonLines(each, inner, step))
    : Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${jsonLines(each, inner, step)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return `${open}\n${inner}${lines.join(`,\n${inner}`)}\n${indent}${close}`;
}
