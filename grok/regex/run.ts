import type { CharSet } from "./char-set";
import type { Assertion, Origin } from "./node";

/**
 * Instructions of a compiled pattern. They are in the file of the matcher, because tools that compile one file at a time
 * replace the names by numbers only there.
 */
export enum Op {
  /** The end of a match. */
  Match,
  /** One character: a = its UTF-16 code. */
  Char,
  /** A text: a = index in strings. */
  Text,
  /** One code point of a set: a = index in sets. */
  Set,
  /** Continue at a; if that fails, at b. */
  Split,
  /** Continue at a. */
  Jump,
  /** Store the position: a = index in the captures; b = 1 if every match passes here, so that it need not be undone. */
  Save,
  /** As many code points of a set as possible: a = set, b = most, or -1 for no limit. Backtracks one by one. */
  Greedy,
  /** As few code points of a set as possible: a = set, b = most, or -1 for no limit. */
  Lazy,
  /** As many code points of a set as possible, without backtracking: a = set, b = most, or -1 for no limit. */
  Possessive,
  /** a = index in assertions. */
  Assert,
  /** The code point ahead (b = 1) or behind (b = -1) must be in set a; for b = 2 and -2, it must not be. */
  Near,
  /** A look-around or atomic group: a = index in parts. */
  Part,
}

/**
 * A look-around or an atomic group. It is a program of its own, because how it matches does not depend on what follows. From
 * a given position it always ends at the same position, so its results can be memoized.
 */
export interface Part {
  readonly kind: "ahead" | "notAhead" | "behind" | "notBehind" | "atomic";
  readonly program: Program;
  /** The characters that it can start with, as a row. A bit more says that it can match no character. */
  readonly first: Int32Array;
  /** It has captures, so that it must run once more to set them. */
  readonly captures: boolean;
  /** Fewest and most UTF-16 units that it matches, for a look-behind. */
  readonly min: number;
  readonly max: number;
}

/** A compiled pattern. */
export interface Program {
  readonly ops: readonly Op[];
  readonly a: Int32Array;
  readonly b: Int32Array;
  /** For an instruction that several paths lead to, its number; otherwise -1. Only these are memoized. */
  readonly joins: Int32Array;
  readonly joinCount: number;
  /** The characters that a match from each instruction can start with, as rows of {@link FIRST_WORDS} words. */
  readonly first: Int32Array;
  /** A loop can match the empty text. Without memoization it would not end. */
  readonly needsMemo: boolean;
  readonly sets: readonly CharSet[];
  readonly strings: readonly string[];
  readonly assertions: readonly Assertion[];
  readonly parts: readonly Part[];
  /** The place in the rules of each instruction. */
  readonly origins: readonly (Origin | undefined)[];
  readonly captureCount: number;
}

/** 32-bit words of a row. A row has a bit for each ASCII character, one for all others, and one for the end of the text. */
export const FIRST_WORDS = 5;
export const OTHER = 128;
export const END = 129;

/** Kinds of entries on the backtracking stack. Each entry has x, y and z. */
const enum Entry {
  /** Continue at instruction x from position y. */
  Choice,
  /** Restore capture x to y. */
  Undo,
  /** A greedy run before instruction x: backtrack from position y, at most to z. */
  Back,
  /** The lazy run at instruction x: take one more code point at position y. z more are allowed, or -1 for no limit. */
  More,
}

export const FAILED = -1;
export const OUT_OF_STEPS = -2;
const NEW = -3;

/** The states (join and position) that were visited: each failed, or, in parts, led to a match with a known end. */
class Memo {
  private readonly row: number;
  private readonly tried: Uint8Array;
  private readonly ends: Int32Array | undefined;
  /** The states on the current path, as join x width + position. Only kept if `confirm` will be called. */
  readonly trail: number[] = [];
  /** For each unbounded possessive run, where the last one started and ended. */
  private readonly runs = new Map<number, { from: number; to: number }>();

  constructor(
    joinCount: number,
    private readonly width: number,
    readonly confirms: boolean,
    /** The first position that is memoized. */
    private readonly first = 0,
  ) {
    this.row = (width + 7) >> 3;
    this.tried = new Uint8Array(joinCount * this.row);
    this.ends = confirms ? new Int32Array(joinCount * width) : undefined;
  }

