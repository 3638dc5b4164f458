import type { CharSet } from "./char-set";
import { firstOf, firsts } from "./first";
import { type Assertion, lengthOf, type Node, type Origin } from "./node";
import { Op, type Part, type Program } from "./run";
import { PatternError } from "./syntax";

/** Most instructions of a pattern. Nested counts such as `((a{99}){99}){99}` would exhaust the memory. */
const MAX_INSTRUCTIONS = 100_000;

export interface CompileOptions {
  /** The match must reach the end of the text. This origin is reported if it does not. */
  readonly end?: Origin;
  /** Compile atomic groups as plain groups, so that an explanation can look into them. */
  readonly transparent?: boolean;
  /** It is a part of another pattern: a match of that one need not pass through it. */
  readonly part?: boolean;
}

/** Compiles a pattern that has `captureCount` capture slots. */
export function compile(
  node: Node,
  captureCount: number,
  { end, transparent = false, part = false }: CompileOptions = {},
): Program {
  const assembler = new Assembler(captureCount, transparent, part);
  assembler.node(node);
  if (end !== undefined) assembler.node({ kind: "assertion", assertion: "textEnd", origin: end });
  return assembler.finish();
}

class Assembler {
  private readonly ops: Op[] = [];
  private readonly a: number[] = [];
  private readonly b: number[] = [];
  private readonly origins: (Origin | undefined)[] = [];
  private readonly sets: CharSet[] = [];
  private readonly strings: string[] = [];
  private readonly assertions: Assertion[] = [];
  private readonly parts: Part[] = [];
  private needsMemo = false;

  constructor(
    private readonly captureCount: number,
    private readonly transparent: boolean,
    /** Whether a match need not pass through the node that is compiled. */
    private optional: boolean,
  ) {}

  node(node: Node): void {
    switch (node.kind) {
      case "set":
        if (isChar(node.set)) this.text(String.fromCodePoint(node.set.ranges[0]![0]), node.origin);
        else this.emit(Op.Set, this.sets.push(node.set) - 1, 0, node.origin);
        return;
      case "sequence":
        this.sequence(node.items);
        return;
      case "choice":
        this.optionally(() => this.choice(node.options));
        return;
      case "repeat":
        this.optionally(() => this.repeat(node));
        return;
      case "capture":
        this.emit(Op.Save, node.slot * 2, this.optional ? 0 : 1);
        this.node(node.item);
        this.emit(Op.Save, node.slot * 2 + 1, this.optional ? 0 : 1);
        return;
      case "atomic":
        if (this.transparent) {
          this.node(node.item);
          return;
        }
        this.part("atomic", node.item);
        return;
      case "look":
        this.look(node);
        return;
      case "assertion":
        this.emit(Op.Assert, this.assertions.push(node.assertion) - 1, 0, node.origin);
    }
  }

  /** Compiles something that a match need not pass through, or can pass through several times. */
  private optionally(emit: () => void): void {
    const before = this.optional;
    this.optional = true;
    emit();
    this.optional = before;
  }

  finish(): Program {
    this.emit(Op.Match, 0, 0);
    const { ops, a, b } = this;
    const ways = new Uint8Array(ops.length);
    const lead = (to: number, count = 1) => (ways[to] = Math.min(2, ways[to]! + count));
    // The entry counts too: the program of an atomic group can start with a loop, which also jumps there.
    lead(0);
    for (const [pc, op] of ops.entries()) {
      if (op === Op.Split) lead(b[pc]!);
      if (op === Op.Split || op === Op.Jump) lead(a[pc]!);
      else if (op !== Op.Match) lead(pc + 1, op === Op.Greedy || op === Op.Lazy || op === Op.Possessive ? 2 : 1);
    }
    // An unbounded run also memoizes its own positions.
    for (const [pc, op] of ops.entries()) if ((op === Op.Greedy || op === Op.Lazy) && b[pc]! < 0) ways[pc] = 2;
    let joinCount = 0;
    const joins = new Int32Array(ops.length).map((_, pc) => (ways[pc]! > 1 ? joinCount++ : -1));
    const program = {
      ops,
      a: new Int32Array(a),
      b: new Int32Array(b),
      joins,
      joinCount,
      needsMemo: this.needsMemo,
      sets: this.sets,
      strings: this.strings,
      assertions: this.assertions,
      parts: this.parts,
      origins: this.origins,
      captureCount: this.captureCount,
    };
    return { ...program, first: firsts(program) };
  }

