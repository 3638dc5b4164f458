import fc from "fast-check";
import { type Attributes, caret, compileParser, RuleError } from "../index";
import { jsonText } from "../attributes";
import { comparisonsOf, stepsOf } from "./steps";

const NOW = Date.UTC(2026, 5, 15, 12);

function parse(pattern: string, line: string, supportRules = ""): Attributes | undefined {
  const result = compileParser({ matchRules: `rule ${pattern}`, supportRules }).parse(line, { now: NOW });
  return result.matched ? result.attributes : undefined;
}

describe("matchers", () => {
  test.each<[string, string, Attributes | undefined]>([
    ["%{number:n}", "-47.50", { n: -47.5 }],
    ["%{number:n}", ".5", { n: 0.5 }],
    ["%{number:n}", "1e3", undefined],
    ["%{numberExt:n}", "1.5e3", { n: 1500 }],
    ["%{numberStr:n}", "007", { n: "007" }],
    ["%{integer:n}", "+12", { n: 12 }],
    ["%{integer:n}", "1.0", undefined],
    ["%{integerExt:n}", "2E2", { n: 200 }],
    ["%{word:w} x", "ab_1 x", { w: "ab_1" }],
    ["%{word:w}", "a-b", undefined],
    ["%{notSpace:a} %{data:b}", "x,y z w", { a: "x,y", b: "z w" }],
    ["%{data:a},%{data:b}", "x,y,z", { a: "x", b: "y,z" }],
    ["%{greedyData:a},%{data:b}", "x,y,z", { a: "x,y", b: "z" }],
    ["%{data:a}", "two\nlines", { a: "two\nlines" }],
    ["%{ip:a}", "10.0.0.256", undefined],
    ["%{ip:a}", "192.168.2.140", { a: "192.168.2.140" }],
    ["%{ipv6:a} %{ipv6:b}", "fe80::1%eth0 ::ffff:10.0.0.1", { a: "fe80::1%eth0", b: "::ffff:10.0.0.1" }],
    ["%{ip:a}:%{port:p}", "2001:db8::8a2e:370:7334:443", undefined],
    ["\\[%{ip:a}\\]:%{port:p}", "[2001:db8:0:0:1:2:3:4]:443", { a: "2001:db8:0:0:1:2:3:4", p: "443" }],
    ["%{ipOrHost:h}", "qnap-nas01.local", { h: "qnap-nas01.local" }],
    ["%{ipOrHost:h} %{hostname:i}", "::1 a", { h: "::1", i: "a" }],
    ["%{port:p}", "0", undefined],
    ["%{mac:m}", "00:1b:44:11:3a:b7", { m: "00:1b:44:11:3a:b7" }],
    ["%{uuid:u}", "123e4567-e89b-12d3-a456-426614174000", { u: "123e4567-e89b-12d3-a456-426614174000" }],
    ['%{boolean:a} %{boolean("yes","no"):b}', "TRUE no", { a: true, b: false }],
    ['%{boolean("y(?>es)?+","n"):a} %{boolean("1|on","0|off"):b}', "YES off", { a: true, b: false }],
    ["%{quotedString:q} %{doubleQuotedString:d}", "'a \\' b' \"c\"", { q: "'a \\' b'", d: '"c"' }],
    ['%{regex("[a-z]{2}\\\\d"):r}', "ab1", { r: "ab1" }],
    ['%{regex("\\"[^\\"]*\\""):r}', '"a"', { r: '"a"' }],
    ["%{integer: pid } %{word:}%{?>notSpace:x}", "7 a-b", { pid: 7, x: "-b" }],
    ["(?<level>.)%{notSpace:rest}", "Iabc", { level: "I", rest: "abc" }],
  ])("%s on %j", (pattern, line, expected) => {
    expect(parse(pattern, line)).toEqual(expected);
  });
});

