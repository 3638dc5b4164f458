import type { CharSet } from "./char-set";

/** The place in the rules of a part of a pattern, for messages. */
export interface Origin {
  /** Name of the rule. */
  readonly rule: string;
  /** Column in the rule's pattern, from 1. */
  readonly column: number;
  /** What is expected there: a literal text, or a matcher such as `%{ip:source_ip}`. */
  readonly expected: string;
}

export type Assertion =
  "lineStart" | "lineEnd" | "textStart" | "textEnd" | "textEndOrLastBreak" | "boundary" | "noBoundary";

/** The syntax tree of a pattern: Java's regular expressions with the expanded matchers of Grok. */
export type Node =
  | { readonly kind: "set"; readonly set: CharSet; readonly origin: Origin }
  | { readonly kind: "sequence"; readonly items: readonly Node[] }
  | { readonly kind: "choice"; readonly options: readonly Node[] }
  | {
      readonly kind: "repeat";
      readonly item: Node;
      readonly min: number;
      readonly max: number;
      readonly mode: RepeatMode;
    }
  | { readonly kind: "capture"; readonly slot: number; readonly item: Node }
  | { readonly kind: "atomic"; readonly item: Node }
  | { readonly kind: "look"; readonly behind: boolean; readonly negative: boolean; readonly item: Node }
  | { readonly kind: "assertion"; readonly assertion: Assertion; readonly origin: Origin };

export type RepeatMode = "greedy" | "lazy" | "possessive";

export const EMPTY: Node = { kind: "sequence", items: [] };

/** The tree with another origin. */
export function withOrigin(node: Node, origin: Origin): Node {
  switch (node.kind) {
    case "set":
    case "assertion":
      return { ...node, origin };
    case "sequence":
      return { kind: "sequence", items: node.items.map((item) => withOrigin(item, origin)) };
    case "choice":
      return { kind: "choice", options: node.options.map((option) => withOrigin(option, origin)) };
    default:
      return { ...node, item: withOrigin(node.item, origin) };
  }
}

/** Fewest and most characters that a node can match. `max` is Infinity if there is no limit. */
export function lengthOf(node: Node): { min: number; max: number } {
  switch (node.kind) {
    case "set":
      return { min: 1, max: node.set.ranges.some(([, to]) => to > 0xffff) ? 2 : 1 };
    case "assertion":
    case "look":
      return { min: 0, max: 0 };
    case "capture":
    case "atomic":
      return lengthOf(node.item);
    case "repeat": {
      const { min, max } = lengthOf(node.item);
      return { min: min * node.min, max: max === 0 || node.max === 0 ? 0 : max * node.max };
    }
    case "sequence": {
      const lengths = node.items.map(lengthOf);
      return {
        min: lengths.reduce((sum, { min }) => sum + min, 0),
        max: lengths.reduce((sum, { max }) => sum + max, 0),
      };
    }
    case "choice": {
      const lengths = node.options.map(lengthOf);
      return { min: Math.min(...lengths.map(({ min }) => min)), max: Math.max(...lengths.map(({ max }) => max)) };
    }
  }
}
