import type { CharSet } from "./char-set";
import type { Assertion, Origin } from "./node";

/** Instructions of a compiled pattern. A `const enum`, so that the matcher switches over plain numbers. */
export const enum Op {
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
  /** Store the position: a = index in the captures. */
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
  /** The characters that a match from each instruction can start with, as rows of bits. See {@link firsts}. */
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
