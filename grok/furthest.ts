import { explain } from "./regex/explain";
import type { Program } from "./regex/program";

/** Where parsing stopped: the rule that came furthest, and what it wanted where. */
export interface Furthest {
  /** Name of the rule, match or support, that holds what did not fit. */
  readonly rule: string;
  /** Name of the match rule that came furthest. */
  readonly matchRule: string;
  /** Column in that rule's pattern, from 1. */
  readonly ruleColumn: number;
  /** Column in the line, from 1. */
  readonly column: number;
  /** What was expected, as the rule has it. */
  readonly expected: string;
  /** What the line has there instead; "" at its end. */
  readonly found: string;
}

/** Beyond this, the end of a line is not looked at to say where parsing stopped. */
const LONGEST = 16_384;

export function furthest(line: string, rules: readonly { name: string; transparent: () => Program }[]): Furthest {
  const text = line.trim().slice(0, LONGEST);
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

/** The line, a caret under the place where parsing stopped, and what was expected there by which rule. */
export function caret(
  line: string,
  { rule, matchRule, ruleColumn, column, expected, found }: Furthest,
  width = 100,
): string {
  // Control characters would move the caret; a long line is cut around it.
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