  /** Marks a state as visited. Returns NEW, FAILED, or the end of the match that the state led to. */
  visit(join: number, at: number): number {
    const position = at - this.first;
    const byte = join * this.row + (position >> 3);
    const bit = 1 << (position & 7);
    if ((this.tried[byte]! & bit) === 0) {
      this.tried[byte]! |= bit;
      if (this.confirms) this.trail.push(join * this.width + position);
      return NEW;
    }
    return this.ends === undefined ? FAILED : this.ends[join * this.width + position]! - 1;
  }

  /** The end of a possessive run that starts within the last run of the same instruction: both end at the same position. */
  endOfRun(pc: number, from: number): number | undefined {
    const last = this.runs.get(pc);
    return last !== undefined && from >= last.from && from < last.to ? last.to : undefined;
  }

  lastRun(pc: number): { readonly from: number; readonly to: number } | undefined {
    return this.runs.get(pc);
  }

  recordRun(pc: number, from: number, to: number): void {
    this.runs.set(pc, { from, to });
  }

  /** Removes from the trail the states of a greedy run after the position to which it backtracks. */
  giveBack(join: number, position: number): void {
    const { trail, width } = this;
    const [low, high] = [join * width + position, (join + 1) * width];
    for (let last = trail.at(-1); last !== undefined && last > low && last < high; last = trail.at(-1)) trail.pop();
  }

  /** The current path led to a match: store its end for every state on the path. */
  confirm(end: number): void {
    for (const key of this.trail) this.ends![key] = end + 1;
    this.trail.length = 0;
  }
}

/** Steps of a first attempt on a text of this length. */
export const budgetFor = (length: number): number => 20 * length + 2000;

/**
 * Matches one text against one program. The first attempt is plain backtracking, with a budget of steps that grows linearly
 * with the text. If the budget is exceeded, the second attempt memoizes every state that it visits at a join. The rest of a
 * match depends only on instruction and position, so no state is visited twice, and the work is at most (joins x text length).
 */
export class Run {
  /** Start and end of each capture, or -1; then, for each part with captures, where it was last entered. */
  readonly captures: Int32Array;
  private readonly parts: (PartRun | undefined)[] = [];
  private stack = new Int32Array(0);
  private taken = 0;

  constructor(
    private readonly program: Program,
    private readonly text: string,
    /** Most UTF-16 units that a match can have. */
    private readonly reach = text.length,
  ) {
    this.captures = new Int32Array(program.captureCount * 2 + program.parts.length).fill(-1);
  }

  /** Number of instructions executed and characters passed so far, including parts. The time is proportional to it. */
  get steps(): number {
    return this.parts.reduce((sum, part) => sum + (part?.steps ?? 0), this.taken);
  }

  /** Matches from `start` and sets the captures. The match must end at `end`, unless that is -1. */
  match(start: number, end = -1): boolean {
    const result = this.attempt(start, end, undefined, this.budget);
    if (result === OUT_OF_STEPS) return this.matchWithMemo(start, end);
    return result >= 0 && this.setCaptures();
  }

  /** As {@link match}, if the first attempt ran out of steps. */
  matchWithMemo(start: number, end = -1): boolean {
    this.captures.fill(-1);
    const width = Math.min(this.reach, this.text.length - start) + 1;
    return (
      this.findWithMemo(start, end, new Memo(this.program.joinCount, width, false, start)) >= 0 && this.setCaptures()
    );
  }

  /** Adds the captures of parts. */
  private setCaptures(): true {
    const base = this.program.captureCount * 2;
    for (let index = 0; index < this.program.parts.length; index++) {
      const entered = this.captures[base + index]!;
      if (entered >= 0) this.parts[index]!.copyCaptures(entered, this.captures.subarray(0, base));
    }
    return true;
  }

  /** Smaller for a look-behind, which makes many attempts on one text. */
  private get budget(): number {
    return this.reach < this.text.length ? 20 * this.reach : budgetFor(this.reach);
  }

