import fc from "fast-check";
import { compile } from "../regex/compile";
import { explain } from "../regex/explain";
import type { Node } from "../regex/node";
import { canGenerate, generate } from "../regex/generate";
import { budgetFor, FAILED, OUT_OF_STEPS, type Program, Run } from "../regex/run";
import { PatternMatcher } from "../regex/pattern-matcher";
import { parsePattern, PatternError } from "../regex/syntax";

const END = { rule: "r", column: 1, expected: "the end" };

type Way = "plain" | "memoized" | "generated";

/** The spans of named groups if the whole text matches. */
function match(pattern: string, text: string, way: Way = "plain"): Record<string, string> | undefined {
  const names: string[] = [];
  const node: Node = parsePattern(pattern, { rule: "r", namedGroup: (name) => names.push(name) - 1 });
  const captures = capturesOf(compile(node, names.length, { end: END }), text, way);
  if (captures === undefined) return undefined;
  const groups: Record<string, string> = {};
  for (const [slot, name] of names.entries()) {
    const [start, end] = [captures[slot * 2]!, captures[slot * 2 + 1]!];
    if (start >= 0 && end >= 0) groups[name] = text.slice(start, end);
  }
  return groups;
}

function capturesOf(program: Program, text: string, way: Way): Int32Array | undefined {
  if (way === "generated" && canGenerate(program)) {
    const captures = new Int32Array(program.captureCount * 2).fill(-1);
    const codes = Uint16Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
    return generate(program)(text, codes, captures, Infinity) === FAILED ? undefined : captures;
  }
  const run = new Run(way === "memoized" ? { ...program, needsMemo: true } : program, text);
  return run.match(0) ? run.captures : undefined;
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
    expect(match(pattern, text, "generated") !== undefined).toBe(expected);
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

test("gives the matches and groups of JavaScript's own engine in each way", () => {
  fc.assert(
    fc.property(fc.tuple(pattern, pattern, pattern), fc.stringMatching(/^[abc\n]{0,8}$/), (parts, text) => {
      const whole = (kind: "java" | "js") => parts.map((part, index) => `(?<p${index}>${part[kind]})`).join("");
      const found = new RegExp(`^(?:${whole("js")})$`, "s").exec(text);
      const expected =
        found === null
          ? undefined
          : Object.fromEntries(Object.entries(found.groups!).filter(([name]) => name.startsWith("p")));
      for (const way of ["plain", "memoized", "generated"] as const)
        expect(match(whole("java"), text, way)).toEqual(expected);
    }),
    { numRuns: 3000 },
  );
});

test.each(["()*x", "(\\b)*x", "x()*+", "x(?>()*)", "x(?=(\\b)*)", "x(?=(?=a|)*)", "(?:)*+x", "x()*?", "(?!(^)*y)x"])(
  "%s ends although it repeats the empty text",
  (pattern) => {
    for (const way of ["plain", "memoized"] as const) {
      expect(match(pattern, "x", way)).toEqual({});
      expect(match(pattern, "y", way)).toBeUndefined();
    }
    const node = parsePattern(pattern, { rule: "r", namedGroup: () => 0 });
    expect(explain(compile(node, 1, { end: END, transparent: true }), "y")).toMatchObject({ position: 0 });
  },
);

// Long runs, counts, classes outside of ASCII, pairs of surrogates, and a program that needs several functions.
const piece = fc.constantFrom(
  ...[
    "[^x]*",
    ".*?",
    "\\S+",
    "[a-c]{2,3}?",
    "[^\u00e9]{1,3}",
    "\\p{L}++",
    "[\ud83d\ude00-\ud83d\ude4f]+",
    "\\s*?",
    "é?",
  ],
  ...[
    "(?<n>a|ab)",
    "(?:(?<n>b)|c)+",
    "(?<=a|bc)",
    "(?<!é)",
    "(?=.*x)",
    "(?!(?:a|b)c)",
    "(?>a*b|a)",
    "(?>(?<n>[^x]+?)x)",
    "(?m)^|$",
  ],
  ...[
    "\\b\\w+\\b",
    "(?i:Abc|x y)",
    "(?:ab|é|x)*",
    "(?:a{1,40}b{1,40}){0,9}",
    "a long text with more than twelve units",
    "\\Z",
  ],
);
const line = fc.array(
  fc.constantFrom("a", "b", "c", "x", " ", "é", "\n", "\u{1f600}", "\ud83d", "abc", "a long text"),
  {
    maxLength: 12,
  },
);

test("a translated program gives the result of the matcher that it replaces", () => {
  let translated = 0;
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 5 }), fc.array(line, { maxLength: 4 }), (pieces, lines) => {
      let slots = 0;
      const node = parsePattern(pieces.join(""), { rule: "r", namedGroup: () => slots++ });
      const program = compile(node, slots, { end: END });
      if (!canGenerate(program)) return;
      translated++;
      const run = generate(program);
      for (const text of lines.map((units) => units.join(""))) {
        const captures = new Int32Array(slots * 2).fill(-1);
        const codes = Uint16Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
        const expected = capturesOf(program, text, "plain")?.slice(0, slots * 2);
        expect(run(text, codes, captures, Infinity) === FAILED ? undefined : captures).toEqual(expected);
      }
    }),
    { numRuns: 1500 },
  );
  expect(translated).toBeGreaterThan(1000);
});

test("a matcher gives the same result before and after it is translated, also for a text that takes many steps", () => {
  let slots = 0;
  const node = parsePattern("(?<a>(?:a+)+)(?<b>b)(?<c>.*)", { rule: "r", namedGroup: () => slots++ });
  const matcher = new PatternMatcher(compile(node, slots, { end: END }));
  const hard = "a".repeat(3000);
  for (let count = 0; count < 100; count++) {
    expect(matcher.match(hard)).toBeUndefined();
    const spans = matcher.match(`aab${"c".repeat(count)}`);
    expect([...spans!.subarray(0, 6)]).toEqual([0, 2, 2, 3, 3, 3 + count]);
  }
});

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

  test.each([["(a+)+b"], ["(a|aa)+$b"], ["(?:.*,)*x"], [".*.*.*b"], ["(?:(?!b.*c)a)*d"], [".*(?<=a{1,9})b"]])(
    "%s, translated, gives up within its budget",
    (pattern) => {
      const program = compile(parsePattern(pattern, { rule: "r" }), 0, { end: END });
      const text = "a,".repeat(50) + "a".repeat(2000);
      const codes = Uint16Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
      expect(canGenerate(program)).toBe(true);
      expect([FAILED, OUT_OF_STEPS]).toContain(
        generate(program)(text, codes, new Int32Array(0), budgetFor(text.length)),
      );
    },
  );
});
