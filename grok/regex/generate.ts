import type { CharSet } from "./char-set";
import { rowOf } from "./first";
import { END, FAILED, FIRST_WORDS, holds, near, Op, OTHER, OUT_OF_STEPS, type Part, type Program, sizeAt } from "./run";

/**
 * Matches a text from its start, by plain backtracking.
 *
 * @param codes the UTF-16 codes of the text; may be longer
 * @param captures receives the starts and ends; filled with -1 by the caller
 * @param budget most steps: a step is a backtrack, a turn of a loop or a character in a run
 * @returns the end of the match, FAILED or OUT_OF_STEPS
 */
export type Generated = (text: string, codes: Uint16Array, captures: Int32Array, budget: number) => number;

/** Whether {@link generate} can translate a program. */
export function canGenerate({ needsMemo, parts }: Program): boolean {
  const plain = ({ kind, captures, program }: Part) => !(captures && kind.startsWith("not")) && canGenerate(program);
  return !needsMemo && parts.every(plain);
}

/**
 * Translates a program to a JavaScript function, which does the same as the first attempt of {@link Run}. The text of the
 * function has only numbers from the program: sets, texts and tables are arguments.
 */
export function generate(program: Program): Generated {
  const translation = new Translation();
  const main = translation.add(program, false);
  const constants = translation.constants.map((_, index) => `K${index}`);
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the reason for this file; see above
  const make = new Function(
    ...["sizeAt", "near", "holds", ...constants],
    `"use strict";
let text = "", length = 0, codes, captures, at = 0, top = 0, left = 0, stack = new Int32Array(768);
function grow() { const larger = new Int32Array(stack.length * 2); larger.set(stack); return (stack = larger); }
${translation.functions.join("\n")}
return (aText, someCodes, someCaptures, budget) => {
  text = aText; length = aText.length; codes = someCodes; captures = someCaptures; left = budget;
  return ${main}(0, 0, -1);
};`,
  ) as (...args: readonly unknown[]) => Generated;
  return make(sizeAt, near, holds, ...translation.constants);
}

/** The functions of a program and its parts, and the values that are not numbers. */
class Translation {
  readonly functions: string[] = [];
  readonly constants: unknown[] = [];
  private readonly names = new Map<unknown, string>();

  /** Returns the name of the program's function. With `toEnd`, a match must end at the function's third argument. */
  add(program: Program, toEnd: boolean): string {
    const name = `f${this.functions.push("") - 1}`;
    this.functions[Number(name.slice(1))] = new Translator(this, program, toEnd).function(name);
    return name;
  }

  /** The name of a value. Equal tables have one name. */
  constant(value: unknown): string {
    const key = value instanceof Uint8Array ? String(value) : value;
    let name = this.names.get(key);
    if (name === undefined) {
      name = `K${this.constants.push(value) - 1}`;
      this.names.set(key, name);
    }
    return name;
  }
}

/** The bit in a row for the character at p. */
const BIT = `p < n ? c[p] < 128 ? c[p] : ${OTHER} : ${END}`;

/** Instructions in one function. V8 does not optimize functions that are much longer. */
const FUNCTION_LENGTH = 200;
/** What the functions of a program return instead of the next case. */
const MATCHED = -3;

/**
 * A program as functions: each has a loop around a switch, whose cases are a range of instructions. An instruction continues
 * with the next one. A function ends with the number of the case that another function has. Local variables: p position,
 * n length of the text, c codes, k captures, s stack with its end t, l steps left, to the next case. An entry on the stack is a
 * case, a position and one more number.
 */
class Translator {
  /** The numbers of the cases. Those of a function have no gaps, so that its switch becomes a table. */
  private readonly labels = new Map<string, number>([["undo", 0]]);

  constructor(
    private readonly translation: Translation,
    private readonly program: Program,
    private readonly toEnd: boolean,
  ) {
    const targets = this.targets();
    for (const pc of program.ops.keys()) {
      if (targets.has(pc)) this.labels.set(String(pc), this.labels.size);
      if (this.givesBack(pc)) this.labels.set(`resume ${pc}`, this.labels.size);
    }
  }