  /** The end of the match from `start`, or a negative number. */
  findWithMemo(start: number, end: number, memo: Memo): number {
    return this.attempt(start, end, memo, Number.MAX_SAFE_INTEGER);
  }

  /** Without a memo, the result is OUT_OF_STEPS if the budget is exceeded or the program needs a memo. */
  attempt(start: number, end: number, memo: Memo | undefined, budget: number): number {
    if (memo === undefined && this.program.needsMemo) return OUT_OF_STEPS;
    const { ops, a, b, joins, sets, strings, first } = this.program;
    const text = this.text;
    const length = text.length;
    const captures = this.captures;
    const trail = memo?.confirms === true ? memo.trail : undefined;
    let top = 0;
    let steps = budget;
    let pc = 0;
    let position = start;

    for (;;) {
      let alive = true;
      if (memo !== undefined && joins[pc]! >= 0) {
        const known = memo.visit(joins[pc]!, position);
        if (known >= 0) return this.ended(known, budget - steps);
        alive = known === NEW;
      }
      if (--steps < 0) return this.ended(OUT_OF_STEPS, budget);

      if (alive) {
        switch (ops[pc]!) {
          case Op.Match:
            if (end < 0 || position === end) return this.ended(position, budget - steps);
            alive = false;
            break;
          case Op.Char:
            if (position < length && text.charCodeAt(position) === a[pc]!) {
              position++;
              pc++;
            } else alive = false;
            break;
          case Op.Text: {
            const string = strings[a[pc]!]!;
            if (text.startsWith(string, position)) {
              position += string.length;
              pc++;
            } else alive = false;
            break;
          }
          case Op.Set: {
            const size = sizeAt(sets[a[pc]!]!, text, position);
            if (size > 0) {
              position += size;
              pc++;
            } else alive = false;
            break;
          }
          case Op.Split: {
            const bit = firstBit(text, position);
            if (!mayBegin(first, b[pc]!, bit)) pc = a[pc]!;
            else if (mayBegin(first, a[pc]!, bit)) {
              top = this.push(top, Entry.Choice, b[pc]!, position, 0, trail);
              pc = a[pc]!;
            } else pc = b[pc]!;
            break;
          }
          case Op.Jump:
            pc = a[pc]!;
            break;
          case Op.Save: {
            const slot = a[pc]!;
            if (b[pc] === 0) top = this.push(top, Entry.Undo, slot, captures[slot]!, 0, trail);
            captures[slot] = position;
            pc++;
            break;
          }
          case Op.Greedy: {
            const set = sets[a[pc]!]!;
            const from = position;
            const most = b[pc]!;
            for (let left = most; left !== 0; left--) {
              const size = sizeAt(set, text, position);
              if (size === 0) break;
              if (memo !== undefined && most < 0) {
                // An earlier run that started further left has passed this position: what follows was tried then.
                const known = memo.visit(joins[pc]!, position + size);
                if (known >= 0) return this.ended(known, budget - steps + position - from);
                if (known === FAILED) break;
              }
              position += size;
            }
            steps -= position - from;
            if (position > from) top = this.push(top, Entry.Back, pc + 1, position, from, trail);
            pc++;
            break;
          }
          case Op.Lazy:
            top = this.push(top, Entry.More, pc, position, b[pc]!, trail);
            pc++;
            break;
          case Op.Possessive: {
            const set = sets[a[pc]!]!;
            const from = position;
            const most = b[pc]!;
            const known = most < 0 ? memo?.endOfRun(pc, from) : undefined;
            if (known !== undefined) position = known;
            else {
              const last = most < 0 ? memo?.lastRun(pc) : undefined;
              for (let left = most; left !== 0 && position !== last?.from; left--) {
                const size = sizeAt(set, text, position);
                if (size === 0) break;
                position += size;
              }
              steps -= position - from;
              // A run that reaches the start of the last run ends where that one did.
              if (position === last?.from) position = last.to;
              if (most < 0) memo?.recordRun(pc, from, position);
            }
            pc++;
            break;
          }
          case Op.Assert:
            if (holds(this.program.assertions[a[pc]!]!, text, position)) pc++;
            else alive = false;
            break;
          case Op.Near:
            if (near(sets[a[pc]!]!, b[pc]!, text, position)) pc++;
            else alive = false;
            break;
          case Op.Part: {
            const index = a[pc]!;
            const part = this.program.parts[index]!;
            const run = (this.parts[index] ??= new PartRun(part, text));
            const before = run.steps;
            const result = memo === undefined ? run.tryFrom(position, steps) : run.endFrom(position);
            if (memo === undefined) steps -= run.steps - before;
            if (result === OUT_OF_STEPS || steps < 0) return this.ended(OUT_OF_STEPS, budget - steps);
            if (part.kind === "notAhead" || part.kind === "notBehind") alive = result < 0;
            else if (result < 0) alive = false;
            else {
              if (part.captures) {
                const slot = this.program.captureCount * 2 + index;
                top = this.push(top, Entry.Undo, slot, captures[slot]!, 0, trail);
                captures[slot] = position;
              }
              if (part.kind === "atomic") position = result;
            }
            pc++;
            break;
          }
        }
      }

      while (!alive) {
        if (top === 0) return this.ended(FAILED, budget - steps);
        const stack = this.stack;
        top -= 5;
        if (trail !== undefined && trail.length > stack[top + 4]!) trail.length = stack[top + 4]!;
        const x = stack[top + 1]!;
        const y = stack[top + 2]!;
        // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- only push() writes to the stack
        switch (stack[top]! as Entry) {
          case Entry.Undo:
            captures[x] = y;
            break;
          case Entry.Choice:
            pc = x;
            position = y;
            alive = true;
            break;
          case Entry.Back: {
            const low = stack[top + 3]!;
            position = y;
            do position -= position - 2 >= low && isLowSurrogate(text, position - 1) ? 2 : 1;
            while (position > low && !mayBegin(first, x, firstBit(text, position)));
            memo?.giveBack(joins[x - 1]!, position);
            if (position > low) top = this.push(top, Entry.Back, x, position, low, trail);
            pc = x;
            alive = true;
            break;
          }
          case Entry.More: {
            let left = stack[top + 3]!;
            position = y;
            while (left !== 0) {
              const size = sizeAt(sets[a[x]!]!, text, position);
              if (size === 0) break;
              position += size;
              if (left > 0) left--;
              else if (memo !== undefined) {
                const known = memo.visit(joins[x]!, position);
                if (known >= 0) return this.ended(known, budget - steps);
                if (known === FAILED) break;
              }
              steps--;
              if (!mayBegin(first, x + 1, firstBit(text, position))) continue;
              top = this.push(top, Entry.More, x, position, left, trail);
              pc = x + 1;
              alive = true;
              break;
            }
            break;
          }
        }
      }
    }
  }

