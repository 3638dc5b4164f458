import { printable } from "./printable";
import { explain } from "./regex/explain";
import type { Program } from "./regex/run";

/** Where matching stopped: the rule that matched the most of the line, and what it expected next. */
export interface Furthest {
  /** Name of the match or support rule with the part that did not match. */
  readonly rule: string;
  /** Name of the match rule. */
  readonly matchRule: string;
  /** Column in the pattern of `rule`, from 1. */
  readonly ruleColumn: number;
  /** Column in the line, from 1. */
  readonly column: number;
  /** What was expected, as written in the rule. */
  readonly expected: string;
  /** What the line has there; "" at its end. */
  readonly found: string;
  /** Number of characters that specific parts of the rule matched. `data` and `notSpace` do not count. */
  readonly evidence: number;
}

/** Only this many characters of a line are used to find where matching stopped. */
const MOST_CHARACTERS = 16_384;

interface Rule {
  readonly name: string;
  readonly transparent: () => Program;
}

/** Where the rule stopped that matched the most of the line. */
export function furthest(line: string, rules: readonly Rule[]): Furthest {
  return stops(line, rules).reduce((a, b) => (b.evidence > a.evidence ? b : a));
}

/** For each rule, where it stopped. */
export function stops(line: string, rules: readonly Rule[]): Furthest[] {
  const text = line.trim().slice(0, MOST_CHARACTERS);
  return rules.map(({ name, transparent }) => {
    const { position, origin, evidence } = explain(transparent(), text);
    return {
      rule: origin?.rule ?? name,
      matchRule: name,
      ruleColumn: origin?.column ?? 1,
      column: line.length - line.trimStart().length + position + 1,
      expected: origin?.expected ?? "",
      found: text.slice(position, position + 24),
      evidence,
    };
  });
}

/** The line, a caret under the column where matching stopped, and what which rule expected there. */
export function caret(
  line: string,
  { rule, matchRule, ruleColumn, column, expected, found }: Furthest,
  width = 100,
): string {
  // Control characters would move the caret. Cut a long line around the caret.
  const shown = printable(line);
  const from = Math.max(0, Math.min(column - 1 - Math.floor((width * 2) / 3), shown.length - width));
  const head = from > 0 ? "…" : "";
  const tail = shown.length > from + width ? "…" : "";
  const where = rule === matchRule ? rule : `${matchRule}, in ${rule}`;
  return [
    `${head}${shown.slice(from, from + width)}${tail}`,
    `${" ".repeat(head.length + column - 1 - from)}^`,
    `column ${column}: rule ${where} (column ${ruleColumn}) expected ${expected}`,
    found === "" ? "but the line ends there" : `but found ${JSON.stringify(found)}`,
  ].join("\n");
}
