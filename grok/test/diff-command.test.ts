import { grok, scratch } from "./commands";

const { write, path } = scratch();

const pipeline = (rules: string, ...more: object[]) => ({
  name: "P",
  filter: { query: "service:door" },
  processors: [{ type: "grok-parser", source: "message", grok: { match_rules: rules } }, ...more],
});
const old = () => write("old.json", pipeline("r %{word:a.user} %{word:door} %{data:b}"));
const changed = () =>
  write(
    "new.json",
    pipeline("r %{word:a.user} %{integer:door} %{data:c}\ns %{word:a.user} %{word:door} same", {
      type: "status-remapper",
      sources: ["c"],
    }),
  );
const lines = ["anna 1 warn", "ben 2 error", "eve x same", "", "nothing"].join("\n");

describe("grok diff", () => {
  test("counts the differences by attribute and shows the first logs", async () => {
    const { code, out } = await grok(["diff", old(), changed(), write("a.log", lines), "--first", "1"]);
    expect(code).toBe(1);
    expect(out).toBe(`anna 1 warn
  - @door: "1"
  + @door: 1
  - @b: "warn"
  + @c: "warn"
  + status: "warn"
… and 2 more logs that differ
  @b: removed in 3
  @c: added in 2
  @door: changed in 2
  status: added in 2
4 lines, 3 logs differ
`);
  });

  test("an object that is only in one log is shown by its attributes", async () => {
    const nested = write("nested.json", pipeline("r %{word:x.y.z} %{word:x.k}"));
    const { out } = await grok(["diff", write("flat.json", pipeline("r %{word:a} %{word:b}")), nested, "-"], {
      input: "c d\n",
    });
    expect(out).toContain('  - @b: "d"\n  + @x.y.z: "c"\n  + @x.k: "d"\n');
  });

  test("equal pipelines have exit code 0, also with dates of the current time", async () => {
    const dated = write("dated.json", pipeline('r %{date("HH:mm"):d}'));
    expect(await grok(["diff", dated, dated, "-"], { input: "12:30\n" })).toMatchObject({
      code: 0,
      out: "1 lines, 0 logs differ\n",
    });
  });

  test("a dot stands for each control character of a log", async () => {
    const { out } = await grok(
      ["diff", write("a.json", pipeline("r x")), write("b.json", pipeline("r %{word:x}.*")), "-"],
      {
        input: "anna\u001b[2J\u009b1m\n",
      },
    );
    expect(out).toContain('anna·[2J·1m\n  + @x: "anna"\n');
    const none = write("none.json", { name: "N", filter: { query: "service:door" }, processors: [] });
    const removed = write("removed.json", {
      ...{ name: "R", filter: { query: "service:door" } },
      processors: [{ type: "attribute-remapper", sources: ["a\u001b"], target: "b" }],
    });
    const json = await grok(["diff", none, removed, "-"], { input: '{"a\\u001b": 1}\n' });
    expect(json.out).toContain("@a·: removed in 1\n");
    expect(json.out).not.toContain("\u001b");
  });

  test("JSON has each log that differs, and the totals", async () => {
    const { out } = await grok(["diff", old(), changed(), "-", "--json"], { input: lines });
    const all = out
      .trim()
      .split("\n")
      .map((each) => JSON.parse(each));
    expect(all).toHaveLength(4);
    expect(all[2]).toEqual({ line: "eve x same", differences: [{ path: "@b", before: "same" }] });
    expect(all[3]).toMatchObject({
      lines: 4,
      differing: 3,
      attributes: { "@b": { added: 0, removed: 3, changed: 0 } },
    });
  });

  test("a filter that no longer matches is a difference", async () => {
    const other = write("other.json", { ...pipeline("r %{word:x}"), filter: { query: "service:gate" } });
    const { out } = await grok(["diff", write("same.json", pipeline("r %{word:x}")), other, "-"], { input: "anna\n" });
    expect(out).toContain('  - @x: "anna"\n  - (filter): true\n  + (filter): false\n');
  });

  test("lines have the source in the filter of the old pipeline, or that of --source", async () => {
    const filter = { query: 'source:("front door" OR gate)' };
    const was = write("was.json", { ...pipeline("r %{word:x}"), filter });
    const is = write("is.json", { ...pipeline("r %{word:y}"), filter });
    const { code, out, err } = await grok(["diff", was, is, "-"], { input: "anna\n" });
    expect([code, out, err]).toEqual([1, expect.stringContaining('  + @y: "anna"\n'), ""]);
    expect(await grok(["diff", was, is, "-", "--source", "x"], { input: "anna\n" })).toMatchObject({
      code: 0,
      err: `no line matches the filter ${filter.query}: give --service or --source\n`,
    });
  });

  test.each([
    [["diff", "OLD", "OLD"], "give the old pipeline, the new pipeline"],
    [["diff", "OLD", "OLD", "-", "--first", "x"], "--first x is not a whole number"],
    [["diff", "OLD", "/nonexistent", "-"], "/nonexistent cannot be read (ENOENT)"],
    [["diff", "OLD", "WRONG", "-"], "error: WRONG: pipeline P, processor 1 (grok-parser): rule r, column 1"],
    [["diff", "OLD", "OLD", "NONE"], "none.log cannot be read (ENOENT): give a file of log lines"],
  ])("%p is refused with exit code 2", async (args, message) => {
    const names: Record<string, string> = {
      OLD: old(),
      NONE: path("none.log"),
      WRONG: write("wrong.json", pipeline("r %{wrod:a}")),
    };
    const { code, err } = await grok(args.map((each) => names[each] ?? each));
    expect([code, err]).toEqual([2, expect.stringContaining(message.replace("WRONG", path("wrong.json")))]);
  });
});
