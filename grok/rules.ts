/** One line of match or support rules. */
export interface RuleText {
  readonly name: string;
  readonly pattern: string;
  /** Line in the text it comes from, from 1. */
  readonly line: number;
  /** Characters of that line before the pattern. */
  readonly indent: number;
}

/** A rule that cannot be used: which, where in it, and why. */
export class RuleError extends Error {
  constructor(
    /** Name of the rule. */
    readonly rule: string,
    /** Column in the rule's pattern, from 1. */
    readonly column: number,
    readonly reason: string,
    /** The rule's pattern, for the caret. */
    readonly pattern?: string,
  ) {
    super(`rule ${rule}, column ${column}: ${reason}`);
    this.name = "RuleError";
  }
}

/** Splits rules, one a line: a name, blanks, a pattern. Empty lines and those that start with `#` count for nothing. */
export function splitRules(text: string): RuleText[] {
  const rules: RuleText[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const parts = /^(\s*([A-Za-z0-9_.-]+)\s+)(\S.*)$/s.exec(line);
    if (parts === null) {
      const name = line.trim().split(/\s+/)[0]!;
      const reason = /^[A-Za-z0-9_.-]+$/.test(name)
        ? "there is no pattern behind the name"
        : "a name may hold letters, digits, _ . and -, and a blank must follow it";
      throw new RuleError(name, 1, `line ${index + 1}: ${reason}`);
    }
    rules.push({ name: parts[2]!, pattern: parts[3]!, line: index + 1, indent: parts[1]!.length });
  }
  return rules;
}
