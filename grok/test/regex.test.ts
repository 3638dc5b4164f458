import fc from "fast-check";
import { compile } from "../regex/compile";
import { explain } from "../regex/explain";
import type { Node } from "../regex/node";
import { Run } from "../regex/run";
import { parsePattern, PatternError } from "../regex/syntax";

const END = { rule: "r", column: 1, expected: "the end" };

/** The spans of named groups if the whole text matches. With `memoized`, uses memoization from the start. */
function match(pattern: string, text: string, memoized = false): Record<string, string> | undefined {
  const names: string[] = [];
  const node: Node = parsePattern(pattern, { rule: "r", namedGroup: (name) => names.push(name) - 1 });
  const program = compile(node, names.length, { end: END });
  const run = new Run(memoized ? { ...program, needsMemo: true } : program, text);
  if (!run.match(0)) return undefined;
  const groups: Record<string, string> = {};
  for (const [slot, name] of names.entries()) {
    const [start, end] = [run.captures[slot * 2]!, run.captures[slot * 2 + 1]!];
    if (start >= 0 && end >= 0) groups[name] = text.slice(start, end);
  }
  return groups;
}

const matches = (pattern: string, text: string) => match(pattern, text) !== undefined;

describe("Java's syntax", () => {
  test.each([
    ['[^]^"]+', "abc", true],
    ['[^]^"]+', "a]c", false],
    ["[]a]+", "]a]", true],
    ["[a-c&&[^b]]+", "ac", true],
    ["[a-c&&[^b]]+", "ab", false],
    ["[a[xy]]+", "axy", true],
    ["[\\w.-]+", "a.b-c", true],
    ["[a-]+", "a-", true],
    ["\\<\\d+\\>\\:\\-\\/", "<30>:-/", true],
    ["\\Qa.b*\\E+", "a.b**", true],
    ["\\x41\\u0042\\x{43}", "ABC", true],
    ["\\p{Lu}\\p{Alpha}\\P{Lu}", "Éab", true],
    ["[\\p{C}]", "\u0001", true],
    ["(?i)abc(?-i)D", "AbCD", true],
    ["(?i)abc(?-i)D", "AbCd", false],
    ["(?i:a)b", "AB", false],
    ["a(?i)b|c", "aC", false],
    ["a(?i)b|c", "C", true],
    ["(?x) a b # note\n c", "abc", true],
    ["a.b", "a\nb", true],
    ["(?-s)a.b", "a\nb", false],
    ["(?m)a$\\n^b", "a\nb", true],
    ["a{2,3}", "aaaa", false],
    ["{a}", "{a}", true],
    ["a{,2}", "a{,2}", true],
    ["\\bword\\b.*", "word!", true],
    ["(?<=a)b", "b", false],
    ["a(?<=a)b", "ab", true],
    ["a(?<!a)b", "ab", false],
    ["(?:a|ab)(?:c|bcd)", "abcd", true],
    ["(?>a|ab)c", "abc", false],
    ["a++a", "aaa", false],
    ["a*+b", "aab", true],
    ["(?:ab)?+ab", "ab", false],
    ["[^x]", "😀", true],
    [".", "😀", true],
    ["(a*)*b", "aab", true],
    ["(?:a?){3}", "aa", true],
  ])("%s on %j: %s", (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  test.each([
    ["a(b", /column 2: unclosed parenthesis/],
    ["a)b", /column 2: closing parenthesis/],
    ["[ab", /column 1: unclosed character class/],
    ["*a", /column 1: nothing to repeat before "\*"/],
    ["a{3,2}", /column 2: maximum 2 .*is less than its minimum 3/],
    ["a{99999}", /column 2: .*at most 1000/],
    ["(((a{999}){999}){999}){999}", /too large/],
    ["(a)\\1", /column 4: back-references are not supported/],
    ["\\y", /column 1: unknown escape "\\y"/],
    ["\\p{Nonsense}", /column 1: unknown property "Nonsense"/],
    ["[b-a]", /column 1: the range "b-a" is in reverse order/],
    ["a\\", /column 2: nothing after the backslash/],
    ["(?<=a+)b", /column 5: a look-behind must have a maximum length/],
    ["(?~a)", /column 1: unknown group/],
  ])("%s is refused", (pattern, message) => {
    expect(() => match(pattern, "")).toThrow(message);
    expect(() => match(pattern, "")).toThrow(PatternError);
  });
});

/** Patterns that mean the same in Java and JavaScript, and atomic groups, which a look-ahead replaces in JavaScript. */
interface Both {
  java: string;
  js: string;
  /** Whether it can match the empty text. Java and JavaScript differ if that is repeated, so it is not repeated here. */
  nullable: boolean;
}
let groups = 0;
const plain = (text: string): Both => ({ java: text, js: text, nullable: text === "\\b" });
const wrap = (inner: Both, java: string, js: string, nullable = inner.nullable): Both => ({
  java: java.replace("_", () => inner.java),
  js: js.replace("_", () => inner.js),
  nullable,
});
const join = (parts: Both[], by: string): Both => ({
  java: parts.map(({ java }) => java).join(by),
  js: parts.map(({ js }) => js).join(by),
  nullable: by === "|" ? parts.some(({ nullable }) => nullable) : parts.every(({ nullable }) => nullable),
});
const { pattern } = fc.letrec<{ pattern: Both; atom: Both; repeated: Both }>((tie) => ({
  atom: fc.oneof(
    { maxDepth: 3, depthIdentifier: "pattern" },
    fc.constantFrom("a", "b", "c", ".", "[ab]", "[^a]", "\\w", "\\b", "ab").map(plain),
    tie("pattern").map((inner) => wrap(inner, "(?:_)", "(?:_)")),
    tie("pattern").map((inner) => wrap(inner, "(?=_)", "(?=_)", true)),
    tie("pattern").map((inner) => wrap(inner, "(?!_)", "(?!_)", true)),
    tie("pattern").map((inner) => wrap(inner, "(?>_)", `(?:(?=(?<atom${++groups}>_))\\k<atom${groups}>)`)),
  ),
  repeated: fc
    .tuple(tie("atom"), fc.constantFrom("", "", "*", "+", "?", "*?", "+?", "??", "{1,2}", "{2}", "{0,2}?"))
    .map(([inner, times]) =>
      inner.nullable ? inner : wrap(inner, `(?:_)${times}`, `(?:_)${times}`, /^[*?]|^\{0/.test(times)),
    ),
  pattern: fc
    .array(
      fc
        .array(tie("repeated"), { minLength: 1, maxLength: 2, depthIdentifier: "pattern" })
        .map((items) => join(items, "")),
      { minLength: 1, maxLength: 2, depthIdentifier: "pattern" },
    )
    .map((options) => join(options, "|")),
}));

test("gives the matches and groups of JavaScript's own engine in both modes", () => {
  fc.assert(
    fc.property(fc.tuple(pattern, pattern, pattern), fc.stringMatching(/^[abc\n]{0,8}$/), (parts, text) => {
      const whole = (kind: "java" | "js") => parts.map((part, index) => `(?<p${index}>${part[kind]})`).join("");
      const found = new RegExp(`^(?:${whole("js")})$`, "s").exec(text);
      const expected =
        found === null
          ? undefined
          : Object.fromEntries(Object.entries(found.groups!).filter(([name]) => name.startsWith("p")));
      expect(match(whole("java"), text)).toEqual(expected);
      expect(match(whole("java"), text, true)).toEqual(expected);
    }),
    { numRuns: 3000 },
  );
});

test.each(["()*x", "(\\b)*x", "x()*+", "x(?>()*)", "x(?=(\\b)*)", "x(?=(?=a|)*)", "(?:)*+x", "x()*?", "(?!(^)*y)x"])(
  "%s ends although it repeats the empty text",
  (pattern) => {
    for (const memoized of [false, true]) {
      expect(match(pattern, "x", memoized)).toEqual({});
      expect(match(pattern, "y", memoized)).toBeUndefined();
    }
    const node = parsePattern(pattern, { rule: "r", namedGroup: () => 0 });
    expect(explain(compile(node, 1, { end: END, transparent: true }), "y")).toMatchObject({ position: 0 });
  },
);

/** Steps until the matcher knows that a text does not match. Unlike the time, they are the same on each machine. */
function stepsOf(pattern: string, text: string): number {
  let slots = 0;
  const node = parsePattern(pattern, { rule: "r", namedGroup: () => slots++ });
  const run = new Run(compile(node, slots, { end: END }), text);
  expect(run.match(0)).toBe(false);
  return run.steps;
}

describe("texts that make other engines slow", () => {
  test.each([
    ["(a+)+b", "a"],
    ["(a|a)*b", "a"],
    ["(a|aa)+$b", "a"],
    [".*.*.*.*.*b", "a"],
    [".*?.*?.*?.*?b.*?c", "a"],
    ["(.*,)*x", "a,"],
    ["(?:(?!b.*c)a)*d", "a"],
    ["(?:(?=.*b)?a)*d", "a"],
    ["(\\s*\\S*)*!", "a "],
    [".*?\\d++x", "1"],
    ["(?:\\d++x|.)*!", "1"],
    [".*?(?>\\d+)x", "1"],
    [".*?(?>\\d++)x", "1"],
    [".*?(?=\\d++y)x", "1"],
    [".*?(?:[^,]++,)*+x", "1,"],
    [".*?(?>a*b|a)*x", "a"],
    [".*(?=\\d++y)x", "1"],
    [".*(?!(?>\\d*+.*?).*?)x", "1"],
    [".*?(?<=(?:a|a){1,3}b)c", "a"],
  ])("%s takes a number of steps that is linear in the text", (pattern, unit) => {
    const few = stepsOf(pattern, unit.repeat(4000));
    const many = stepsOf(pattern, unit.repeat(32_000));
    expect(many / few).toBeLessThan(8.1);
    expect(many).toBeLessThan(32_000 * 500);
  });
});
