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
}

/** Only this many characters of a line are used to find where matching stopped. */
const MOST_CHARACTERS = 16_384;

export function furthest(line: string, rules: readonly { name: string; transparent: () => Program }[]): Furthest {
  const text = line.trim().slice(0, MOST_CHARACTERS);
  const stops = rules.map(({ name, transparent }) => ({ name, ...explain(transparent(), text) }));
  const best = stops.reduce((a, b) => (b.evidence > a.evidence ? b : a));
  return {
    rule: best.origin?.rule ?? best.name,
    matchRule: best.name,
    ruleColumn: best.origin?.column ?? 1,
    column: line.length - line.trimStart().length + best.position + 1,
    expected: best.origin?.expected ?? "",
    found: text.slice(best.position, best.position + 24),
  };
}

/** The line, a caret under the column where matching stopped, and what which rule expected there. */
export function caret(
  line: string,
  { rule, matchRule, ruleColumn, column, expected, found }: Furthest,
  width = 100,
): string {
  // Replace control characters, which would move the caret. Cut a long line around the caret.
  const shown = line.replace(/[\u0000-\u001f\u007f]/g, "·");
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
