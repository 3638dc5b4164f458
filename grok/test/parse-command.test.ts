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

  test.each([
    [["--source", "gate"], {}, "no line matches the filter source:door: give --service or --source\n"],
    [[], { is_enabled: false }, "no line is changed, because the pipeline is not enabled\n"],
  ])("standard error says why a pipeline changed no line (%p, %p)", async (options, more, expected) => {
    const args = ["parse", "--pipeline", file("source:door", more), ...options];
    expect(await grok(args, { input: "anna\n" })).toMatchObject({ code: 0, err: expected });
  });
});
