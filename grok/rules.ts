/** One line of match or support rules. */
export interface RuleText {
  readonly name: string;
  readonly pattern: string;
  /** Line number in the rules, from 1. */
  readonly line: number;
  /** Number of characters before the pattern in its line. */
  readonly indent: number;
}

/** A rule that is not valid. */
export class RuleError extends Error {
  constructor(
    /** Name of the rule. */
    readonly rule: string,
    /** Column in the rule's pattern, from 1. */
    readonly column: number,
    readonly reason: string,
    /** The rule's pattern, to show the column in it. */
    readonly pattern?: string,
  ) {
    super(`rule ${rule}, column ${column}: ${reason}`);
    this.name = "RuleError";
  }
}

/** Datadog's documentation requires a letter or digit first, but its own integrations have names that start with `_`. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.]*$/;

/**
 * Splits rules, one per line: a name, blanks, a pattern. Empty lines and lines that start with `#` are ignored.
 *
 * @throws RuleError if a line is not a rule
 */
export function splitRules(text: string): RuleText[] {
  const rules: RuleText[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const parts = /^(\s*(\S+)\s+)(\S.*)$/s.exec(line);
    const name = parts?.[2] ?? line.trim().split(/\s+/)[0]!;
    const refuse = (reason: string): never => {
      throw new RuleError(name, 1, `line ${index + 1}: ${reason}`);
    };
    if (!NAME.test(name)) {
      refuse("the name must have only letters, digits, _ and ., must not start with ., and a blank must follow it");
    }
    if (parts === null) return refuse("the pattern after the name is missing");
    rules.push({ name, pattern: parts[3]!, line: index + 1, indent: parts[1]!.length });
  }
  return rules;
}

/**
 * The rules of a parser by name.
 *
 * @throws RuleError if two match or support rules have the same name, which Datadog does not accept
 */
export function rulesByName(support: readonly RuleText[], matching: readonly RuleText[]): Map<string, RuleText> {
  const all = new Map<string, RuleText>();
  for (const [kind, rules] of [
    ["support", support],
    ["match", matching],
  ] as const) {
    for (const rule of rules) {
      const first = all.get(rule.name);
      if (first !== undefined) {
        const other = `${support.includes(first) ? "support" : "match"} rule in line ${first.line}`;
        throw new RuleError(
          rule.name,
          1,
          `line ${rule.line} of the ${kind} rules: the ${other} has the same name; give each rule its own name`,
        );
      }
      all.set(rule.name, rule);
    }
  }
  return all;
}
