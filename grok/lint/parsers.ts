import type { Parser } from "../parser";
import { type GrokParser, LONGEST_SAMPLE, MOST_SAMPLES } from "../pipeline/definition";
import { parseReference } from "../reference";
import { rulesByName, type RuleText, splitRules } from "../rules";
import type { Mistake } from "./finding";
import { hostileLines } from "./hostile";

type Rules = ReadonlyMap<string, RuleText>;

/**
 * Checks a Grok parser whose rules are valid.
 *
 * @param texts what the parser reads in the samples
 */
export function lintParser({ grok, samples }: GrokParser, parser: Parser, texts: readonly string[]): Mistake[] {
  const matching = splitRules(grok.match_rules);
  const support = splitRules(grok.support_rules);
  const all = rulesByName(support, matching);
  return [
    ...samplesBeyondLimits(samples),
    ...neverReached(matching, all),
    ...shadowed(matching, parser, texts),
    ...unused(support, matching, all),
    ...costly(parser, texts),
  ];
}

function samplesBeyondLimits(samples: readonly string[]): Mistake[] {
  const refuse = (message: string): Mistake => ({ level: "error", code: "refused-samples", message });
  const long = samples.findIndex((each) => each.length > LONGEST_SAMPLE || each.trim() === "");
  return [
    ...(samples.length > MOST_SAMPLES
      ? [refuse(`it has ${samples.length} samples, and Datadog accepts at most ${MOST_SAMPLES}: remove some`)]
      : []),
    ...(long >= 0
      ? [
          refuse(
            `sample ${long + 1} has ${samples[long]!.length} characters, and Datadog accepts 1 to ${LONGEST_SAMPLE}`,
          ),
        ]
      : []),
  ];
}

/** Rules after a rule of the same pattern, or after one that matches every line. */
function neverReached(matching: readonly RuleText[], all: Rules): Mistake[] {
  const catching = matching.findIndex(({ pattern }) => matchesAll(pattern, all));
  return matching.flatMap(({ name, pattern }, index): Mistake[] => {
    const same = matching.slice(0, index).find((each) => each.pattern === pattern);
    const place = { level: "error", rule: name, column: 1 } as const;
    if (same !== undefined)
      return [
        {
          ...place,
          code: "identical-rule",
          message: `it has the same pattern as rule ${same.name} before it: remove one`,
        },
      ];
    if (catching < 0 || index <= catching) return [];
    const message = `rule ${matching[catching]!.name} before it matches every line: move that rule to the end`;
    return [{ ...place, code: "unreachable-rule", message }];
  });
}

/** Whether a pattern is only `data`, `greedyData` or `.*`, directly or in helper rules. */
function matchesAll(pattern: string, all: Rules): boolean {
  if (/^\(?\.\*[?+]?\)?$/.test(pattern)) return true;
  if (!pattern.startsWith("%{")) return false;
  const { matcher, end } = parseReference(pattern, 0);
  if (end !== pattern.length) return false;
  const target = all.get(matcher.name);
  return ["data", "greedyData"].includes(matcher.name) || (target !== undefined && matchesAll(target.pattern, all));
}

/** Rules that match samples, but each of these is matched by an earlier rule. */
function shadowed(matching: readonly RuleText[], parser: Parser, texts: readonly string[]): Mistake[] {
  const matches = texts.map((text) => parser.matching(text));
  return matching.flatMap(({ name }): Mistake[] => {
    const own = matches.filter((rules) => rules.includes(name));
    if (own.length === 0 || own.some(([first]) => first === name)) return [];
    const earlier = [...new Set(own.map(([first]) => first))].join(", ");
    const what =
      own.length === 1 ? "an earlier rule matches the only sample" : `earlier rules match all ${own.length} samples`;
    const message = `${what} that it matches (${earlier}): move it up, or remove it`;
    return [{ level: "hint", code: "shadowed-rule", rule: name, column: 1, message }];
  });
}

/** Helper rules that no match rule uses, directly or through another helper rule. */
function unused(support: readonly RuleText[], matching: readonly RuleText[], all: Rules): Mistake[] {
  const used = new Set<string>();
  const visit = ({ pattern }: RuleText) => {
    for (const [, name = ""] of pattern.matchAll(/%\{\s*([\w.]+)/g)) {
      const target = all.get(name);
      if (target === undefined || used.has(name)) continue;
      used.add(name);
      visit(target);
    }
  };
  matching.forEach(visit);
  return support
    .filter(({ name }) => !used.has(name))
    .map(({ name }) => ({
      level: "hint",
      code: "unused-helper",
      rule: name,
      column: 1,
      message: "no match rule uses this helper rule: remove it",
    }));
}

/** Rules that backtrack much on lines made to provoke it. */
function costly(parser: Parser, texts: readonly string[]): Mistake[] {
  const found = new Map<string, string>();
  for (const line of hostileLines(texts))
    for (const rule of parser.expensive(line)) if (!found.has(rule)) found.set(rule, line);
  return [...found].map(([rule, line]) => ({
    level: "hint",
    code: "costly-rule",
    rule,
    column: 1,
    message:
      `it takes more than 20 steps for each character of a line such as ${JSON.stringify(shortened(line))}: make the parts ` +
      "before fixed texts narrower, e.g. [^,]* or %{notSpace} instead of %{data}",
  }));
}

const shortened = (line: string) => (line.length > 40 ? `${line.slice(0, 40)}…` : line);
