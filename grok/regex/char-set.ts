/** Inclusive ranges of code points, sorted, with a gap between each two. */
type Range = readonly [from: number, to: number];

const LAST = 0x10ffff;

/** A set of code points. ASCII is a table lookup, the rest a binary search. */
export class CharSet {
  private static readonly single = new Map<string, CharSet>();
  private table: Uint8Array | undefined;

  private constructor(readonly ranges: readonly Range[]) {}

  /** 1 for each ASCII code in the set, otherwise 0. */
  get ascii(): Uint8Array {
    if (this.table !== undefined) return this.table;
    this.table = new Uint8Array(128);
    for (const [from, to] of this.ranges) {
      for (let code = from; code <= Math.min(to, 127); code++) this.table[code] = 1;
    }
    return this.table;
  }

  static of(...ranges: Range[]): CharSet {
    const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
    const merged: [number, number][] = [];
    for (const [from, to] of sorted) {
      const last = merged.at(-1);
      if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
      else merged.push([from, to]);
    }
    return new CharSet(merged);
  }

  /** The set of one character. Patterns have many of the same. */
  static char(char: string): CharSet {
    let set = CharSet.single.get(char);
    if (set === undefined) {
      set = CharSet.chars(char);
      if (CharSet.single.size < 1000) CharSet.single.set(char, set);
    }
    return set;
  }

  static chars(text: string): CharSet {
    return CharSet.of(...Array.from(text, (char): Range => [char.codePointAt(0)!, char.codePointAt(0)!]));
  }

  has(code: number): boolean {
    if (code < 128) return (this.table ?? this.ascii)[code] === 1;
    let low = 0;
    let high = this.ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [from, to] = this.ranges[middle]!;
      if (code < from) high = middle - 1;
      else if (code > to) low = middle + 1;
      else return true;
    }
    return false;
  }

  /** Number of code points in the set. */
  get size(): number {
    return this.ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
  }

  get isEverything(): boolean {
    return this.size === LAST + 1;
  }

  union(other: CharSet): CharSet {
    return CharSet.of(...this.ranges, ...other.ranges);
  }

  negate(): CharSet {
    const gaps: Range[] = [];
    let next = 0;
    for (const [from, to] of this.ranges) {
      if (from > next) gaps.push([next, from - 1]);
      next = to + 1;
    }
    if (next <= LAST) gaps.push([next, LAST]);
    return CharSet.of(...gaps);
  }

  intersect(other: CharSet): CharSet {
    return this.negate().union(other.negate()).negate();
  }

  /** The set with both cases of its ASCII letters. As in Java, `(?i)` applies to ASCII only. */
  fold(): CharSet {
    const extra: Range[] = [];
    for (let code = 65; code <= 90; code++) {
      if (this.has(code)) extra.push([code + 32, code + 32]);
      if (this.has(code + 32)) extra.push([code, code]);
    }
    return CharSet.of(...this.ranges, ...extra);
  }
}

export const ANY = CharSet.of([0, LAST]);
export const DIGIT = CharSet.of([48, 57]);
export const WORD = CharSet.of([48, 57], [65, 90], [95, 95], [97, 122]);
/** Java's `\s`: space, tab, line feed, vertical tab, form feed, carriage return. */
export const SPACE = CharSet.of([9, 13], [32, 32]);
export const HORIZONTAL_SPACE = CharSet.of(
  [9, 9],
  [32, 32],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x180e, 0x180e],
  [0x2000, 0x200a],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
);
export const VERTICAL_SPACE = CharSet.of([10, 13], [0x85, 0x85], [0x2028, 0x2029]);
export const NOT_LINE_END = CharSet.of([10, 10], [13, 13], [0x85, 0x85], [0x2028, 0x2029]).negate();

const POSIX: Record<string, CharSet> = {
  Lower: CharSet.of([97, 122]),
  Upper: CharSet.of([65, 90]),
  ASCII: CharSet.of([0, 127]),
  Alpha: CharSet.of([65, 90], [97, 122]),
  Digit: DIGIT,
  Alnum: CharSet.of([48, 57], [65, 90], [97, 122]),
  Punct: CharSet.of([33, 47], [58, 64], [91, 96], [123, 126]),
  Graph: CharSet.of([33, 126]),
  Print: CharSet.of([32, 126]),
  Blank: CharSet.chars(" \t"),
  Cntrl: CharSet.of([0, 31], [127, 127]),
  XDigit: CharSet.of([48, 57], [65, 70], [97, 102]),
  Space: SPACE,
};

const properties = new Map<string, CharSet>();

/**
 * Texts of all code points, each with its first code point. Within a text, they have the same length in UTF-16 units, and no
 * two halves of surrogate pairs meet.
 */
function codePoints(): readonly (readonly [text: string, first: number])[] {
  const units = new Uint16Array(0x10000 + (LAST + 1 - 0x10000) * 2);
  for (let code = 0; code < 0x10000; code++) units[code] = code;
  for (let code = 0x10000, index = 0x10000; code <= LAST; code++) {
    units[index++] = 0xd800 + ((code - 0x10000) >> 10);
    units[index++] = 0xdc00 + (code & 0x3ff);
  }
  const text = (from: number, to: number) => {
    let result = "";
    for (let index = from; index < to; index += 4096)
      result += Reflect.apply(String.fromCharCode, undefined, units.subarray(index, Math.min(index + 4096, to)));
    return result;
  };
  return [
    [text(0, 0xdc00), 0],
    [text(0xdc00, 0x10000), 0xdc00],
    [text(0x10000, units.length), 0x10000],
  ];
}

/**
 * The set of `\p{name}`: Java's POSIX classes, Unicode's general categories, scripts (`IsLatin`) and binary properties.
 * Undefined for an unknown name.
 */
export function unicodeProperty(name: string): CharSet | undefined {
  const posix = POSIX[name];
  if (posix !== undefined) return posix;
  const known = properties.get(name);
  if (known !== undefined) return known;
  const bare = name.replace(/^(Is|java)/, "");
  for (const expression of [bare, `Script=${bare}`]) {
    let regex: RegExp;
    try {
      regex = new RegExp(`\\p{${expression}}+`, "gu");
    } catch {
      continue;
    }
    const ranges: Range[] = [];
    for (const [part, first] of codePoints()) {
      for (const { 0: found, index } of part.matchAll(regex)) {
        const from = first + (first > 0xffff ? index / 2 : index);
        ranges.push([from, from + (first > 0xffff ? found.length / 2 : found.length) - 1]);
      }
    }
    const set = CharSet.of(...ranges);
    properties.set(name, set);
    return set;
  }
  return undefined;
}
