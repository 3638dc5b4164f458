import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkFile, describe as describeOutcome, filesOf, FIXTURE_CLOCK, type Outcome, passed } from "../check";

describe("a file of samples", () => {
  const folder = mkdtempSync(join(tmpdir(), "grok-check-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  function check(pipeline: unknown, ...tests: unknown[]): Outcome[] {
    const file = join(folder, "one.json");
    writeFileSync(file, JSON.stringify({ name: "one", pipeline, tests }));
    expect(filesOf([folder])).toEqual([file]);
    return checkFile(file, FIXTURE_CLOCK);
  }
  const pipeline = {
    id: "one",
    pipeline: {
      type: "pipeline",
      name: "One",
      enabled: true,
      filter: { query: "source:one" },
      processors: [
        {
          type: "grok-parser",
          enabled: true,
          source: "message",
          grok: { supportRules: "", matchRules: 'r %{date("MMM dd HH:mm"):d} %{word:level} %{data:a.b}' },
        },
        { type: "date-remapper", enabled: true, sources: ["d"] },
        { type: "status-remapper", enabled: true, sources: ["level"] },
      ],
    },
  };
  const date = Date.UTC(1970, 11, 30, 12);
  const result = {
    custom: { d: date, level: "warn", a: { b: "x y" } },
    message: "Dec 30 12:00 warn x y",
    tags: ["source:LOGS_SOURCE"],
    timestamp: date,
    status: "warn",
  };

  test("passes if everything is as expected", () => {
    const [outcome] = check(pipeline, { sample: result.message, result });
    expect(outcome).toMatchObject({ number: 1, differences: [] });
  });

  test("lists the differences by path, missing and unexpected values alike", () => {
    const wrong = { ...result, status: "error", custom: { d: date, level: "warn", a: { c: 1 } } };
    const [outcome] = check(pipeline, { sample: result.message, result: wrong });
    expect(describeOutcome(outcome!).split("\n").slice(2)).toEqual([
      "  - custom.a.c: 1",
      "  + custom.a.c: (nothing)",
      "  - custom.a.b: (nothing)",
      '  + custom.a.b: "x y"',
      '  - status: "error"',
      '  + status: "warn"',
    ]);
  });

  test("an invalid pipeline fails each sample with the reason", () => {
    const bad = {
      name: "bad",
      processors: [{ type: "grok-parser", source: "message", grok: { matchRules: "r %{nope}" } }],
    };
    const outcomes = check(bad, { sample: "a", result: {} }, { sample: "b", result: {} });
    expect(outcomes.map(passed)).toEqual([false, false]);
    expect(describeOutcome(outcomes[1]!)).toContain("unknown matcher or rule nope");
  });
});

test("a folder stands for the files in its subfolders too, in the order of their names", () => {
  const folder = mkdtempSync(join(tmpdir(), "grok-folder-"));
  try {
    const put = (path: string) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), "");
      return join(folder, path);
    };
    const expected = ["a.yaml", "b/a.json", "b/c/x.yml", "c.JSON"].map(put);
    for (const other of [".git/a.json", ".b.yaml", "node_modules/x/package.json", "b/c.txt"]) put(other);
    symlinkSync(folder, join(folder, "b/loop"));
    expect(filesOf([folder])).toEqual(expected);
    expect(() => filesOf([join(folder, "node_modules")])).not.toThrow();
    expect(() => filesOf([join(folder, ".git")])).not.toThrow();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("at least 99 % of the samples of Datadog's own pipelines have the expected result", () => {
  const corpus = join(__dirname, "../corpus/datadog");
  const outcomes = filesOf([corpus]).flatMap((file) => checkFile(file, FIXTURE_CLOCK));
  const failures = outcomes.filter((outcome) => !passed(outcome)).map(describeOutcome);
  expect(outcomes.length).toBeGreaterThan(600);
  if (failures.length > outcomes.length / 100) throw new Error(failures.join("\n"));
});