  function(name: string): string {
    const { length } = this.program.ops;
    const starts = Array.from({ length: Math.ceil(length / FUNCTION_LENGTH) }, (_, index) => index * FUNCTION_LENGTH);
    const functions = starts.map((start, index) =>
      this.range(`${name}_${index}`, start, Math.min(length, start + FUNCTION_LENGTH)),
    );
    const call = starts.map((_, index) => {
      const next = starts[index + 1];
      return `${next === undefined ? "" : `to < ${this.label(String(next))} ? `}${name}_${index}(to, base, end)`;
    });
    return `${functions.join("\n")}
function ${name}(p, base, end) {
  let to = ${this.label("0")};
  at = p; top = base;
  do to = ${call.join(" : ")}; while (to >= 0);
  return to === ${MATCHED} ? at : to;
}`;
  }

  /** A function with the instructions of a range. */
  private range(name: string, start: number, end: number): string {
    const pcs = Array.from({ length: end - start }, (_, index) => start + index);
    const named = (key: string, text: string) => (this.labels.has(key) ? `case ${this.label(key)}: ${text}` : text);
    return `function ${name}(to, base, end) {
  const n = length, c = codes, k = captures;
  let p = at, t = top, l = left, s = stack, x = 0, y = 0, z = 0, q = 0;
  for (;;) {
    one: switch (to) {
${pcs.map((pc) => named(String(pc), this.instruction(pc))).join("\n")}
${end < this.program.ops.length ? this.go(end) : ""}
${pcs.flatMap((pc) => (this.givesBack(pc) ? [named(`resume ${pc}`, this.resumed(pc))] : [])).join("\n")}
${named("undo", "k[s[t + 2]] = s[t + 1]; break;")}
default: at = p; top = t; left = l; return to;
    }
    if (t === base) { left = l; return ${FAILED}; }
    if (--l < 0) return ${OUT_OF_STEPS};
    t -= 3; to = s[t]; p = s[t + 1];
  }
}`;
  }

  /** The instructions that are reached in another way than from the one before them. */
  private targets(): Set<number> {
    const { ops, a, b } = this.program;
    const targets = new Set([0]);
    for (const [pc, op] of ops.entries()) {
      if (op === Op.Split) targets.add(a[pc]!).add(b[pc]!);
      if (op === Op.Jump) targets.add(a[pc]!);
      if (this.givesBack(pc)) targets.add(pc + 1);
      if (pc % FUNCTION_LENGTH === 0) targets.add(pc);
    }
    return targets;
  }

  private instruction(pc: number): string {
    const { ops, sets, strings, parts, assertions } = this.program;
    const [a, b] = [this.program.a[pc]!, this.program.b[pc]!];
    switch (ops[pc]!) {
      case Op.Match:
        return `${this.toEnd ? "if (p !== end) break; " : ""}at = p; left = l; return ${MATCHED};`;
      case Op.Char:
        return `if (p < n && c[p] === ${a}) p++; else break;`;
      case Op.Text: {
        const text = strings[a]!;
        const equal = Array.from({ length: text.length }, (_, at) => `c[p + ${at}] === ${text.charCodeAt(at)}`);
        const same = text.length > 12 ? `text.startsWith(${this.constant(text)}, p)` : equal.join(" && ");
        return `if (p + ${text.length} <= n && ${same}) p += ${text.length}; else break;`;
      }
      case Op.Set:
        return `${this.size(sets[a]!)} if (z === 0) break; p += z;`;
      case Op.Split:
        return this.split(pc, a, b);
      case Op.Jump:
        return `${a <= pc ? "l--; " : ""}${this.go(a, pc)}`;
      case Op.Save:
        return `${b === 0 ? this.undo(a) : ""}k[${a}] = p;`;
      case Op.Greedy: {
        const whole = this.whole(sets[a]!, b);
        return !this.givesBack(pc) ? whole : `${whole} if (p > q) { ${this.push(`resume ${pc}`, "p", "q")} }`;
      }
      case Op.Lazy:
        if (!this.givesBack(pc)) return this.whole(sets[a]!, b);
        return `${this.push(`resume ${pc}`, "p", String(b))} if (!(${this.begins(pc + 1)})) break;`;
      case Op.Possessive:
        return this.whole(sets[a]!, b);
      case Op.Assert:
        switch (assertions[a]!) {
          case "textStart":
            return "if (p !== 0) break;";
          case "textEnd":
            return "if (p !== n) break;";
          default:
            return `if (!holds(${this.constant(assertions[a])}, text, p)) break;`;
        }
      case Op.Near:
        if (b > 0) return `${this.size(sets[a]!)} if (z ${b === 1 ? "===" : "!=="} 0) break;`;
        return `if (!near(${this.constant(sets[a])}, ${b}, text, p)) break;`;
      case Op.Part:
        return this.part(parts[a]!);
    }
  }

