import { grok, scratch } from "./commands";

const { write } = scratch();

const file = () =>
  write(
    "door.yaml",
    `
name: Door
filter: { query: "service:door" }
processors:
  - type: grok-parser
    name: Door parser
    source: message
    grok:
      match_rules: |
        opened %{word:user} opened %{word:door}
        closed %{word:user} closed %{word:door}
        locked %{word:user} locked %{word:door}
        alarm ALARM %{data:reason}
        anything %{word:user} opened .*
  - type: pipeline
    name: Cards
    filter: { query: "@reason:*" }
    processors:
      - { type: grok-parser, name: Reasons, source: reason, grok: { match_rules: "card card %{integer:card}" } }
`,
  );

describe("grok explain", () => {
  test("shows where each rule stopped, the closest rule first", async () => {
    const { code, out } = await grok(["explain", "--all", file(), "anna closet front"]);
    expect(code).toBe(1);
    expect(out).toContain(
      `anna closet front
  pipeline Door, processor 1 (Door parser): no rule matches
    anna closet front
              ^
    column 11: rule closed (column 13) expected " closed "
    but found "t front"
`,
    );
    expect(out.match(/column \d+: rule (\w+)/g)).toHaveLength(5);
    expect(out.indexOf("rule closed")).toBeLessThan(out.indexOf("rule opened"));
  });

  test("explains three rules and says how many are left", async () => {
    const { out } = await grok(["explain", file(), "anna closet front"]);
    expect(out.match(/column \d+: rule/g)).toHaveLength(3);
    expect(out).toContain("2 more with --all");
  });

  test("reads lines from standard input, and follows nested pipelines", async () => {
    const { code, out } = await grok(["explain", file()], { input: "anna opened front\r\n\nALARM card x\n" });
    expect(code).toBe(1);
    expect(out).toContain("processor 1 (Door parser): rule opened matches\n");
    expect(out).toContain("processor 2 (Cards), processor 1 (Reasons), of reason: no rule matches");
    expect(out).toContain('expected %{integer:card}\n    but found "x"');
    expect((await grok(["explain", file()], { input: "anna opened front\n" })).code).toBe(0);
  });

  test("one rule: says that another rule comes first, or where it stopped", async () => {
    const { out } = await grok(["explain", file(), "--rule", "anything", "anna opened front"]);
    expect(out).toContain("    rule anything matches, but rule opened comes first\n");
    const locked = await grok(["explain", file(), "--rule", "locked", "anna opened front"]);
    expect([locked.code, locked.out]).toEqual([0, expect.stringContaining("column 6: rule locked")]);
  });

  test("lines have the source in the filter of the pipeline, or that of --source", async () => {
    const inner = { query: "source:door" };
    const rules = { type: "grok-parser", source: "message", grok: { match_rules: "r %{word:x}" } };
    const processors = [{ type: "pipeline", filter: inner, processors: [rules] }];
    const name = write("source.json", { name: "S", filter: { query: "source:door service:x" }, processors });
    expect(await grok(["explain", name, "anna"])).toMatchObject({ code: 0 });
    expect((await grok(["explain", name, "anna", "--source", "gate"])).out).toContain("no Grok parser reads it");
  });

  test("a dot stands for each control character of a line", async () => {
    const { out } = await grok(["explain", file(), "anna\u001b[2J"]);
    expect(out.split("\n")[0]).toBe("anna·[2J");
    expect(out).not.toContain("\u001b");
  });

  test("an empty line that is given is explained", async () => {
    const { code, out } = await grok(["explain", file(), ""]);
    expect([code, out]).toEqual([1, expect.stringContaining("no rule matches")]);
    expect(out).toContain("but the line ends there\n");
  });

  test("a line that no parser reads is told", async () => {
    const name = write("none.json", { name: "None", processors: [] });
    expect(await grok(["explain", name, "x"])).toMatchObject({
      code: 1,
      out: expect.stringContaining("no Grok parser reads it"),
    });
  });

  test("a rule that is not valid is reported with its file", async () => {
    const processors = [{ type: "grok-parser", source: "message", grok: { match_rules: "r %{wrod:x}" } }];
    const name = write("wrong.json", { name: "P", processors });
    const { code, err } = await grok(["explain", name, "x"]);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining(`error: ${name}: pipeline P, processor 1 (grok-parser): `),
    ]);
  });

  test.each([
    [["explain"], "give a file with a pipeline"],
    [["explain", "/nonexistent.yaml", "x"], "/nonexistent.yaml cannot be read (ENOENT)"],
    [["explain", "FILE", "--rule", "openend", "x"], "has no match rule openend; did you mean opened?"],
  ])("%p is refused with exit code 2", async (args, message) => {
    const { code, err } = await grok(args.map((each) => (each === "FILE" ? file() : each)));
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});
