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

/** A rule's name as Datadog takes it. Its documentation wants a letter or digit first; its own integrations begin some with `_`. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.]*$/;

/** Splits rules, one a line: a name, blanks, a pattern. Empty lines and those that start with `#` count for nothing. */
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
      refuse("a name may hold letters, digits, _ and ., with no . first, and a blank must follow it");
    }
    if (parts === null) return refuse("there is no pattern behind the name");
    rules.push({ name, pattern: parts[3]!, line: index + 1, indent: parts[1]!.length });
  }
  return rules;
}

/**
 * The rules of a parser by name.
 *
 * @throws RuleError where two have one name, which Datadog refuses, be they match or support rules
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
          `line ${rule.line} of the ${kind} rules: the name is that of the ${other} already; give each rule of a parser its own`,
        );
      }
      all.set(rule.name, rule);
    }
  }
  return all;
}