describe("rules", () => {
  test("names can have letters, digits, _ and .", () => {
    const parser = compileParser({ matchRules: "access.Common_1 %{_t}\n_2 %{data:d}", supportRules: "_t x" });
    expect(parser.rules).toEqual(["access.Common_1", "_2"]);
  });

  test("the first match rule that matches the whole trimmed line sets the attributes", () => {
    const parser = compileParser({ matchRules: "# a comment\n\n  one %{word:a}\ntwo %{data:b}\nthree %{data:c}" });
    expect(parser.rules).toEqual(["one", "two", "three"]);
    expect(parser.parse("  x \n", { now: NOW })).toMatchObject({ matched: true, rule: "one", attributes: { a: "x" } });
    expect(parser.parse("x y", { now: NOW })).toMatchObject({ matched: true, rule: "two", attributes: { b: "x y" } });
  });

  test("a rule in a rule can have an attribute, a filter and a quantifier", () => {
    const support = "_pair %{word:k}=%{_value:v:uppercase}\n_value [a-z]+";
    expect(parse("(%{_pair};?)+", "a=x;b=y", support)).toEqual({ k: "b", v: "Y" });
    expect(parse("%{_value}{2}", "ab", support)).toEqual({});
  });

  test("dots nest, objects merge, a repeated name makes a list, an unused part sets nothing", () => {
    expect(parse("%{word:a.b} %{word:a.c.d}", "x y")).toEqual({ a: { b: "x", c: { d: "y" } } });
    expect(parse("%{word:a} %{word:a} %{word:a}", "x y z")).toEqual({ a: ["x", "y", "z"] });
    expect(parse("%{integer:a.n} %{data:a:keyvalue}", "1 k=v")).toEqual({ a: { n: 1, k: "v" } });
    expect(parse("(%{integer:n}|%{word:n})", "x")).toEqual({ n: "x" });
    expect(parse("a%{data:nothing}b", "ab")).toEqual({});
  });

  test("an attribute can have a name such as __proto__", () => {
    const found = parse("%{data:__proto__.polluted}", "x");
    expect(Object.keys(found!)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test("a parser lists the attributes that its rules can set", () => {
    const parser = compileParser({
      matchRules: "a %{word:x.y} %{_b}\nb %{data::keyvalue}",
      supportRules: "_b %{integer:n}\n_unused %{word:u}",
    });
    expect(parser.attributes).toEqual(["n", "x.y"]);
  });

  test.each<[string, string, string]>([
    ["rule %{wrd:a}", "", "rule rule, column 1: unknown matcher or rule wrd; did you mean word?"],
    ["rule a %{word:b:upercase}", "", "rule rule, column 3: unknown filter upercase; did you mean uppercase?"],
    ["rule a %{word:b", "", 'rule rule, column 3: "%{" is not closed by "}"'],
    [
      "rule %{_a}",
      "_a x %{_b}\n_b (%{_a}",
      "rule _b, column 2: the rules use each other in a cycle: rule > _a > _b > _a",
    ],
    ["rule %{_a}", "_a x(y", "rule _a, column 2: unclosed parenthesis"],
    ['rule %{date("yyyy-bb"):d}', "", 'rule rule, column 1: unknown letter in the date format: "bb"'],
    ['rule %{date("yyyy", "Mars/Base"):d}', "", 'rule rule, column 1: "Mars/Base" is not a time zone'],
    ["rule %{data:u:useragent(decode:true)}", "", "rule rule, column 1: useragent takes only the option"],
    ["rule %{data:u:useragent(decodeuricomponent:)}", "", "rule rule, column 39: an argument is missing"],
    ["rule %{data:u:nullIf(a:b)}", "", "rule rule, column 1: the arguments of nullIf must be quoted texts"],
    ['rule %{date("yyyy", "UTC", "xx"):d}', "", 'rule rule, column 1: "xx" is not a known locale: use a language'],
    ['rule %{date("yyyy", "UTC", fr):d}', "", "rule rule, column 1: the locale of date must be a quoted text"],
    ['rule x%{regex("[a"):d}', "", "rule rule, column 2: unclosed character class"],
    ["rule %{word(1):d}", "", "rule rule, column 1: word takes no arguments"],
    ['rule %{data:d:scale("x")}', "", "rule rule, column 1: scale needs one number"],
    ["rule", "", "rule rule, column 1: line 1: the pattern after the name is missing"],
    ["a:b x", "", "rule a:b, column 1: line 1: the name must have only letters"],
    ["a-b x", "", "rule a-b, column 1: line 1: the name must have only letters"],
    [".a x", "", "rule .a, column 1: line 1: the name must have only letters"],
    ["é x", "", "rule é, column 1: line 1: the name must have only letters"],
    ["a x\nb y\na z", "", "rule a, column 1: line 3 of the match rules: the match rule in line 1 has the same name"],
    [
      "r %{_a}",
      "_a x\n_a y",
      "rule _a, column 1: line 2 of the support rules: the support rule in line 1 has the same name",
    ],
    [
      "r %{_a}\n_a y",
      "_a x",
      "rule _a, column 1: line 2 of the match rules: the support rule in line 1 has the same name",
    ],
    ["", "", "at least one match rule is required"],
  ])("%j with %j is refused", (matchRules, supportRules, message) => {
    const compile = () => compileParser({ matchRules, supportRules });
    expect(compile).toThrow(RuleError);
    expect(compile).toThrow(message);
  });
});

describe("filters", () => {
  test.each<[string, string, Attributes | undefined]>([
    ['%{notSpace:a:nullIf("---")}', "---", {}],
    ['%{notSpace:a:nullIf("---")}', "--", { a: "--" }],
    ["%{data:a:number}", "1.5", { a: 1.5 }],
    ["%{data:a:number}", "x", {}],
    ["%{data:a:number} %{data:b:number}", "+.5e1 0x1f", { a: 5 }],
    ["%{data:a:number} %{boolean:b:number}", "Infinity true", {}],
    ["%{data:a:scale(2)};%{data:b:scale(2)}", " ;1e400", {}],
    ["%{data:a:integer}", "1.9", { a: 1 }],
    ["%{data:a:integer} %{data:b:integer}", "0b1 4611686018427387905", { b: 4611686018427387905n }],
    ["%{data:a:boolean}", "True", { a: true }],
    ["%{data:a:boolean}", "yes", {}],
    ["%{data:a:lowercase}", "AbC", { a: "abc" }],
    ["%{number:a:scale(1000)}", "1.5", { a: 1500 }],
    ["%{data:a:decodeuricomponent}", "a%20b%", { a: "a%20b%" }],
    ["%{data:a:decodeuricomponent}", "a%20b", { a: "a b" }],
    ["%{data::json}", '{"a":{"b":[1,null]}} and more', { a: { b: [1, null] } }],
    ["%{data:j:json}", "[1, 2]", { j: [1, 2] }],
    ["%{data:j:json}", "{broken", {}],
    [
      "%{data::keyvalue}",
      'a=1 b="x y", c=true;d= e=null (f.g=h.i@j) n=0x1f',
      { a: 1, b: "x y", c: true, f: { g: "h.i@j" }, n: "0x1f" },
    ],
    [
      "%{data::keyvalue}",
      "a=016201026426 b=0089 c=11481992789033467723 d=263ms e=10.013689387s f=3m0s a=2",
      {
        a: [16201026426, 2],
        b: "0089",
        c: "11481992789033467723",
        d: 263,
        e: 10013,
        f: "3m0s",
      },
    ],
    ['%{data::keyvalue(":=")}', "a:=1 b:=x", { a: 1, b: "x" }],
    ['%{data::keyvalue("=", "/:")}', "url=https://x.y/z n=1", { url: "https://x.y/z", n: 1 }],
    ['%{data::keyvalue("=", "", "||")}', "a=|x y| b=z", { a: "x y", b: "z" }],
    ['%{data::keyvalue("=", "", "", "|")}', "a=1|b=x|c=y", { a: 1, b: "x", c: "y" }],
    ["%{data:kv:keyvalue}", "no pairs", {}],
    ['%{data:a:array("[]", ",")}', '[x, y,"z"]', { a: ["x", " y", '"z"'] }],
    ['%{data:a:array("[]", ",")}', "x,y", { a: ["x", "y"] }],
    ['%{data:a:array("[]", ",")}', "x", { a: ["x"] }],
    ['%{data:a:array(",")}', "x,y", { a: ["x", "y"] }],
    ['%{data:a:array("[]", ",", integer)}', "[1,2]", { a: [1, 2] }],
    [
      '%{data:u:csv("first,name,n,city")}',
      'John,"Doe, the 2nd ""x""",120,',
      { u: { first: "John", name: 'Doe, the 2nd "x"', n: 120 } },
    ],
    ['%{data::csv("a,b", "tab")}', "1\tx\tmore", { a: 1, b: "x" }],
    ['%{data::csv("a,b", "|", "\'")}', "'x|y'|2", { a: "x|y", b: 2 }],
    [
      "%{data::xml}",
      '<?xml version="1.0"?><book c="x &amp; y"><title lang="en">Harry</title><year>2005</year><a>1</a><a>2</a><e/><![CDATA[<t>]]></book>',
      { book: { c: "x & y", title: { lang: "en", value: "Harry" }, year: "2005", a: ["1", "2"], e: "", value: "<t>" } },
    ],
    ["%{data::xml}", "<a><b></a>", {}],
    [
      "%{data::rubyhash}",
      '{name => "John", "job" => {:company=>"Big \\"C\\"", size: 1.5}, :ok=>true, :none=>nil, :list => [1, :two, nil]}',
      { name: "John", job: { company: 'Big "C"', size: 1.5 }, ok: true, list: [1, "two", null] },
    ],
    [
      "%{data::rubyhash}",
      "{:a=>#<User id: 1, b: nil>, :b=>[ #<C>, 1, #<d]}",
      { a: "#<User id: 1, b: nil>", b: ["#<C>", 1, "#<d"] },
    ],
    ["%{data::rubyhash}", "{broken", {}],
    ["%{data:q:querystring}", "?a=1&b=%20&a=2&c", { q: { a: ["1", "2"], b: "%20", c: "" } }],
    ["%{data:u:url}", "/p?x=1", { u: { path: "/p", queryString: { x: "1" } } }],
    [
      "%{data:u:useragent}",
      "curl/8.5.0",
      {
        u: {
          browser: { family: "curl", major: "8", minor: "5", patch: "0" },
          device: { category: "Other", family: "Other" },
          os: { family: "Other" },
        },
      },
    ],
  ])("%s on %j", (pattern, line, expected) => {
    const found = parse(pattern, line);
    expect(found).toEqual(expected);
  });

  test.each([
    ["useragent(decodeuricomponent:true)", "8"],
    ['useragent("decodeuricomponent:true")', "8"],
    ["useragent(true)", "8"],
    ["useragent(decodeuricomponent: false)", undefined],
    ["useragent(false)", undefined],
  ])("%s on an encoded header gives the major version %s", (filter, major) => {
    const { u } = parse(`%{data:u:${filter}}`, "curl%2F8.5.0") as { u: { browser: Attributes } };
    expect(u.browser.major).toBe(major);
  });

  test.each([
    ["Dalvik/2.1.0 (Linux; U; Android 9; ONEPLUS A5000 Build/PKQ1.180716.001)", "OnePlus ONEPLUS A5000", "Mobile"],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", "iPhone", "Mobile"],
    ["Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", "iPad", "Tablet"],
  ])("the device of the user agent %s is %s, of category %s", (header, family, category) => {
    expect(parse("%{data:u:useragent}", header)).toMatchObject({ u: { device: { family, category } } });
  });

  const key = fc.stringMatching(/^[a-zA-Z_][\w-]{0,6}$/).filter((text) => text !== "__proto__");
  test("keyvalue parses formatted pairs to the same values", () => {
    const value = fc.oneof(fc.integer(), fc.boolean(), fc.stringMatching(/^[a-z][a-z ]{0,8}[x-z]$/));
    fc.assert(
      fc.property(fc.dictionary(key, value, { minKeys: 1, noNullPrototype: true }), (pairs) => {
        const line = Object.entries(pairs)
          .map(([name, each]) => `${name}=${typeof each === "string" ? `"${each}"` : each}`)
          .join(" ");
        expect(parse("%{data::keyvalue}", line)).toEqual(pairs);
      }),
    );
  });

  test("keyvalue parses its own result, formatted again, to the same values", () => {
    // the first pass converts and merges bare values, durations and lists; after it, the result is stable
    const pieces = [
      "a=",
      "b1=",
      "c.d=",
      "1",
      "01",
      "-2.5",
      "10ms",
      "true",
      "null",
      "x",
      '"y z"',
      "<z>",
      " ",
      " ",
      ", ",
      ";",
      "(",
      ")",
      '"',
      "'",
    ];
    const text = fc
      .array(fc.constantFrom(...pieces, "=", "\n"), { minLength: 4, maxLength: 24, size: "max" })
      .map((each) => each.join(""));
    const flat = (value: unknown): value is string | number | boolean => typeof value !== "object";
    let read = 0;
    fc.assert(
      fc.property(text, (line) => {
        const found = Object.entries(parse("%{data::keyvalue}", line) ?? {}).filter(
          ([, value]) => flat(value) && !/["\n]/.test(JSON.stringify(value).slice(1, -1)),
        );
        if (found.length > 0) read++;
        const written = found.map(
          ([name, value]) => `${name}=${typeof value === "string" ? `"${value}"` : JSON.stringify(value)}`,
        );
        expect(parse("%{data::keyvalue}", written.join(" "))).toEqual(Object.fromEntries(found));
      }),
      { numRuns: 2000, seed: 20261124 },
    );
    expect(read).toBeGreaterThan(150);
  });

  test("json parses its own result, formatted again, to the same value", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.constantFrom("", " tail", ",", "]"), (json, tail) => {
        const found = parse("%{data:j:json}", json + tail)?.["j"];
        if (found === undefined) return;
        expect(parse("%{data:j:json}", jsonText(found))).toEqual({ j: found });
      }),
      { numRuns: 1000, seed: 20261124 },
    );
  });

  test("json parses formatted JSON to the same value", () => {
    const number = fc.double({ noNaN: true, min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), number);
    const value = fc.oneof(
      leaf,
      fc.array(leaf, { minLength: 1 }),
      fc.dictionary(key, leaf, { minKeys: 1, noNullPrototype: true }),
    );
    fc.assert(
      fc.property(
        fc.dictionary(key, value, { minKeys: 1, noNullPrototype: true }),
        fc.constantFrom("", " and more", "}"),
        (object, rest) => {
          const written = JSON.stringify(object);
          expect(parse("%{data:j:json}", written + rest)).toEqual({ j: JSON.parse(written) });
        },
      ),
    );
  });

  test("json leaves out null, empty objects and empty lists, and keys with dots nest", () => {
    const line = '{"a": null, "b": {"c": {}, "d": []}, "e.f": 1, "e": {"g": 2}, "list": [null, {"h": null}]}';
    expect(parse("%{data::json}", line)).toEqual({ e: { f: 1, g: 2 }, list: [null, {}] });
  });

  test.each(["a ", "a=", "a=a=!", "a=1 ", '"', "a b c=", " , "])(
    "keyvalue compares each character of many repetitions of %j at most ten times",
    (unit) => {
      const looks = [250, 2000].map((times) =>
        comparisonsOf(() => expect(parse('%{data::keyvalue("=", " =/\\"")}', unit.repeat(times))).toEqual({})),
      );
      expect(looks[1]! / looks[0]!).toBeLessThan(8.1);
      expect(looks[1]!).toBeLessThan(2000 * unit.length * 10);
    },
  );
});

test.each([
  ["json", "", "[", ""],
  ["json", "", '{"a":', ""],
  ["xml", "", "<a>", ""],
  ["xml", "", "<a></a>", ""],
  ["xml", "", "<a b='' ", ""],
  ["xml", "", "<a a", ""],
  ["xml", "", "<a b='", ""],
  ["rubyhash", "", "{a=>", ""],
  ["rubyhash", "", '"\\', ""],
  ["rubyhash", "{", ":a", ""],
  ["rubyhash", "{a=>[", "#<,#<,#<,#<,", ""],
  ['csv("a")', "", '"', ""],
  ["url", "", "a:", ""],
  ["querystring", "", "a=1&", ""],
  ["useragent", "", "Chrome/1.", ""],
  ["useragent", "x Chrome/", "1", "x"],
  ["useragent", "", "Trident/", ""],
  ["keyvalue", "a=", "127", ".0.0.1"],
  ["keyvalue", "a=1", "9", "ms!"],
  ["keyvalue", "", "a.", "a=1"],
  ['keyvalue("=", ",")', "a=", ",", "b"],
])("%s gives valid JSON for %j, many times %j, and %j", (filter, head, unit, tail) => {
  const found = parse(`%{data:x:${filter}}`, head + unit.repeat(100_000) + tail);
  expect(() => JSON.stringify(found)).not.toThrow();
});

test("any rule and line either match, do not match, or throw a RuleError", () => {
  const bits = fc.constantFrom(
    "%{",
    "}",
    "data",
    ":",
    "x",
    "(",
    ")",
    "[",
    "]",
    "\\",
    "?",
    "*",
    "+",
    "|",
    "^",
    "word",
    "a",
    " ",
    '"',
    "regex(",
    "{2}",
    "-",
  );
  fc.assert(
    fc.property(fc.array(bits, { maxLength: 12 }), fc.string({ maxLength: 30 }), (pattern, line) => {
      try {
        const result = compileParser({ matchRules: `r x${pattern.join("")}` }).parse(line, { now: NOW });
        if (!result.matched) expect(caret(line, result.furthest)).toContain("^");
      } catch (error) {
        expect(error).toBeInstanceOf(RuleError);
      }
    }),
    { numRuns: 3000 },
  );
});

/** Valid rules with all elements of the syntax. Unlike random characters, nearly all of them compile. */
const { rule } = fc.letrec<{ rule: string; piece: string; repeated: string }>((tie) => ({
  piece: fc.oneof(
    { maxDepth: 3, depthIdentifier: "rule" },
    fc.constantFrom(
      ...["%{data:a}", "%{greedyData:b}", "%{notSpace:c}", "%{word:d}", "%{integer:e}", "%{numberExt:f:scale(2)}"],
      ...['%{date("MMM dd HH:mm:ss"):g}', "%{ip:h}", "%{ipOrHost:i}", "%{quotedString:j}", "%{data:k:keyvalue}"],
      ...["%{data:l:json}", "%{data:m:xml}", '%{data:n:array("[]", ",")}', '%{data:o:csv("x,y")}', "%{support:p}"],
      ...["a", "b", " ", ".", "\\s+", "\\d++", "[^a]", "[^]b]", "\\b", "(?<=a)", '"', ",", "=", "(?i)A"],
    ),
    tie("rule").map((inner) => `(${inner})`),
    tie("rule").map((inner) => `(?>${inner})`),
    tie("rule").map((inner) => `(?=${inner})`),
    tie("rule").map((inner) => `(?!${inner})`),
  ),
  repeated: fc
    .tuple(tie("piece"), fc.constantFrom("", "", "", "?", "*", "+", "*?", "+?", "*+", "{1,3}"))
    .map(([piece, times]) => (/^\(\?(i\)|<|=|!)/.test(piece) || piece === "\\b" ? piece : `(${piece})${times}`)),
  rule: fc
    .array(
      fc
        .array(tie("repeated"), { minLength: 1, maxLength: 4, depthIdentifier: "rule" })
        .map((pieces) => pieces.join("")),
      { minLength: 1, maxLength: 2, depthIdentifier: "rule" },
    )
    .map((options) => options.join("|")),
}));

test("a valid rule takes linear steps on any line and does not crash", () => {
  const unit = fc.stringMatching(/^[ab1 ="[\]{},:<>\n-]{1,6}$/);
  let compiled = 0;
  fc.assert(
    fc.property(rule, unit, fc.string({ unit: "binary", maxLength: 4 }), (pattern, repeated, tail) => {
      let parser;
      try {
        parser = compileParser({
          matchRules: `r ${pattern.trimStart() || "x"}`,
          supportRules: "support %{word}(,%{word})*",
        });
      } catch (error) {
        expect(error).toBeInstanceOf(RuleError);
        return;
      }
      compiled++;
      const steps = [250, 2000].map((length) => {
        const line = repeated.repeat(Math.ceil(length / repeated.length)) + tail;
        const result = stepsOf(() => parser.parse(line, { now: NOW }));
        return result;
      });
      // eight times as long: a rule with quadratic time would take 64 times as many
      expect([pattern, repeated, tail, steps[1]! / (steps[0]! + 2000) <= 16]).toEqual([pattern, repeated, tail, true]);
    }),
    { numRuns: 400, seed: 20261124 },
  );
  expect(compiled).toBeGreaterThan(300);
});

test("boolean takes linear steps on any text", () => {
  const parser = compileParser({ matchRules: 'r %{boolean("(a|a)*b",".*"):x}' });
  const [few, many] = [250, 2000].map((length) =>
    stepsOf(() => {
      expect(parser.parse("a".repeat(length), { now: NOW })).toMatchObject({ attributes: { x: false } });
    }),
  ) as [number, number];
  expect(many / few).toBeLessThan(8.1);
});

describe("where matching stopped", () => {
  const parser = compileParser({
    matchRules: "conn %{_head} user=%{word:user}, action=%{data:action}\nevent %{_head} content=%{data:msg}",
    supportRules: '_head \\<%{integer:priority}\\>%{date("MMM dd HH:mm:ss"):date}\\s+%{notSpace:host}',
  });
  const stop = (line: string) => {
    const result = parser.parse(line, { now: NOW });
    if (result.matched) throw new Error("it matches");
    return result.furthest;
  };

  test.each([
    ["<30>Feb  7 19:03:19 nas user=x, action=y", "_head", 9, '%{date("MMM dd HH:mm:ss"):date}', " 7 19"],
    ["<30>Feb 07 19:03:19 nas user=a.b, action=y", "conn", 31, '", action="', ".b, action"],
    ["<30>Feb 07 19:03:19 nas contant=x", "event", 29, '" content="', "ant=x"],
    ["  {}", "_head", 3, '"<"', "{}"],
    ["<30>Feb 07 19:03:19 nas user=x", "conn", 31, '", action="', ""],
  ])("%s", (line, rule, column, expected, found) => {
    const furthest = stop(line);
    expect(furthest).toMatchObject({ rule, column, expected });
    expect(furthest.found.startsWith(found)).toBe(true);
  });

  test("is shown with a caret under the column, also in a long line", () => {
    const line = `<30>Feb 07 19:03:19 ${"n".repeat(300)} user=a.b, action=y`;
    const [shown, mark, rule, found] = caret(line, stop(line)).split("\n");
    expect(shown![mark!.indexOf("^")]).toBe(".");
    expect(shown!.length).toBeLessThan(110);
    expect(rule).toBe('column 328: rule conn (column 27) expected ", action="');
    expect(found).toBe('but found ".b, action=y"');
  });
});
