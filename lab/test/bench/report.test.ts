import { execFileSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { withSection } from "../../bench/document";
import { goal, goalTable, seconds } from "../../bench/report";
import { differences } from "../../bench/up/outside";
import { readOptions } from "../../bench/up/up";
import { asMarkdown, asText, goalsOf, type Measured, names } from "../../bench/up/measured";
import { orderOf } from "../../bench/up/order";
import { median, worst } from "../../base/figures";
import { markdownTable, plainTable } from "../../base/table";

const root = join(__dirname, "../../..");
function prettier(markdown: string): string {
  const program = join(root, "node_modules/prettier/bin/prettier.cjs");
  const args = [program, "--stdin-filepath", join(root, "docs/benchmarks.md")];
  return execFileSync(process.execPath, args, { input: markdown, encoding: "utf8" });
}

describe("statistics", () => {
  it("take the middle, and of an even number the mean of the two in the middle", () => {
    expect(median([3])).toBe(3);
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 2, 10])).toBe(3);
    expect(worst([1, 7, 3])).toBe(7);
    expect(() => median([])).toThrow("nothing was measured");
  });

  it("have as many measurements below the median as above it", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), { minLength: 1 }), (values) => {
        const middle = median(values);
        const below = values.filter((value) => value < middle).length;
        const above = values.filter((value) => value > middle).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });

  it("compare medians with a goal, which is met where it is just reached", () => {
    expect(goal("x", [115, 1, 900], [100, 90, 110], 1.15)).toEqual({ what: "x", ratio: 1.15, atMost: 1.15, met: true });
    expect(goal("x", [80], [100], 0.7)).toMatchObject({ ratio: 0.8, met: false });
  });
});

describe("tables", () => {
  const table = [
    ["what", "median"],
    ["a | b", seconds(1.234)],
    ["naïve", seconds(123.4)],
  ];

  it("are what Prettier makes of them", () => {
    const markdown = `${markdownTable(table)}\n`;
    expect(prettier(markdown)).toBe(markdown);
    expect(markdown).toContain("a \\| b");
  });

  it("are columns for a terminal", () => {
    expect(plainTable(table)).toBe("what   median\na | b  1.23 s\nnaïve  123 s");
  });

  it("tell which goal was missed", () => {
    expect(goalTable([goal("x", [2], [1], 1)]).at(-1)).toEqual(["x", "1.00", "2.00", "NOT met"]);
  });
});

describe("a document", () => {
  it("gets a section, and another one in its place the next time", () => {
    const one = withSection("# Benchmarks\n", "up", "## A");
    const other = withSection(one, "growth", "## B");
    expect(other).toBe(
      "# Benchmarks\n\n<!-- bench:up -->\n\n## A\n\n<!-- /bench:up -->\n\n<!-- bench:growth -->\n\n## B\n\n<!-- /bench:growth -->\n",
    );
    expect(withSection(other, "up", "## C\n")).toBe(other.replace("## A", "## C"));
  });
});

describe("the order of contestants", () => {
  it("rotates, so that each is first once", () => {
    expect([0, 1, 2, 3].map((trial) => orderOf(["a", "b", "c"], trial).join(""))).toEqual(["abc", "bca", "cab", "abc"]);
    expect(orderOf([], 1)).toEqual([]);
  });
});

describe("the measurement of up", () => {
  const measured: Measured = {
    machine: { kernel: "Linux 6.1", processor: "a | b", cores: 2, memoryGiB: 8, node: "v20.0.0" },
    versions: { Pulumi: "3.259.0" },
    masters: 3,
    loadBalancers: 2,
    full: { [names.stack]: [110, 100, 120], [names.bare]: [100, 101, 99], [names.ansible]: [200, 210, 190] },
    noop: { [names.stack]: [6, 5], [names.empty]: [5, 5], [names.ansible]: [50] },
  };

  it("is held against every goal of which both sides were measured", () => {
    expect(goalsOf(measured).map(({ ratio, met }) => [Number(ratio.toFixed(2)), met])).toEqual([
      [1.1, true],
      [0.55, true],
      [1.1, true],
      [0.11, true],
    ]);
    expect(goalsOf({ full: {}, noop: { [names.stack]: [1], [names.empty]: [1] } })).toHaveLength(1);
    expect(asText(measured)).toMatch(/pulumi up +110 s +100 s +120 s +110\.0, 100\.0, 120\.0/);
  });

  it("is a section that Prettier leaves as it is", () => {
    const markdown = `${asMarkdown(measured)}\n`;
    expect(prettier(markdown)).toBe(markdown);
  });
});

describe("options", () => {
  it("have defaults", () => {
    expect(readOptions([])).toMatchObject({ trials: 3, without: [], noop: false, restore: false });
    expect(readOptions(["--without", "ansible", "--trials", "5"])).toMatchObject({ trials: 5, without: ["ansible"] });
  });

  it.each([
    [["--trials", "0"], "--trials 0: give a whole number, 1 or more"],
    [["--without", "pulumi"], "--without pulumi: there are ansible and bare to be left out"],
    [["--no-op", "--restore"], "--no-op and --restore: give one of them"],
  ])("that make no sense are refused: %j", (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });
});

describe("what stands outside the hosts", () => {
  it("may hold more than is wanted, and not less or something else", () => {
    const wanted = { name: "a", tags: ["x"], options: { critical: 5 } };
    expect(differences({ ...wanted, id: 1, options: { critical: 5, locked: false } }, wanted)).toEqual([]);
    expect(differences({ name: "b", tags: [], options: {} }, wanted)).toEqual([
      '.name is "b", not "a"',
      ".tags has other entries",
      ".options.critical is undefined, not 5",
    ]);
  });
});
