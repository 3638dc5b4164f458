import { join } from "node:path";
import { filesOf } from "../check";
import { lintFields } from "../lint/fields";
import { lintFile } from "../lint/lint";
import { readAnyPipelineFile } from "../pipeline/file";
import { grok, scratch } from "./commands";

const { path, write, read } = scratch();

const parser = (rules: string, more: object = {}) => ({
  type: "grok-parser",
  source: "message",
  grok: { match_rules: rules, support_rules: "" },
  ...more,
});
const test1 = (sample: string) => ({ sample, result: {} });
/** The findings in a pipeline with these processors, as `code rule message`. */
function findings(processors: unknown[], samples: string[] = []): string[] {
  const file = write("one.json", { pipeline: { name: "One", processors }, tests: samples.map(test1) });
  return lintFile(file).map(({ level, code, rule, message }) => `${level} ${code} ${rule ?? "-"}: ${message}`);
}

describe("grok lint", () => {
  test("a pipeline without mistakes has no findings", () => {
    const processors = [
      parser("a %{word:user} opened %{notSpace:door}\nb %{data:rest}"),
      { type: "attribute-remapper", sources: ["user"], target: "usr.name" },
      { type: "status-remapper", sources: ["usr.name"] },
    ];
    expect(findings(processors, ["anna opened front", "else"])).toEqual([]);
  });

  test.each<[string, string, string[], string]>([
    [
      "the same pattern twice",
      "a x%{word:u}\nb x%{word:u}",
      [],
      "error identical-rule b: it has the same pattern as rule a",
    ],
    [
      "a rule after one for every line",
      "a %{data:u:keyvalue}\nb x",
      [],
      "error unreachable-rule b: rule a before it matches",
    ],
    [
      "a rule whose samples an earlier rule matches",
      "a %{word:u} .*\nb x %{word:u}",
      ["x y", "x z"],
      "hint shadowed-rule b: earlier rules match all 2 samples that it matches (a)",
    ],
    ["a rule that backtracks", "a (%{data:u},)*%{data:v};", [], "hint costly-rule a: it takes more than 20 steps"],
    ["a loop over the empty text", "a (x*)*y", [], "hint costly-rule a:"],
    ["a mistyped matcher", "a %{wrod:u}", [], "error invalid-rule a: unknown matcher or rule wrod; did you mean word?"],
    ["a name that Datadog refuses", "a-b x", [], "error invalid-rule a-b: line 1: the name must have only letters"],
    ["a name twice", "a x\na y", [], "error invalid-rule a: line 2 of the match rules"],
    [
      "more rules than recommended",
      Array.from({ length: 11 }, (_, n) => `r${n} ${n}x`).join("\n"),
      [],
      "hint beyond-recommendation -: processor 1 (grok-parser): it has 11 match rules",
    ],
  ])("finds %s", (_what, rules, samples, expected) => {
    expect(findings([parser(rules)], samples)).toEqual([expect.stringContaining(expected)]);
  });

  test("a rule of which an earlier rule matches only some samples is not shadowed", () => {
    expect(findings([parser("a %{word:u} y\nb x %{word:u}")], ["x y", "x z"])).toEqual([]);
  });

  test("a helper rule that only unused helper rules use is unused", () => {
    const grokRules = { match_rules: "a %{used}", support_rules: "used %{inner}\ninner x\nother %{more}\nmore y" };
    expect(findings([parser("", { grok: grokRules })])).toEqual([
      "hint unused-helper other: no match rule uses this helper rule: remove it",
      "hint unused-helper more: no match rule uses this helper rule: remove it",
    ]);
  });

  test("more samples than Datadog accepts, and an empty one, are errors", () => {
    expect(findings([parser("a %{word:u}", { samples: ["a", "b", "c", "d", "e", ""] })])).toEqual([
      "error refused-samples -: it has 6 samples, and Datadog accepts at most 5: remove some",
      "error refused-samples -: sample 6 has 0 characters, and Datadog accepts 1 to 5000",
    ]);
  });

  describe("sources", () => {
    const remapper = (...sources: string[]) => ({ type: "attribute-remapper", sources, target: "t" });

    test("a source that nothing sets is a hint with a similar name", () => {
      expect(findings([parser("a %{word:user}"), remapper("usre")])).toEqual([
        "hint unknown-source -: no processor before it sets usre; did you mean user?",
      ]);
      expect(findings([remapper("user"), parser("a %{word:user}")])).toEqual([]);
      expect(findings([parser("a %{word:user}"), remapper("x"), remapper("x", "user"), remapper("t")])).toHaveLength(1);
    });

    test.each([
      ["an object", [parser("a %{data:http:json}"), remapper("http.url")]],
      ["a part of an object", [parser("a %{word:http.url}"), remapper("http")]],
      ["any attribute from the line", [parser("a %{data::keyvalue}"), remapper("x")]],
      ["reserved attributes", [parser("a %{word:x}"), { type: "date-remapper", sources: ["timestamp"] }]],
      ["attributes of JSON logs", [remapper("x")]],
    ])("no hint for %s", (_what, processors) => expect(findings(processors)).toEqual([]));

    test("no hint if a sample is JSON", () => {
      expect(findings([parser("a %{word:x}"), remapper("y")], ['{"y":1}'])).toEqual([]);
    });
  });

  test("an attribute without a value in a search is a hint", () => {
    const filter = { query: "service:x -@user (@a:1 OR @b:*)" };
    const categories = [{ name: "c", filter: { query: "@user" } }];
    const inner = [{ type: "category-processor", target: "t", categories }];
    expect(findings([{ type: "pipeline", name: "inner", filter, processors: inner }])).toEqual([
      "hint attribute-as-text -: @user has no value, so the message is searched for this text: write @user:* if the attribute must exist",
      "hint attribute-as-text -: @user has no value, so the message is searched for this text: write @user:* if the attribute must exist",
    ]);
    const outer = write("outer.json", { name: "Outer", filter: { query: "-@user" }, processors: [] });
    expect(lintFile(outer)).toMatchObject([{ code: "attribute-as-text", level: "hint" }]);
  });

  test("an unknown field is a hint with a similar name", () => {
    const pipeline = {
      ...{ id: "1", type: "pipeline", is_read_only: false, name: "One", fliter: { query: "x" } },
      processors: [
        { type: "attribute-remapper", sources: ["a"], target: "b", overideOnConflict: true },
        {
          type: "pipeline",
          filter: { query: "x", note: 1 },
          processors: [
            { type: "array-processor", operation: { type: "length", source: "a", target: "b", filtre: "c" } },
          ],
        },
        { ...parser("a x"), enabled: false, is_enabledd: true },
      ],
    };
    const found = lintFile(write("fields.json", { pipeline, tests: [] }));
    expect(found.map(({ level, code, where, message }) => `${level} ${code} ${where}: ${message}`)).toEqual([
      "hint unknown-field undefined: unknown field fliter; did you mean filter?",
      "hint unknown-field pipeline One, processor 1 (attribute-remapper): unknown field overide_on_conflict; did you mean override_on_conflict?",
      "hint unknown-field pipeline One, processor 2 (pipeline): unknown field filter.note",
      "hint unknown-field pipeline One, processor 2 (pipeline), processor 1 (array-processor): unknown field operation.filtre",
      "hint unknown-field undefined: unknown field processors[2].is_enabledd; did you mean is_enabled?",
    ]);
    expect(lintFile(write("only.json", pipeline))).toHaveLength(5);
  });

  test("pipelines of Datadog have no unknown field", () => {
    const files = filesOf(["datadog", "own"].map((name) => join(__dirname, "../corpus", name)));
    expect(files.flatMap((file) => lintFields(readAnyPipelineFile(file).definition, []))).toEqual([]);
  });

  test("a finding has file, line, processor, rule and column; one error gives exit code 1", async () => {
    const text = `name: Two
processors:
  - type: pipeline
    name: Inner
    processors:
      - type: grok-parser
        name: P
        source: message
        grok:
          match_rules: |
            # first
            a %{word:u}
            b x%{wrod:v}
  - { type: category-processor, name: C, target: t, categories: [{ name: c, filter: { query: "(" } }] }
`;
    const file = write("two.yaml", text);
    const { code, out } = await grok(["lint", file, "--sarif", path("lint.sarif")]);
    const line = text.split("\n").findIndex((each) => each.includes("wrod")) + 1;
    expect(code).toBe(1);
    expect(out.split("\n")).toEqual([
      `${file}:${line}: error: pipeline Two, processor 1 (Inner), processor 1 (P), rule b, column 2: unknown matcher or rule wrod; did you mean word? (invalid-rule)`,
      expect.stringMatching(/:14: error: pipeline Two, processor 2 \(C\): .*\(invalid-processor\)/),
      "2 errors, 0 hints",
      "",
    ]);
    const { runs } = JSON.parse(read("lint.sarif"));
    expect(runs[0].results[0]).toMatchObject({ ruleId: "invalid-rule", level: "error" });
    expect(runs[0].results[0].locations[0].physicalLocation.region.startLine).toBe(line);
  });

  test("hints alone give exit code 0, a file that is not valid 1, a missing one 2", async () => {
    const hint = write("hint.json", {
      name: "H",
      processors: [parser("a %{word:u}"), { type: "date-remapper", sources: ["d"] }],
    });
    const { code, out } = await grok(["lint", "--json", hint]);
    const [finding, totals] = out
      .trim()
      .split("\n")
      .map((each) => JSON.parse(each));
    expect([code, totals]).toEqual([0, { errors: 0, hints: 1 }]);
    expect(finding).toMatchObject({
      file: hint,
      level: "hint",
      code: "unknown-source",
      where: "pipeline H, processor 2 (date-remapper)",
    });
    expect((await grok(["lint", write("broken.json", "{")])).out).toContain(
      "broken.json:1: error: the file is not valid JSON",
    );
    expect(await grok(["lint", path("none"), hint])).toMatchObject({
      code: 2,
      out: expect.stringContaining("1 errors, 1 hints"),
    });
    expect((await grok(["lint"])).code).toBe(2);
  });

  test("the project's own example has no findings", () => {
    expect(lintFile(join(__dirname, "../../docs/front-door.yaml"))).toEqual([]);
  });
});
