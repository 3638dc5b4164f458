import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkFile, filesOf, FIXTURE_CLOCK } from "../check";
import { PipelineFileError, readPipelineFile } from "../pipeline/file";

const folder = mkdtempSync(join(tmpdir(), "grok-file-"));
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}
const grok = { type: "grok-parser", source: "message", grok: { matchRules: "r %{word:a}" } };
const file = (processors: unknown, tests: unknown = []) => ({
  name: "one",
  pipeline: { name: "One", processors },
  tests,
});

test("JSON and YAML give the same pipeline in both spellings", () => {
  const json = written("same.json", file([{ ...grok, isEnabled: true }], [{ sample: "x", result: {} }]));
  const yaml = written(
    "same.yml",
    `pipeline:
  name: One
  processors:
    - { type: grok-parser, source: message, is_enabled: true, grok: { match_rules: "r %{word:a}" } }
tests:
  - { sample: x, result: {} }
`,
  );
  expect(readPipelineFile(yaml)).toEqual(readPipelineFile(json));
  expect(filesOf([folder])).toEqual([json, yaml]);
});

test("a JSON file can have a byte order mark", () => {
  expect(readPipelineFile(written("bom.json", `\ufeff${JSON.stringify(file([]))}`))).toMatchObject({ tests: [] });
});

test("a pipeline without a name gets that of the file", () => {
  const { pipeline } = readPipelineFile(
    written("named.json", { name: "one", pipeline: { processors: [] }, tests: [] }),
  );
  expect(pipeline.name).toBe("one");
});

test.each<[string, string, unknown, string | RegExp]>([
  [
    "a comma too many in JSON",
    "a.json",
    '{"a":\n  1,}',
    /^is not valid JSON: Expected .*property name at line 2, column 5$/,
  ],
  [
    "a text without quotes in JSON",
    "a.json",
    '{"a":\n  [1, x], "b": 1}',
    "is not valid JSON: Unexpected token 'x' at line 2, column 7",
  ],
  ["JSON that ends early", "a.json", '{"a":\n', "is not valid JSON: Unexpected end of JSON input at line 2, column 1"],
  [
    "a mistake after a long number",
    "a.json",
    '{"a": ["x", 12345678901234567890\n x]}',
    /: Expected ',' or '\]' after array element at line 2, column 2$/,
  ],
  ["broken YAML", "a.yaml", "a: [", /^is not valid YAML: .* at line 1, column 5$/],
  ["two YAML documents", "a.yaml", "a: 1\n---\nb: 1\n", "has more than one YAML document: keep one in each file"],
  ["an unknown YAML tag", "a.yaml", "a: !foo 1", "is not valid YAML: Unresolved tag: !foo at line 1, column 4"],
  ["an unknown alias in YAML", "a.yaml", "a: *b", /^is not valid YAML: Unresolved alias/],
  ["a YAML file with only a comment", "a.yaml", "# pipeline\n", "is empty: write a pipeline into it"],
  ["a list", "a.json", [], 'has no list of "tests"'],
  ["no tests", "a.json", { pipeline: { name: "One", processors: [] } }, 'has no list of "tests"'],
  ["no pipeline", "a.json", { tests: [] }, /^does not contain a pipeline: .*"processors"/],
  ["no name at all", "a.json", { pipeline: { processors: [] }, tests: [] }, /: name: /],
  ["tests that are not a list", "a.json", file([], {}), /: tests: expected array/],
  ["a sample without a result", "a.json", file([], [{ sample: "x" }]), /: tests\[0\]\.result: expected object/],
  [
    "a mistyped field of a result",
    "a.json",
    file([], [{ sample: "x", result: { stauts: "error" } }]),
    /: tests\[0\]\.result: unknown field stauts; did you mean status\?$/,
  ],
  [
    "a mistyped field of a test",
    "a.json",
    file([], [{ sample: "x", result: {}, servise: "x", note: "y" }]),
    /: tests\[0\]: unknown field servise; did you mean service\?, unknown field note$/,
  ],
  ["a processor without a type", "a.json", file([{}]), /: processors\[0\]\.type: expected string/],
  ["a mistyped type", "a.json", file([{ type: "grok-parse" }]), /processors\[0\]\.type: .*did you mean grok-parser\?/],
  [
    "a parser without rules",
    "a.json",
    file([{ ...grok, grok: {} }]),
    /processors\[0\]\.grok\.match_rules: expected string/,
  ],
  [
    "a mistake within a pipeline",
    "a.json",
    file([{ type: "pipeline", processors: [grok, { type: "date-remapper" }] }]),
    /processors\[0\]\.processors\[1\]\.sources: expected array/,
  ],
  [
    "a nested pipeline that contains another",
    "a.json",
    file([{ type: "pipeline", processors: [{ type: "pipeline", processors: [] }] }]),
    /processors\[0\]\.processors\[0\]\.type: a nested pipeline cannot contain another pipeline/,
  ],
  [
    "an optional field of another type",
    "a.json",
    file([{ type: "url-parser", sources: [], target: "t", normalize_ending_slashes: "yes" }]),
    /processors\[0\]\.normalize_ending_slashes: expected boolean, received string/,
  ],
  [
    "a cast that Datadog does not have",
    "a.json",
    file([{ type: "attribute-remapper", sources: [], target: "t", target_format: "boolean" }]),
    /processors\[0\]\.target_format: expected one of "auto"\|"string"\|"integer"\|"double"/,
  ],
  [
    "a mistyped operation",
    "a.json",
    file([{ type: "array-processor", operation: { type: "lenght" } }]),
    /processors\[0\]\.operation\.type: unknown operation type "lenght"; did you mean length\?/,
  ],
  ["more than five mistakes", "a.json", file(Array(7).fill({ type: "x" })), /processors\[4\].*; and 2 more$/],
])("%s is refused", (_what, name, content, message) => {
  const path = written(name, content);
  expect(() => readPipelineFile(path)).toThrow(PipelineFileError);
  expect(() => readPipelineFile(path)).toThrow(message);
  expect(checkFile(path, FIXTURE_CLOCK)).toMatchObject([{ file: path, error: expect.stringMatching(/^the file /) }]);
});
