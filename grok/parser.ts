import { add, type Attributes, type Value } from "./attributes";
import { type Filter, filter, FILTERS, UnknownFilter } from "./filters";
import { type Furthest, furthest, stops } from "./furthest";
import { Kept } from "./kept";
import { type Matcher, matcher, MATCHERS } from "./matchers";
import { nearest } from "./nearest";
import { parseReference, type Reference } from "./reference";
import { compile } from "./regex/compile";
import { type Node, type Origin, withOrigin } from "./regex/node";
import { PatternMatcher } from "./regex/pattern-matcher";
import { Places } from "./regex/places";
import type { Program } from "./regex/run";
import { parsePattern, PatternError } from "./regex/syntax";
import { RuleError, rulesByName, type RuleText, splitRules } from "./rules";

/** Rules in Datadog's format: one per line, `name pattern`. */
export interface GrokRules {
  /** Tried from top to bottom. The first rule that matches the whole line is used. */
  readonly matchRules: string;
  /** Rules that other rules use as `%{name}`. */
  readonly supportRules?: string;
}

export interface ParseOptions {
  /** Current time in milliseconds since 1970, to complete dates without a year or a day. */
  readonly now: number;
}

export type ParseResult =
  | { readonly matched: true; readonly rule: string; readonly attributes: Attributes }
  | { readonly matched: false; readonly furthest: Furthest };

/** A part of a line that a rule captures for an attribute. */
export interface CapturedText {
  /** Path of the attribute; "" if a filter such as `keyvalue` puts attributes at the root. */
  readonly path: string;
  /** Index in the line. */
  readonly start: number;
  /** Index in the line after the last character. */
  readonly end: number;
}

/** Compiled rules. */
export interface Parser {
  /** Names of the match rules, in order. */
  readonly rules: readonly string[];
  /** Sorted paths of the attributes that the rules can set, except those that `keyvalue` or `json` put at the root. */
  readonly attributes: readonly string[];
  /** A filter such as `keyvalue` or `json` puts attributes at the root, whose names are those of the line. */
  readonly setsAny: boolean;
  parse(line: string, options: ParseOptions): ParseResult;
  /** What the rule that matches the line captures; nothing if no rule matches. */
  captured(line: string): readonly CapturedText[];
  /** The names of all match rules that match the line, whatever rules come before them. */
  matching(line: string): readonly string[];
  /** For each match rule, where it stops in a line that it does not match. */
  stops(line: string): readonly Furthest[];
  /** The names of the match rules that backtrack so much on the line that the first attempt runs out of steps. */
  expensive(line: string): readonly string[];
}

/** One `%{…:path}` in a rule. */
interface Capture {
  readonly path: string;
  readonly convert?: Matcher["convert"];
  readonly filter?: Filter;
  /** A group `(?<path>…)` of the regular expression. */
  readonly isGroup?: boolean;
}

interface CompiledRule {
  readonly name: string;
  readonly matcher: PatternMatcher;
  /** The program compiled with transparent groups, to explain why a line does not match. */
  readonly transparent: () => Program;
  readonly captures: readonly Slot[];
}

interface Slot extends Capture {
  /** Position among the captures of the program. */
  readonly slot: number;
}

/** @throws RuleError with the rule, the column and the reason */
export function compileParser(rules: GrokRules): Parser {
  const matching = splitRules(rules.matchRules);
  const all = rulesByName(splitRules(rules.supportRules ?? ""), matching);
  if (matching.length === 0) throw new RuleError("(none)", 1, "at least one match rule is required");
  const compiled = matching.map((rule) => new RuleCompiler(all).compile(rule));
  const paths = new Set(compiled.flatMap(({ captures }) => captures.map(({ path }) => path)));
  const setsAny = paths.delete("");
  const firstMatch = (text: string) => {
    for (const { name, matcher, captures } of compiled) {
      const spans = matcher.match(text);
      if (spans !== undefined) return { name, captures, spans };
    }
    return undefined;
  };
  return {
    rules: compiled.map(({ name }) => name),
    attributes: [...paths].sort(),
    setsAny,
    parse(line, { now }) {
      const text = line.trim();
      const match = firstMatch(text);
      if (match !== undefined) {
        const { name, captures, spans } = match;
        return { matched: true, rule: name, attributes: attributesOf(spans, text, captures, now) };
      }
      let found: Furthest | undefined;
      return {
        matched: false,
        // Computed on demand: a pipeline sees many lines that none of its rules is meant for.
        get furthest() {
          return (found ??= furthest(line, compiled));
        },
      };
    },
    captured(line) {
      const match = firstMatch(line.trim());
      if (match === undefined) return [];
      const { captures, spans } = match;
      const indent = line.length - line.trimStart().length;
      return captures
        .map(({ slot, path }) => ({ path, start: indent + spans[slot * 2]!, end: indent + spans[slot * 2 + 1]! }))
        .filter(({ start, end }) => start >= indent && end > start);
    },
    matching: (line) => named(compiled.filter(({ matcher }) => matcher.match(line.trim()) !== undefined)),
    stops: (line) => stops(line, compiled),
    expensive: (line) => named(compiled.filter(({ matcher }) => matcher.runsOut(line.trim()))),
  };
}

const named = (rules: readonly CompiledRule[]) => rules.map(({ name }) => name);

