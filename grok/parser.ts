import { add, type Attributes, type Value } from "./attributes";
import { type Filter, filter, FILTERS, UnknownFilter } from "./filters";
import { type Furthest, furthest } from "./furthest";
import { type Matcher, matcher, MATCHERS } from "./matchers";
import { nearest } from "./nearest";
import { parseReference, type Reference } from "./reference";
import { compile } from "./regex/compile";
import type { Node, Origin } from "./regex/node";
import type { Program } from "./regex/program";
import { Run } from "./regex/run";
import { parsePattern, PatternError } from "./regex/syntax";
import { RuleError, rulesByName, type RuleText, splitRules } from "./rules";

/** Rules as Datadog takes them: one a line, `name pattern`. */
export interface GrokRules {
  /** Tried from top to bottom; the first that fits the whole line yields the attributes. */
  readonly matchRules: string;
  /** Only used from other rules, as `%{name}`. */
  readonly supportRules?: string;
}

/** What the parser takes from its surroundings. */
export interface ParseOptions {
  /** Milliseconds since 1970; dates without a year or a day are understood from it. */
  readonly now: number;
}

export type ParseResult =
  | { readonly matched: true; readonly rule: string; readonly attributes: Attributes }
  | { readonly matched: false; readonly furthest: Furthest };

/** Compiled rules. */
export interface Parser {
  /** Names of the match rules, in order. */
  readonly rules: readonly string[];
  /** Paths of the attributes that the rules can yield, sorted. What `keyvalue` or `json` find at the root is not among them. */
  readonly attributes: readonly string[];
  parse(line: string, options: ParseOptions): ParseResult;
}

/** One `%{…:path}` in a rule. */
interface Capture {
  readonly path: string;
  readonly convert?: Matcher["convert"];
  readonly filter?: Filter;
}

interface CompiledRule {
  readonly name: string;
  readonly program: Program;
  /** The same, for an explanation of why a line does not match. */
  readonly transparent: () => Program;
  readonly captures: readonly Capture[];
}

/** Compiles rules. Throws a {@link RuleError} that names rule, column and reason. */
export function compileParser(rules: GrokRules): Parser {
  const matching = splitRules(rules.matchRules);
  const all = rulesByName(splitRules(rules.supportRules ?? ""), matching);
  if (matching.length === 0) throw new RuleError("(none)", 1, "there is no match rule");
  const compiled = matching.map((rule) => new RuleCompiler(all).compile(rule));
  const paths = new Set(compiled.flatMap(({ captures }) => captures.map(({ path }) => path)));
  paths.delete("");
  return {
    rules: compiled.map(({ name }) => name),
    attributes: [...paths].sort(),
    parse(line, { now }) {
      const text = line.trim();
      for (const { name, program, captures } of compiled) {
        const run = new Run(program, text);
        if (run.match(0)) return { matched: true, rule: name, attributes: attributesOf(run, text, captures, now) };
      }
      let found: Furthest | undefined;
      return {
        matched: false,
        // Found when asked for: a pipeline tries many lines that are not meant for it.
        get furthest() {
          return (found ??= furthest(line, compiled));
        },
      };
    },
  };
}

function attributesOf(run: Run, text: string, captures: readonly Capture[], now: number): Attributes {
  const attributes: Attributes = {};
  for (const [slot, { path, convert, filter }] of captures.entries()) {
    const start = run.captures[slot * 2]!;
    const end = run.captures[slot * 2 + 1]!;
    if (start < 0 || end <= start) continue;
    const captured = text.slice(start, end);
    let value: Value | undefined = convert === undefined ? captured : convert(captured, now);
    if (value !== undefined && filter !== undefined) value = filter(value);
    if (value !== undefined && value !== null) add(attributes, path, value);
  }
  return attributes;
}

/** Expands one match rule with everything it refers to. */
class RuleCompiler {
  private readonly captures: Capture[] = [];
  private readonly open: string[] = [];

  constructor(private readonly rules: ReadonlyMap<string, RuleText>) {}

  compile(rule: RuleText): CompiledRule {
    const node = this.expand(rule);
    const end: Origin = { rule: rule.name, column: rule.pattern.length + 1, expected: "the end of the line" };
    const compiled = (transparent: boolean) => compile(node, this.captures.length, { end, transparent });
    const program = this.guarded(rule, () => compiled(false));
    return { name: rule.name, program, transparent: () => compiled(true), captures: this.captures };
  }

  private expand(rule: RuleText): Node {
    this.open.push(rule.name);
    const node = this.guarded(rule, () =>
      parsePattern(rule.pattern, {
        rule: rule.name,
        reference: (source, index) => {
          const reference = parseReference(source, index);
          return { node: this.reference(rule, reference, source, index), end: reference.end };
        },
        namedGroup: (name) => this.slot({ path: name }),
      }),
    );
    this.open.pop();
    return node;
  }

  private reference(rule: RuleText, reference: Reference, source: string, index: number): Node {
    const { matcher: call, extract, filter: filterCall } = reference;
    const fail = (reason: string): never => {
      throw new PatternError(reason, index + 1);
    };
    const guard = <T>(make: () => T): T => {
      try {
        return make();
      } catch (error) {
        if (error instanceof UnknownFilter) return fail(`${error.message}${nearest(error.filter, FILTERS)}`);
        if (error instanceof RuleError) throw error;
        if (error instanceof PatternError) return fail(error.reason);
        return fail(error instanceof Error ? error.message : String(error));
      }
    };
    const found = guard(() => matcher(call.name, call.args));
    const filtered = filterCall === undefined ? undefined : guard(() => filter(filterCall));
    const capture = extract === undefined ? undefined : { path: extract, convert: found?.convert, filter: filtered };
    // The slot comes first, so that an outer attribute is set before those inside it.
    const slot = capture === undefined ? undefined : this.slot(capture);
    let item: Node;
    if (found !== undefined) {
      const origin = { rule: rule.name, column: index + 1, expected: source.slice(index, reference.end) };
      item = guard(() =>
        parsePattern(found.pattern, { rule: rule.name, origin, namedGroup: (name) => this.slot({ path: name }) }),
      );
    } else {
      const target = this.rules.get(call.name);
      if (target === undefined) {
        return fail(
          `no matcher or rule is called ${call.name}${nearest(call.name, [...MATCHERS, ...this.rules.keys()])}`,
        );
      }
      if (this.open.includes(call.name))
        fail(`the rules refer to one another in a circle: ${[...this.open, call.name].join(" > ")}`);
      item = this.expand(target);
    }
    return slot === undefined ? item : { kind: "capture", slot, item };
  }

  private slot(capture: Capture): number {
    return this.captures.push(capture) - 1;
  }

  private guarded<T>(rule: RuleText, make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (error instanceof PatternError) throw new RuleError(rule.name, error.column, error.reason, rule.pattern);
      throw error;
    }
  }
}