  /** The case that continues a run when the matcher backtracks to it. */
  private resumed(pc: number): string {
    const { ops, sets, a } = this.program;
    const next = this.begins(pc + 1);
    if (ops[pc] === Op.Greedy)
      return `q = s[t + 2]; y = p;
do p -= p - 2 >= q && (c[p - 1] & 64512) === 56320 ? 2 : 1; while (p > q && !(${next}));
l -= y - p; if (p > q) { s[t + 1] = p; t += 3; } ${this.go(pc + 1)}`;
    return `q = s[t + 2]; y = p;
for (;;) {
  if (q-- === 0) break one;
  ${this.size(sets[a[pc]!]!)} if (z === 0) { l -= p - y; break one; }
  p += z; if (${next}) break;
}
l -= p - y; s[t + 1] = p; s[t + 2] = q; t += 3; ${this.go(pc + 1)}`;
  }

  private split(pc: number, a: number, b: number): string {
    const [first, second] = [this.row(a), this.row(b)];
    // whether neither, only a, only b, or both can begin with the character
    const ways = Uint8Array.from({ length: END + 1 }, (_, bit) => bitOf(first, bit) + 2 * bitOf(second, bit));
    const both = this.push(String(b), "p", "0");
    if (ways.every((way) => way === 3)) return `${both} ${this.go(a, pc)}`;
    if (ways.every((way) => way < 3)) {
      const [near, far] = a === pc + 1 ? [a, b] : [b, a];
      return `if (!(${this.begins(near)})) { ${this.go(far)} }`;
    }
    const other = a === pc + 1 ? `if (x === 2) { ${this.go(b)} }` : `if (x !== 2) { ${this.go(a)} }`;
    return `x = ${this.constant(ways)}[${BIT}]; if (x === 0) break; if (x === 3) { ${both} } ${other}`;
  }

  private part({ kind, program, captures, min, max }: Part): string {
    const behind = kind.endsWith("ehind");
    const name = this.translation.add(program, behind);
    const undos = captures ? capturesOf(program).map((slot) => this.undo(slot)) : [];
    const call = behind
      ? `for (y = ${min}, z = ${FAILED}; y <= ${max} && y <= p && z === ${FAILED}; y++) z = ${name}(p - y, t, p);`
      : `z = ${name}(p, t, -1);`;
    return [
      ...undos,
      `left = l; ${call} l = left; s = stack; if (z === ${OUT_OF_STEPS}) return z;`,
      `if (z ${kind.startsWith("not") ? ">=" : "<"} 0) break;`,
      kind === "atomic" ? "p = z;" : "",
    ].join(" ");
  }

  /** Passes all characters of a set, at most so many. Sets q to the start. */
  private whole(set: CharSet, most: number): string {
    const { ascii, others } = this.test(set);
    const turn = most >= 0 ? `for (y = ${most}; y > 0 && p < n; y--)` : "while (p < n)";
    let loop = `${turn} { ${this.size(set)} if (z === 0) break; p += z; }`;
    if (others === "none") loop = `${turn} if (x = c[p], ${ascii}) p++; else break;`;
    // without a limit, the two halves of a surrogate pair may be passed one by one
    else if (others === "all" && most < 0)
      loop = ascii === "true" ? "p = n;" : `${turn} if ((x = c[p]) > 127 || ${ascii}) p++; else break;`;
    return `q = p; ${loop} l -= p - q;`;
  }