function attributesOf(spans: Int32Array, text: string, captures: readonly Slot[], now: number): Attributes {
  const attributes: Attributes = {};
  for (const { slot, path, convert, filter } of captures) {
    const start = spans[slot * 2]!;
    const end = spans[slot * 2 + 1]!;
    if (start < 0 || end <= start) continue;
    const captured = text.slice(start, end);
    let value: Value | undefined = convert === undefined ? captured : convert(captured, now);
    if (value !== undefined && filter !== undefined) value = filter(value);
    if (value !== undefined && value !== null) add(attributes, path, value);
  }
  return attributes;
}

/** The trees of matchers' patterns: most rules use the same few. */
const matcherNodes = new Kept<string, Node>(500);

/** Compiles one match rule together with the rules and matchers that it uses. */
class RuleCompiler {
  private readonly captures: Capture[] = [];

  constructor(private readonly rules: ReadonlyMap<string, RuleText>) {}

  compile(rule: RuleText): CompiledRule {
    const node = this.expand(rule, []);
    const end: Origin = { rule: rule.name, column: rule.pattern.length + 1, expected: "the end of the line" };
    const compiled = (transparent: boolean) => compile(node, this.captures.length, { end, transparent });
    const program = this.inRule(rule, () => compiled(false));
    let transparent: Program | undefined;
    return {
      name: rule.name,
      matcher: new PatternMatcher(program),
      transparent: () => (transparent ??= compiled(true)),
      captures: inOrder(this.captures),
    };
  }

  /** @param outer the rules that `rule` is in, from the outermost */
  private expand(rule: RuleText, outer: readonly string[]): Node {
    const places = new Places([...outer, rule.name]);
    return this.inRule(
      rule,
      () =>
        parsePattern(rule.pattern, {
          rule: rule.name,
          places,
          insertion: (source, index) => this.insertion(parseReference(source, index), index, places),
          reference: (source, index) => {
            const reference = parseReference(source, index);
            return { node: this.reference(reference, source, index, places), end: reference.end };
          },
          namedGroup: (name) => this.slot({ path: name, isGroup: true }),
        }),
      places,
    );
  }

  /** The rule that a reference without a colon names. Its text replaces the reference. */
  private insertion({ matcher: { name }, colon, end }: Reference, index: number, places: Places) {
    const target = colon || MATCHERS.includes(name) ? undefined : this.rules.get(name);
    if (target === undefined) return undefined;
    this.refuseCycle(name, index, places);
    return { rule: name, text: target.pattern, end };
  }

  private refuseCycle(name: string, index: number, places: Places): void {
    const { open } = places.at(index);
    if (!open.includes(name)) return;
    throw new PatternError(`the rules use each other in a cycle: ${[...open, name].join(" > ")}`, index + 1);
  }

  private reference(reference: Reference, source: string, index: number, places: Places): Node {
    const { matcher: call, extract, filter: filterCall } = reference;
    const fail = (reason: string): never => {
      throw new PatternError(reason, index + 1);
    };
    const atReference = <T>(make: () => T): T => {
      try {
        return make();
      } catch (error) {
        if (error instanceof UnknownFilter) return fail(`${error.message}${nearest(error.filter, FILTERS)}`);
        if (error instanceof RuleError) throw error;
        if (error instanceof PatternError) return fail(error.reason);
        return fail(error instanceof Error ? error.message : String(error));
      }
    };
    const found = atReference(() => matcher(call.name, call.args));
    const filtered = filterCall === undefined ? undefined : atReference(() => filter(filterCall));
    const capture = extract === undefined ? undefined : { path: extract, convert: found?.convert, filter: filtered };
    // Reserve the slot first, so that an outer attribute is set before those inside it.
    const slot = capture === undefined ? undefined : this.slot(capture);
    let item: Node;
    if (found !== undefined) {
      const { rule, column } = places.at(index);
      const origin = { rule, column, expected: source.slice(index, reference.end) };
      item = atReference(() => this.matcherNode(found.pattern, origin));
    } else {
      const target = this.rules.get(call.name);
      if (target === undefined) {
        return fail(`unknown matcher or rule ${call.name}${nearest(call.name, [...MATCHERS, ...this.rules.keys()])}`);
      }
      this.refuseCycle(call.name, index, places);
      item = this.expand(target, places.at(index).open);
    }
    return slot === undefined ? item : { kind: "capture", slot, item };
  }

  /** The tree of a matcher's pattern. Patterns with named groups, which get slots of this rule, are not kept. */
  private matcherNode(pattern: string, origin: Origin): Node {
    const known = matcherNodes.get(pattern);
    if (known !== undefined) return withOrigin(known, origin);
    const slots = this.captures.length;
    const namedGroup = (name: string) => this.slot({ path: name, isGroup: true });
    const node = parsePattern(pattern, { rule: origin.rule, origin, namedGroup });
    if (this.captures.length === slots) matcherNodes.set(pattern, node);
    return node;
  }

  private slot(capture: Capture): number {
    return this.captures.push(capture) - 1;
  }

  /** Adds the rule to an error about its pattern. */
  private inRule<T>(rule: RuleText, make: () => T, places = new Places([rule.name])): T {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      const { rule: name, column } = places.at(error.column - 1);
      throw new RuleError(name, column, error.reason, this.rules.get(name)?.pattern);
    }
  }
}

/**
 * The captures in the order in which they set attributes: groups `(?<path>…)` first, so that the result of a filter at the root,
 * such as `%{regex("(?<say>.*)")::keyvalue}`, replaces what a group inside it holds.
 */
function inOrder(captures: readonly Capture[]): Slot[] {
  const slots = captures.map((capture, slot) => ({ ...capture, slot }));
  return [...slots.filter(({ isGroup }) => isGroup), ...slots.filter(({ isGroup }) => !isGroup)];
}