  /** Adds an entry to the stack, and returns the new top. */
  private push(top: number, kind: Entry, x: number, y: number, z: number, trail: number[] | undefined): number {
    if (top + 5 > this.stack.length) {
      const larger = new Int32Array(Math.max(100, this.stack.length * 2));
      larger.set(this.stack);
      this.stack = larger;
    }
    const stack = this.stack;
    stack[top] = kind;
    stack[top + 1] = x;
    stack[top + 2] = y;
    stack[top + 3] = z;
    stack[top + 4] = trail === undefined ? 0 : trail.length;
    return top + 5;
  }

  private ended(result: number, steps: number): number {
    this.taken += steps;
    return result;
  }
}

/** One part on one text. */
class PartRun {
  /** For each position: end + 1 of the match; -1 if it failed; 0 if it was not tried. */
  private known: Int32Array | undefined;
  private memo: Memo | undefined;
  private readonly run: Run;
  /** Steps of the runs that set the captures. */
  private captureSteps = 0;

  constructor(
    private readonly part: Part,
    private readonly text: string,
  ) {
    this.run = new Run(part.program, text, this.behind ? part.max : undefined);
  }

  get steps(): number {
    return this.run.steps + this.captureSteps;
  }

  /** The end of the match from a position, by plain backtracking: OUT_OF_STEPS, or a negative number if there is none. */
  tryFrom(position: number, budget: number): number {
    if (!this.behind) return this.run.attempt(position, -1, undefined, budget);
    for (const start of this.startsBefore(position)) {
      const end = this.run.attempt(start, position, undefined, budget);
      if (end !== FAILED) return end;
    }
    return FAILED;
  }

