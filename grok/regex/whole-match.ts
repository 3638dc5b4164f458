import { compile } from "./compile";
import type { Origin } from "./node";
import { Run } from "./run";
import { parsePattern } from "./syntax";

/**
 * Compiles a pattern to a function that tells whether it matches a whole text. It takes bounded time on any text, unlike
 * JavaScript's regular expressions.
 *
 * @param what what has the pattern, for messages
 * @throws PatternError if the pattern is not valid
 */
export function wholeMatch(source: string, what: string): (text: string) => boolean {
  const origin: Origin = { rule: what, column: 1, expected: source };
  const program = compile(parsePattern(source, { rule: what, origin }), 0, { end: origin });
  return (text) => new Run(program, text).match(0);
}
