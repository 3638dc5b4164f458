import type { CharSet } from "./char-set";
import type { Assertion, Origin } from "./node";

/** Instructions of a compiled pattern. A `const enum`, so that the matcher's switch is one over plain numbers. */
export const enum Op {
  /** The text matched. */
  Match,
  /** One character: a = its UTF-16 code. */
  Char,
  /** A text: a = index in strings. */
  Text,
  /** One code point of a set: a = index in sets. */
  Set,
  /** Go on at a; when that fails, at b. */
  Split,
  /** Go on at a. */
  Jump,
  /** Note the position: a = index among the captures. */
  Save,
  /** As many code points as possible of a set: a = set, b = most, or -1; gives back one by one. */
  Greedy,
  /** As few code points as possible of a set: a = set, b = most, or -1. */
  Lazy,
  /** As many code points as possible of a set, none given back: a = set, b = most, or -1. */
  Possessive,
  /** a = index in assertions. */
  Assert,
  /** The code point ahead (b = 1) or behind (b = -1) must be of set a; with b = 2 and -2 it must not. */
  Near,
  /** A look-around or atomic group: a = index in parts. */
  Part,
}

/**
 * A look-around or an atomic group: a program of its own, as what follows it has no say in how it matches. From one
 * position it always comes to the same end, which makes it safe to note what its states led to.
 */
export interface Part {
  readonly kind: "ahead" | "notAhead" | "behind" | "notBehind" | "atomic";
  readonly program: Program;
  /** It holds captures, so that it must be run once more for them. */
  readonly captures: boolean;
  /** Fewest and most UTF-16 units that it matches; only a look-behind needs them. */
  readonly min: number;
  readonly max: number;
}

/** A compiled pattern. */
export interface Program {
  readonly ops: readonly Op[];
  readonly a: Int32Array;
  readonly b: Int32Array;
  /** Number of each instruction that several ways lead to, else -1. Only there is it worth noting what was tried. */
  readonly joins: Int32Array;
  readonly joinCount: number;
  /** What may stand where each instruction begins: rows of bits. */
  readonly first: Int32Array;
  /** A loop may run on the spot, which only the notes of what was tried end. */
  readonly needsNotes: boolean;
  readonly sets: readonly CharSet[];
  readonly strings: readonly string[];
  readonly assertions: readonly Assertion[];
  readonly parts: readonly Part[];
  /** Where each instruction comes from. */
  readonly origins: readonly (Origin | undefined)[];
  readonly captureCount: number;
}
