import { grok, scratch } from "./commands";

const { write } = scratch();

const file = (filter: string, more: object = {}) =>
  write("p.json", {
    name: "P",
    filter: { query: filter },
    processors: [{ type: "grok-parser", source: "message", grok: { match_rules: "r %{word:a}" } }],
    ...more,
  });

describe("grok parse", () => {
  test("lines have the service and the source in the filter of the pipeline", async () => {
    const { code, out, err } = await grok(["parse", "--pipeline", file("source:door service:x")], { input: "anna\n" });
    expect([code, JSON.parse(out), err]).toEqual([0, expect.objectContaining({ attributes: { a: "anna" } }), ""]);
  });

  test("a mistake in a processor is reported with its file before any line is read", async () => {
    const category = { type: "category-processor", target: "t", categories: [{ name: "c", filter: { query: "(" } }] };
    for (const processor of [
      category,
      { type: "grok-parser", source: "message", grok: { match_rules: "r %{wrod:a}" } },
    ]) {
      const name = file("*", { processors: [processor] });
      const { code, err } = await grok(["parse", "--pipeline", name]);
      expect([code, err]).toEqual([2, expect.stringContaining(`error: ${name}: pipeline P, processor 1 (`)]);
    }
  });

  test.each([
    [["--source", "gate"], {}, "no line matches the filter source:door: give --service or --source\n"],
    [[], { is_enabled: false }, "no line is changed, because the pipeline is not enabled\n"],
  ])("standard error says why a pipeline changed no line (%p, %p)", async (options, more, expected) => {
    const args = ["parse", "--pipeline", file("source:door", more), ...options];
    expect(await grok(args, { input: "anna\n" })).toMatchObject({ code: 0, err: expected });
  });
});