  /** Sets z to the size of the code point at p if it is in the set, otherwise to 0. */
  private size(set: CharSet): string {
    const { ascii, others } = this.test(set);
    if (others === "none") return `z = p < n && (x = c[p], ${ascii}) ? 1 : 0;`;
    const size = `sizeAt(${this.constant(set)}, text, p)`;
    const wide = others === "all" ? `((x & 63488) === 55296 ? ${size} : 1)` : size;
    return `z = p >= n ? 0 : (x = c[p]) < 128 ? (${ascii} ? 1 : 0) : ${wide};`;
  }

  /** The condition for a code x below 128 (if others is none, for any code), and which codes from 128 are in the set. */
  private test({ ranges, ascii }: CharSet): { readonly ascii: string; readonly others: "none" | "all" | "some" } {
    const last = ranges.at(-1);
    const below = ranges.filter(([from]) => from < 128).map(([from, to]) => [from, Math.min(to, 127)] as const);
    const others =
      last === undefined || last[1] < 128 ? "none" : last[0] <= 128 && last[1] === 0x10ffff ? "all" : "some";
    if (others === "all" && ascii.every((member) => member === 1)) return { ascii: "true", others };
    const tests = below.map(([from, to]) => (from === to ? `x === ${from}` : `x >= ${from} && x <= ${to}`));
    if (tests.length <= 2) return { ascii: `(${tests.join(" || ") || "false"})`, others };
    return { ascii: `x < 128 && ${this.constant(ascii)}[x] === 1`, others };
  }

  /** Whether a match from an instruction can begin with the character at p. */
  private begins(pc: number): string {
    const row = this.row(pc);
    const bits = Uint8Array.from({ length: END + 1 }, (_, bit) => bitOf(row, bit));
    const set = [...bits.keys()].filter((bit) => bits[bit] === 1);
    if (set.length === bits.length) return "true";
    if (set.length === 1 && set[0] === END) return "p === n";
    if (set.length <= 2 && set.every((bit) => bit < OTHER))
      return `p < n && (${set.map((code) => `c[p] === ${code}`).join(" || ") || "false"})`;
    return `${this.constant(bits)}[${BIT}] === 1`;
  }

  /** Whether this is a run that the matcher can come back to: what follows can begin with a character of the run. */
  private givesBack(pc: number): boolean {
    const { ops, a, sets } = this.program;
    if (ops[pc] !== Op.Greedy && ops[pc] !== Op.Lazy) return false;
    const [own, next] = [rowOf(sets[a[pc]!]!), this.row(pc + 1)];
    return own.some((word, index) => (word & next[index]!) !== 0);
  }

  private row(pc: number): Int32Array {
    return this.program.first.subarray(pc * FIRST_WORDS, (pc + 1) * FIRST_WORDS);
  }

  private push(label: string, position: string, more: string): string {
    return `if (t + 3 > s.length) s = grow(); s[t] = ${this.label(label)}; s[t + 1] = ${position}; s[t + 2] = ${more}; t += 3;`;
  }

  private undo(slot: number): string {
    return `${this.push("undo", `k[${slot}]`, String(slot))} `;
  }

  /** Continues at an instruction; from the one before it, nothing is needed. */
  private go(pc: number, from?: number): string {
    return pc - 1 === from ? "" : `to = ${this.label(String(pc))}; continue;`;
  }

  private label(key: string): number {
    return this.labels.get(key)!;
  }

  private constant(value: unknown): string {
    return this.translation.constant(value);
  }
}

const bitOf = (row: Int32Array, bit: number) => (row[bit >> 5]! >>> (bit & 31)) & 1;

/** The capture slots that a program or its parts set. */
function capturesOf({ ops, a, parts }: Program): number[] {
  const own = ops.flatMap((op, pc) => (op === Op.Save ? [a[pc]!] : []));
  return [...new Set([...own, ...parts.flatMap(({ program }) => capturesOf(program))])];
}
