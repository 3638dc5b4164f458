import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { counted, measured, publish, rotated, seconds, withSection, writeJson } from "../../bench/results";
import { median } from "../../base/figures";
import { markdownTable, plainTable } from "../../base/table";
import { root, scratch } from "../../../test/settings/stack";

/** A Markdown text, formatted by Prettier. */
function prettier(markdown: string): string {
  const program = join(root, "node_modules/prettier/bin/prettier.cjs");
  const args = [program, "--stdin-filepath", join(root, "docs/benchmarks.md")];
  return execFileSync(process.execPath, args, { input: markdown, encoding: "utf8" });
}

describe("the median", () => {
  it("is the middle value, or the mean of the two in the middle", () => {
    expect(median([3])).toBe(3);
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 2, 10])).toBe(3);
    expect(() => median([])).toThrow("nothing was measured");
  });

  it("has as many measurements below as above it", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), { minLength: 1 }), (values) => {
        const middle = median(values);
        const below = values.filter((value) => value < middle).length;
        const above = values.filter((value) => value > middle).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });
});

describe("tables", () => {
  const table = [
    ["what", "median"],
    ["a | b", seconds(1.234)],
    ["naïve", seconds(123.4)],
  ];

  it("have Prettier's format", () => {
    const markdown = `${markdownTable(table)}\n`;
    expect(prettier(markdown)).toBe(markdown);
    expect(markdown).toContain("a \\| b");
  });

  it("have aligned columns in a terminal", () => {
    expect(plainTable(table)).toBe("what   median\na | b  1.23 s\nnaïve  123 s");
  });
});

test("a section is added to a document, and replaced the next time", () => {
  const one = withSection("# Benchmarks\n", "up", "## A");
  const other = withSection(one, "growth", "## B");
  expect(other).toBe(
    "# Benchmarks\n\n<!-- bench:up -->\n\n## A\n\n<!-- /bench:up -->\n\n<!-- bench:growth -->\n\n## B\n\n<!-- /bench:growth -->\n",
  );
  expect(withSection(other, "up", "## C\n")).toBe(other.replace("## A", "## C"));
});

test("results are printed, and written to the given files", () => {
  const write = jest.spyOn(process.stdout, "write").mockReturnValue(true);
  const outputs = { json: join(scratch, "results.json"), markdown: join(scratch, "results.md") };
  const table = [["a"], ["1"]];
  publish({}, "up", [table], () => "not called");
  publish(outputs, "up", [table], (on) => `## Up\n\n${on}`);
  writeJson({}, { a: 1 });
  writeJson(outputs, { a: 1 });
  const printed = write.mock.calls.map(([text]) => text);
  write.mockRestore();
  const on = /^\n(Linux .+, \d+ cores \(.+\), \d+ GiB of memory, Node\.js v[\d.]+)\n\na\n1\n$/.exec(
    String(printed[0]),
  )?.[1];
  expect(on).toBeDefined();
  expect(printed[1]).toBe(printed[0]);
  expect(readFileSync(outputs.markdown, "utf8")).toBe(
    `# Benchmarks\n\n<!-- bench:up -->\n\n## Up\n\n${on}\n\n<!-- /bench:up -->\n`,
  );
  expect(JSON.parse(readFileSync(outputs.json, "utf8"))).toEqual({ a: 1 });
});

test("the order rotates, so that each item is first once", () => {
  expect([0, 1, 2, 3].map((trial) => rotated(["a", "b", "c"], trial).join(""))).toEqual(["abc", "bca", "cab", "abc"]);
  expect(rotated([], 1)).toEqual([]);
});

test("a count of one has the singular", () => {
  expect([1, 2].map((count) => counted(count, "trial"))).toEqual(["1 trial", "2 trials"]);
});

test("a failed task is not recorded", async () => {
  const took: number[] = [];
  const record = (value: number) => took.push(value);
  await expect(measured(() => Promise.reject(new Error("no")), record)(() => undefined)).rejects.toThrow("no");
  expect(took).toEqual([]);
  expect(await measured(() => Promise.resolve(), record)(() => undefined)).toMatch(/^0\.\d\d s$/);
  expect(took).toHaveLength(1);
});
