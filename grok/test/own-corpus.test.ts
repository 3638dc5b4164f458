import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkFile, describe as describeOutcome, filesOf, FIXTURE_CLOCK, PathError } from "../check";
import { FILTERS } from "../filters";
import { MATCHERS } from "../matchers";
import { processorShape } from "../pipeline/definition";
import { compilePipelineQuery, compileQuery } from "../pipeline/search";
import { parseJson } from "../json";
import { userAgent } from "../filters/user-agent";

const own = filesOf([join(__dirname, "../corpus/own")]);
const content = own.map((file) => readFileSync(file, "utf8")).join("\n");

test.each(own.map((file) => [file.slice(file.lastIndexOf("/") + 1), file]))(
  "%s has the expected results",
  (_name, file) => {
    const failures = checkFile(file, FIXTURE_CLOCK).filter(({ error, differences }) => error ?? differences[0]);
    expect(failures.map(describeOutcome)).toEqual([]);
  },
);

test("the project's corpus uses every matcher, filter and type of processor", () => {
  const types = processorShape.options.flatMap(({ shape }) => [...shape.type.values]);
  expect(MATCHERS.filter((name) => !new RegExp(`%\\{${name}\\b`).test(content))).toEqual([]);
  expect(FILTERS.filter((name) => !new RegExp(`[:, ]${name}\\b`).test(content))).toEqual([]);
  expect(types.filter((type) => !content.includes(`"type": "${type}"`))).toEqual([]);
});

describe("files that are not valid", () => {
  const folder = mkdtempSync(join(tmpdir(), "grok-own-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const written = (name: string, value: unknown) => {
    const path = join(folder, name);
    writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value));
    return path;
  };

  test("all tests of a file of a wrong shape fail with the reason", () => {
    const tests = [{ sample: "a", result: {} }, { sample: "b" }];
    const outcomes = checkFile(
      written("wrong.json", { pipeline: { name: "p", processors: [] }, tests }),
      FIXTURE_CLOCK,
    );
    expect(outcomes.map(({ sample, error }) => [sample, error])).toEqual([
      ["a", expect.stringContaining("tests[1].result")],
      ["b", expect.stringContaining("tests[1].result")],
    ]);
  });

  test("a missing path and a folder without files are errors that say what to give", () => {
    expect(() => filesOf([join(folder, "none")])).toThrow(PathError);
    expect(() => filesOf([join(folder, "none")])).toThrow(/does not exist: give a pipeline file/);
    const empty = mkdtempSync(join(folder, "empty-"));
    expect(() => filesOf([empty])).toThrow(/has no file that ends in .json/);
  });

  test("a reference table without rows is an error that shows how to give them", () => {
    const lookup = { type: "lookup-processor", source: "a", target: "b", lookup_enrichment_table: "shops" };
    const file = written("table.json", { name: "p", processors: [lookup], tests: [{ sample: "a", result: {} }] });
    expect(checkFile(file, FIXTURE_CLOCK)).toMatchObject([{ error: expect.stringContaining('"tables": {"shops"') }]);
  });

  test("null means left out, and a number is a text where a text is expected", () => {
    const file = written(
      "null.yaml",
      `name: null
pipeline:
  name: p
  filter: null
  processors:
    - { type: grok-parser, name: null, samples: null, source: message, grok: { matchRules: "r %{word:w}", supportRules: null } }
    - { type: string-builder-processor, template: 7, target: n }
    - { type: category-processor, target: c, categories: [{ name: true, filter: { query: "*" } }] }
tests:
  - { sample: oak, service: null, result: { custom: { w: oak, n: "7", c: "true" }, message: oak, tags: ["source:LOGS_SOURCE"], status: null } }
`,
    );
    expect(checkFile(file, FIXTURE_CLOCK)).toMatchObject([{ differences: [] }]);
  });
});

test.each([
  ["CIDR(@ip)", /at least one block/],
  ["CIDR(@ip, 10.0.0.0/33)", /is not a CIDR block/],
  ["CIDR(@ip, 10.0.0.1)", /is not a CIDR block/],
  ["LIKE(@a, b)", /"LIKE\(" is neither/],
  ["a && b", /write AND/],
  ["@a:1 || @b:2", /write OR/],
  ["#field:1", /calculated fields/],
  ["word~2", /"~" is not supported/],
  ["a AND", /a term is missing after AND/],
  ["OR a", /a term is missing before OR/],
  ["- a", /directly before a term/],
  ["@a*:1", /a name cannot have wildcards/],
])("the search %s is refused", (query, message) => {
  expect(() => compileQuery(query)).toThrow(message);
});

test("full-text search finds a word in any attribute, and is refused in a pipeline", () => {
  const log = { message: "one", attributes: { a: [{ b: "An Oak tree" }] } };
  expect(["*:oak", "*:one", '*:"oak tree"', "*:ak", "*:*ak"].map((query) => compileQuery(query)(log))).toEqual([
    true,
    true,
    true,
    false,
    true,
  ]);
  expect(() => compilePipelineQuery("*:oak")).toThrow(/does not allow full-text search/);
});

test("tags: finds a tag without a key", () => {
  expect(compileQuery("tags:blue")({ message: "", tags: ["blue"] })).toBe(true);
});

test("JSON keeps the digits of whole numbers, and nothing else changes", () => {
  const text =
    '{"a":[9007199254740993,-9007199254740993],"b":1234567890123456.5,"9007199254740993":"#9007199254740993"}';
  expect(parseJson(text)).toEqual({
    a: [9007199254740993n, -9007199254740993n],
    b: 1234567890123456.5,
    "9007199254740993": "#9007199254740993",
  });
  expect(() => parseJson('{"a":"x\ny"}')).toThrow(SyntaxError);
  expect(parseJson('{"a":"x\ny"}', { controlCharacters: true })).toEqual({ a: "x\ny" });
});

test("hostile User-Agent headers take bounded time", () => {
  const start = process.cpuUsage();
  for (const unit of ["a", "1.", "; ", "Android ", "bot ", "A-z0-9/", "Mozilla/5.0 (X11; Linux x86_64) "]) {
    expect(userAgent(unit.repeat(100_000))).toHaveProperty("device.category");
  }
  expect(process.cpuUsage(start).user).toBeLessThan(30e6);
});