  /** The end of the match from a position, or a negative number. Keeps the result of each position. */
  endFrom(position: number): number {
    this.known ??= new Int32Array(this.text.length + 1);
    const known = this.known[position]!;
    if (known !== 0) return known < 0 ? -1 : known - 1;
    const end = this.find(position);
    this.known[position] = end < 0 ? -1 : end + 1;
    return end;
  }

  /** Runs it once more where it matched, and copies the captures. */
  copyCaptures(position: number, target: Int32Array): void {
    const run = new Run(this.part.program, this.text, this.behind ? this.part.max : undefined);
    const found = this.behind
      ? this.startsBefore(position).some((start) => run.match(start, position))
      : run.match(position);
    this.captureSteps += run.steps;
    if (found) for (const slot of target.keys()) if (run.captures[slot]! >= 0) target[slot] = run.captures[slot]!;
  }

  private get behind(): boolean {
    return this.part.kind === "behind" || this.part.kind === "notBehind";
  }

  private find(position: number): number {
    if (this.behind)
      return this.startsBefore(position).some((start) => this.run.match(start, position)) ? position : -1;
    this.memo ??= new Memo(this.part.program.joinCount, this.text.length + 1, true);
    this.memo.trail.length = 0;
    const end = this.run.findWithMemo(position, -1, this.memo);
    if (end >= 0) this.memo.confirm(end);
    return end;
  }

  private startsBefore(position: number): number[] {
    const starts: number[] = [];
    for (let size = this.part.min; size <= Math.min(this.part.max, position); size++) starts.push(position - size);
    return starts;
  }
}

/** The bit in a row for the character at a position. */
function firstBit(text: string, position: number): number {
  if (position >= text.length) return END;
  const code = text.charCodeAt(position);
  return code < OTHER ? code : OTHER;
}

function mayBegin(first: Int32Array, pc: number, bit: number): boolean {
  return ((first[pc * FIRST_WORDS + (bit >> 5)]! >>> (bit & 31)) & 1) === 1;
}

/** Whether the code point ahead (side 1 or 2) or behind (-1 or -2) is in the set (1 and -1), or is not (2 and -2). */
export function near(set: CharSet, side: number, text: string, position: number): boolean {
  let at = position;
  if (side < 0) {
    at -= isLowSurrogate(text, position - 1) ? 2 : 1;
    if (at < 0) return side === -2;
  }
  return sizeAt(set, text, at) > 0 === (side === 1 || side === -1);
}

/** Number of UTF-16 units of the code point at a position if it is in the set, otherwise 0. */
export function sizeAt(set: CharSet, text: string, position: number): number {
  if (position >= text.length) return 0;
  const code = text.charCodeAt(position);
  if (code < 0xd800 || code > 0xdbff) return set.has(code) ? 1 : 0;
  const point = text.codePointAt(position)!;
  return set.has(point) ? (point > 0xffff ? 2 : 1) : 0;
}

export function holds(assertion: Assertion, text: string, position: number): boolean {
  switch (assertion) {
    case "textStart":
      return position === 0;
    case "textEnd":
      return position === text.length;
    case "textEndOrLastBreak":
      return position === text.length || (position === text.length - 1 && text[position] === "\n");
    case "lineStart":
      return position === 0 || text[position - 1] === "\n";
    case "lineEnd":
      return position === text.length || text[position] === "\n";
    case "boundary":
      return isWord(text, position - 1) !== isWord(text, position);
    case "noBoundary":
      return isWord(text, position - 1) === isWord(text, position);
  }
}

function isWord(text: string, position: number): boolean {
  const code = text.charCodeAt(position);
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122);
}

function isLowSurrogate(text: string, position: number): boolean {
  const code = text.charCodeAt(position);
  return code >= 0xdc00 && code <= 0xdfff;
}
