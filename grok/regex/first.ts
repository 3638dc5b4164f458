import type { CharSet } from "./char-set";
import { END, FIRST_WORDS, Op, OTHER, type Program } from "./run";

/**
 * For each instruction, a row with the characters that a match from there can start with. A row can have too many
 * characters, but never too few: the matcher skips paths that cannot match.
 */
export function firsts({ ops, a, b, sets, strings, parts, assertions }: Omit<Program, "first">): Int32Array {
  const rows = new Int32Array(ops.length * FIRST_WORDS);
  const ofSets = sets.map(rowOf);
  let changes = 0;
  const merge = (pc: number, row: Int32Array, from: number) => {
    for (let word = 0; word < FIRST_WORDS; word++) {
      const at = pc * FIRST_WORDS + word;
      const merged = rows[at]! | row[from * FIRST_WORDS + word]!;
      if (merged === rows[at]) continue;
      rows[at] = merged;
      changes++;
    }
  };
  const all = new Int32Array(FIRST_WORDS).fill(-1);
  const end = new Int32Array(FIRST_WORDS);
  end[END >> 5]! |= 1 << (END & 31);
  // Going backwards, the next instruction is done already, except for the jumps of loops, which need another pass or two.
  let before: number;
  do {
    before = changes;
    for (let pc = ops.length - 1; pc >= 0; pc--) {
      switch (ops[pc]!) {
        case Op.Match:
          merge(pc, all, 0);
          break;
        case Op.Char:
          merge(pc, rowOfCode(a[pc]!), 0);
          break;
        case Op.Text:
          merge(pc, rowOfCode(strings[a[pc]!]!.charCodeAt(0)), 0);
          break;
        case Op.Set:
          merge(pc, ofSets[a[pc]!]!, 0);
          break;
        case Op.Split:
          merge(pc, rows, a[pc]!);
          merge(pc, rows, b[pc]!);
          break;
        case Op.Jump:
          merge(pc, rows, a[pc]!);
          break;
        case Op.Greedy:
        case Op.Lazy:
        case Op.Possessive:
          merge(pc, ofSets[a[pc]!]!, 0);
          merge(pc, rows, pc + 1);
          break;
        case Op.Part: {
          const { kind, program } = parts[a[pc]!]!;
          if (kind === "atomic") merge(pc, program.first, 0);
          else merge(pc, rows, pc + 1);
          break;
        }
        case Op.Assert:
          if (assertions[a[pc]!] === "textEnd") merge(pc, end, 0);
          else merge(pc, rows, pc + 1);
          break;
        case Op.Save:
        case Op.Near:
          // They consume nothing: the next instruction is at the same position.
          merge(pc, rows, pc + 1);
          break;
      }
    }
  } while (changes > before);
  return rows;
}

function rowOfCode(code: number): Int32Array {
  const row = new Int32Array(FIRST_WORDS);
  const bit = Math.min(code, OTHER);
  row[bit >> 5]! |= 1 << (bit & 31);
  return row;
}

/** The characters of a set as a row. */
export function rowOf(set: CharSet): Int32Array {
  const row = new Int32Array(FIRST_WORDS);
  for (const [from, to] of set.ranges) {
    for (let code = from; code <= Math.min(to, OTHER - 1); code++) row[code >> 5]! |= 1 << (code & 31);
    if (to >= OTHER) row[OTHER >> 5]! |= 1 << (OTHER & 31);
  }
  return row;
}
