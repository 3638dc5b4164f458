import type { CharSet } from "./char-set";
import { END, FIRST_WORDS, Op, OTHER, type Program } from "./run";

// Local names: tools that compile one file at a time call a function to read an imported one.
const Code = Op;
const WORDS = FIRST_WORDS;

/** The bit for a match without characters. Only rows of parts have it. */
const EMPTY = END + 1;

/**
 * For each instruction, a row with the characters that a match from there can start with. A row can have too many
 * characters, but never too few: the matcher skips paths that cannot match.
 */
export function firsts(program: Omit<Program, "first">): Int32Array {
  return rowsOf(program, new Int32Array(WORDS).fill(-1));
}

/** The characters that a match of a complete program can start with. The row has the bit EMPTY if it can match no character. */
export function firstOf(program: Program): Int32Array {
  const empty = new Int32Array(WORDS);
  empty[EMPTY >> 5]! |= 1 << (EMPTY & 31);
  return rowsOf(program, empty).subarray(0, WORDS);
}

/** @param match the row of the end of a match */
function rowsOf(program: Omit<Program, "first">, match: Int32Array): Int32Array {
  const { ops, a, b, sets, strings, parts, assertions } = program;
  const rows = new Int32Array(ops.length * WORDS);
  const ofSets = sets.map(rowOf);
  let changes = 0;
  const merge = (pc: number, row: Int32Array, from: number) => {
    for (let word = 0; word < WORDS; word++) {
      const at = pc * WORDS + word;
      const merged = rows[at]! | row[from * WORDS + word]!;
      if (merged === rows[at]) continue;
      rows[at] = merged;
      changes++;
    }
  };
  const end = new Int32Array(WORDS);
  end[END >> 5]! |= 1 << (END & 31);
  // Going backwards, the next instruction is done already, except for the jumps of loops, which need another pass or two.
  let before: number;
  do {
    before = changes;
    for (let pc = ops.length - 1; pc >= 0; pc--) {
      switch (ops[pc]!) {
        case Code.Match:
          merge(pc, match, 0);
          break;
        case Code.Char:
          merge(pc, rowOfCode(a[pc]!), 0);
          break;
        case Code.Text:
          merge(pc, rowOfCode(strings[a[pc]!]!.charCodeAt(0)), 0);
          break;
        case Code.Set:
          merge(pc, ofSets[a[pc]!]!, 0);
          break;
        case Code.Split:
          merge(pc, rows, a[pc]!);
          merge(pc, rows, b[pc]!);
          break;
        case Code.Jump:
          merge(pc, rows, a[pc]!);
          break;
        case Code.Greedy:
        case Code.Lazy:
        case Code.Possessive:
          merge(pc, ofSets[a[pc]!]!, 0);
          merge(pc, rows, pc + 1);
          break;
        case Code.Part: {
          const { kind, first } = parts[a[pc]!]!;
          if (kind === "atomic") merge(pc, first, 0);
          if (kind !== "atomic" || ((first[EMPTY >> 5]! >>> (EMPTY & 31)) & 1) === 1) merge(pc, rows, pc + 1);
          break;
        }
        case Code.Assert:
          if (assertions[a[pc]!] === "textEnd") merge(pc, end, 0);
          else merge(pc, rows, pc + 1);
          break;
        case Code.Save:
        case Code.Near:
          // They consume nothing: the next instruction is at the same position.
          merge(pc, rows, pc + 1);
          break;
      }
    }
  } while (changes > before);
  return rows;
}

function rowOfCode(code: number): Int32Array {
  const row = new Int32Array(WORDS);
  const bit = Math.min(code, OTHER);
  row[bit >> 5]! |= 1 << (bit & 31);
  return row;
}

/** The rows of sets. Many rules have the same sets: those of the matchers. */
const rowsOfSets = new WeakMap<CharSet, Int32Array>();

/** The characters of a set as a row. */
export function rowOf(set: CharSet): Int32Array {
  const known = rowsOfSets.get(set);
  if (known !== undefined) return known;
  const row = new Int32Array(WORDS);
  for (const [from, to] of set.ranges) {
    for (let code = from; code <= Math.min(to, OTHER - 1); code++) row[code >> 5]! |= 1 << (code & 31);
    if (to < OTHER) continue;
    row[OTHER >> 5]! |= 1 << (OTHER & 31);
    // the following ranges are higher
    break;
  }
  rowsOfSets.set(set, row);
  return row;
}