  private emit(op: Op, a: number, b: number, origin?: Origin): number {
    if (this.ops.length >= MAX_INSTRUCTIONS)
      throw new PatternError("the rule is too large because of nested repetition counts", 1);
    this.a.push(a);
    this.b.push(b);
    this.origins.push(origin);
    return this.ops.push(op) - 1;
  }

  private text(text: string, origin: Origin): void {
    if (text.length === 1) this.emit(Op.Char, text.charCodeAt(0), 0, origin);
    else this.emit(Op.Text, this.strings.push(text) - 1, 0, origin);
  }

  private sequence(items: readonly Node[]): void {
    for (let index = 0; index < items.length; index++) {
      const item = items[index]!;
      let text = "";
      for (let next = index; next < items.length; next++) {
        const char = items[next]!;
        if (char.kind !== "set" || !isChar(char.set)) break;
        text += String.fromCodePoint(char.set.ranges[0]![0]);
        index = next;
      }
      if (item.kind === "set" && text !== "") this.text(text, item.origin);
      else this.node(item);
    }
  }

  private choice(options: readonly Node[]): void {
    const ends: number[] = [];
    for (const [index, option] of options.entries()) {
      const last = index === options.length - 1;
      const split = last ? -1 : this.emit(Op.Split, this.ops.length + 1, 0);
      this.node(option);
      if (last) break;
      ends.push(this.emit(Op.Jump, 0, 0));
      this.b[split] = this.ops.length;
    }
    for (const end of ends) this.a[end] = this.ops.length;
  }

  private repeat(node: Extract<Node, { kind: "repeat" }>): void {
    const { item, min, max, mode } = node;
    for (let count = 0; count < min; count++) this.node(item);
    if (max === min) return;
    if (item.kind === "set") {
      const op = mode === "greedy" ? Op.Greedy : mode === "lazy" ? Op.Lazy : Op.Possessive;
      this.emit(op, this.sets.push(item.set) - 1, max === Infinity ? -1 : max - min, item.origin);
      return;
    }
    if (mode === "possessive" && !this.transparent) {
      this.part("atomic", {
        kind: "repeat",
        item,
        min: 0,
        max: max === Infinity ? max : max - min,
        mode: "greedy",
      });
      return;
    }
    this.loop(item, max - min, mode !== "lazy");
  }

  private loop(item: Node, count: number, greedy: boolean): void {
    const splits: number[] = [];
    const split = () => splits.push(this.emit(Op.Split, 0, 0)) - 1;
    if (count === Infinity) {
      if (lengthOf(item).min === 0) this.needsMemo = true;
      const head = splits[split()]!;
      this.node(item);
      this.emit(Op.Jump, head, 0);
    } else {
      for (let each = 0; each < count; each++) {
        split();
        this.node(item);
      }
    }
    for (const pc of splits) {
      this.a[pc] = greedy ? pc + 1 : this.ops.length;
      this.b[pc] = greedy ? this.ops.length : pc + 1;
    }
  }

  private look({ behind, negative, item }: Extract<Node, { kind: "look" }>): void {
    if (item.kind === "set") {
      const side = (behind ? -1 : 1) * (negative ? 2 : 1);
      this.emit(Op.Near, this.sets.push(item.set) - 1, side, item.origin);
    } else this.part(behind ? (negative ? "notBehind" : "behind") : negative ? "notAhead" : "ahead", item);
  }

  private part(kind: Part["kind"], item: Node): void {
    const { min, max } = lengthOf(item);
    if (kind.endsWith("ehind") && max > 1000)
      throw new PatternError("a look-behind must have a maximum length", originOf(item)?.column ?? 1);
    const program = compile(item, this.captureCount, { transparent: this.transparent, part: true });
    const captures = program.ops.includes(Op.Save) || program.parts.some((part) => part.captures);
    this.emit(
      Op.Part,
      this.parts.push({ kind, program, first: firstOf(program), captures, min, max }) - 1,
      0,
      originOf(item),
    );
  }
}

function isChar(set: CharSet): boolean {
  return set.ranges.length === 1 && set.ranges[0]![0] === set.ranges[0]![1];
}

function originOf(node: Node): Origin | undefined {
  switch (node.kind) {
    case "set":
    case "assertion":
      return node.origin;
    case "sequence":
    case "choice":
      for (const each of node.kind === "sequence" ? node.items : node.options) {
        const origin = originOf(each);
        if (origin !== undefined) return origin;
      }
      return undefined;
    default:
      return originOf(node.item);
  }
}
