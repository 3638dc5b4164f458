import fs, { readFileSync } from "node:fs";
import { parse as parseYaml } from "yaml";
import { grok, scratch } from "./commands";

const { folder, path, write, read } = scratch();

const PIPELINE = `pipeline:
  name: Door
  filter: { query: "service:door" }
  processors:
    - type: grok-parser
      name: Door parser
      source: message
      grok:
        match_rules: |
          opened %{word:user} opened %{word:door}
          alarm ALARM %{word:door}: %{data:reason}
    - type: category-processor
      name: Level
      target: level
      categories:
        - { name: critical, filter: { query: "@reason:*" } }
        - { name: info, filter: { query: "@user:*" } }
`;
const result = (user: string) =>
  `{ custom: { user: ${user}, door: front, level: info }, message: anna opened front, tags: ["source:LOGS_SOURCE"] }`;
const GOOD = `${PIPELINE}tests:\n  - sample: anna opened front\n    result: ${result("anna")}\n`;
const BAD = GOOD.replace("user: anna", "user: ben");

describe("grok test", () => {
  test("reports a bad file and runs the rest; check is an alias", async () => {
    const [good, broken] = [write("good.yaml", GOOD), write("broken.yaml", "a: [")];
    const { code, out } = await grok(["test", broken, good]);
    expect(code).toBe(1);
    expect(out).toContain(`${broken}\n  ! the file is not valid YAML`);
    expect(out).toContain("1 passed, 1 failed");
    expect(await grok(["check", good])).toMatchObject({ code: 0, out: "1 passed, 0 failed\n", err: "" });
  });

  test("a path that does not exist gives exit code 2, and the other paths run", async () => {
    const { code, out, err } = await grok(["test", path("none"), write("good.yaml", GOOD)]);
    expect([code, out]).toEqual([2, "1 passed, 1 failed\n"]);
    expect(err).toContain("none does not exist: give a pipeline file");
  });

  test.each([
    [["test"], "give files or folders"],
    [["test", "--colour", "x"], "Unknown option '--colour'"],
    [["test", "--now", "noon", "x"], "--now noon is not a time"],
    [["test", "--now", "June 10", "x"], "--now June 10 is not a time: use ISO 8601"],
    [["test", "--now", "2026-13-10", "x"], "--now 2026-13-10 is not a time"],
    [["tset"], "unknown command tset"],
    [["constructor"], "unknown command constructor"],
    [["test", "--junit", "/nonexistent/x.xml", "SELF"], "cannot write /nonexistent/x.xml"],
  ])("%p is refused with exit code 2", async (args, message) => {
    const { code, err } = await grok(args.map((each) => (each === "SELF" ? write("good.yaml", GOOD) : each)));
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err).not.toContain("    at ");
  });

  test("a folder that cannot be read is an error without a stack trace", async () => {
    jest.spyOn(fs, "readdirSync").mockImplementationOnce(() => {
      throw Object.assign(new Error("denied"), { code: "EACCES" });
    });
    const { code, err } = await grok(["test", folder]);
    expect([code, err]).toEqual([
      2,
      `error: ${folder} cannot be read (EACCES): give a pipeline file, or a folder with pipeline files\n`,
    ]);
  });

  test.each(["2026-06-10", "1970-12-31T12:00Z", "2026-06-10T13:58:06.5+02:00"])("--now %s is a time", async (now) => {
    expect(await grok(["test", "--now", now, write("good.yaml", GOOD)])).toMatchObject({ code: 0 });
  });

  test("JUnit has a case for each sample, with escaped differences", async () => {
    const file = write("bad.yaml", BAD.replace("user: ben", 'user: "<b>&\\u0001"'));
    await grok(["test", file, write("good.yaml", GOOD), path("none"), "--junit", path("junit.xml")]);
    const xml = read("junit.xml");
    expect(xml).toContain('<testsuites name="grok" tests="3" failures="2">');
    expect(xml).toContain('<failure message="differs at custom.user">');
    expect(xml).toContain("- custom.user: &quot;&lt;b&gt;&amp;");
    expect(xml).toContain(`<testcase classname="${path("good.yaml")}" name="sample 1: anna opened front"/>`);
    expect(xml).not.toContain("\u0001");
  });

  test("SARIF names the line of the sample", async () => {
    const file = write("bad.yaml", BAD);
    await grok(["test", file, write("good.yaml", GOOD), "--sarif", path("test.sarif")]);
    const { runs } = JSON.parse(read("test.sarif"));
    expect(runs[0].results).toHaveLength(1);
    const [{ ruleId, level, locations }] = runs[0].results;
    expect([ruleId, level]).toEqual(["unexpected-result", "error"]);
    const { startLine } = locations[0].physicalLocation.region;
    expect(BAD.split("\n")[startLine - 1]).toContain("- sample: anna");
    expect(locations[0].physicalLocation.artifactLocation.uri).toMatch(/bad\.yaml$/);
  });

  test("SARIF of test and of lint names the line of a mistake in a file", async () => {
    const files = [write("comma.json", '{\n  "name": "x",\n}'), write("tag.yaml", "name: x\npipeline:\n  a: !b c\n")];
    for (const command of ["test", "lint"]) {
      await grok([command, ...files, "--sarif", path("lines.sarif")]);
      const lines = JSON.parse(read("lines.sarif")).runs[0].results.map(
        ({ locations: [{ physicalLocation }] }: any) => physicalLocation.region.startLine,
      );
      expect(lines).toEqual([3, 3]);
    }
  });

  test("coverage names the rules and categories that no sample matched", async () => {
    const file = write(
      "covered.yaml",
      `${GOOD}  - { sample: nothing, result: { custom: {}, message: nothing, tags: ["source:LOGS_SOURCE"] } }\n`,
    );
    const { code, out } = await grok(["test", "--coverage", file]);
    expect(code).toBe(0);
    expect(out).toBe(`${file}, coverage
  pipeline Door, processor 1 (Door parser): 1 of 2 rules
       1  opened
       0  alarm  (never)
       1  no rule
  pipeline Door, processor 2 (Level): 1 of 2 categories
       0  critical  (never)
       1  info
       1  no category
2 passed, 0 failed
`);
    const json = await grok(["test", "--coverage", "--json", file]);
    const lines = json.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines[2].coverage[0].counts).toEqual([
      { name: "opened", count: 1 },
      { name: "alarm", count: 0 },
    ]);
  });

  test("more than Datadog recommends is a warning on standard error", async () => {
    const rules = Array.from({ length: 11 }, (_, index) => `r${index} x${index}`).join("\n");
    const file = write("long.json", {
      pipeline: {
        name: "Long",
        processors: [{ type: "grok-parser", source: "message", grok: { match_rules: rules } }],
      },
      tests: [],
    });
    const { code, err } = await grok(["test", file]);
    expect(code).toBe(0);
    expect(err).toContain("long.json: warning: processor 1 (grok-parser): it has 11 match rules");
  });
});

describe("grok test --update", () => {
  const update = async (name: string, text: string) => {
    const file = write(name, text);
    const { code, out, err } = await grok(["test", "--update", file]);
    expect([code, out]).toEqual([0, expect.stringContaining(" passed, 0 failed")]);
    return { text: read(name), err };
  };

  test("a file without differences stays as it is", async () => {
    expect((await update("same.yaml", GOOD)).text).toBe(GOOD);
  });

  test("replaces only what differs in YAML in braces", async () => {
    const { text, err } = await update("flow.yaml", BAD.replace("door: front, ", "extra: 1, "));
    expect(text).toContain(`result: { custom: { user: anna, level: info, door: front }, message: anna opened front,`);
    expect(text.startsWith(PIPELINE)).toBe(true);
    expect(err).toContain("wrote 1 result\n");
  });

  test("keeps comments and indentation of YAML in lines", async () => {
    const { text } = await update(
      "lines.yaml",
      `# the door
${PIPELINE}tests:
    # a person
    - sample: anna opened front   # as in the log
      result:
          custom:
              user: "ben"  # who
              # which one
              extra: { a: 1 }
              level:
                - info
          message: anna opened front
          status: warn
    - sample: "x: y"
      result: {}
`,
    );
    expect(text).toBe(`# the door
${PIPELINE}tests:
    # a person
    - sample: anna opened front   # as in the log
      result:
          custom:
              user: anna  # who
              # which one
              level: info
              door: front
          message: anna opened front
          tags:
            - source:LOGS_SOURCE
    - sample: "x: y"
      result:
        custom: {}
        message: "x: y"
        tags:
          - source:LOGS_SOURCE
`);
  });

  test.each([2, 4, "\t", undefined])("keeps JSON with indent %p", async (indent) => {
    const content = parseYaml(GOOD);
    const right = JSON.stringify(content, undefined, indent);
    const [{ result: found }] = content.tests;
    found.custom.user = 1;
    delete found.custom.level;
    found.tags = [];
    found.status = { a: 1 };
    const { text } = await update("indent.json", JSON.stringify(content, undefined, indent));
    if (indent === undefined) expect(JSON.parse(text)).toEqual(JSON.parse(right));
    else expect(text).toBe(right);
  });

  test("line ends stay those of the file", async () => {
    const lines = (user: string, more: string) => `${PIPELINE}tests:
  - sample: anna opened front
    result:
      custom:
        user: ${user}
${more}      message: anna opened front
`;
    const wrong = lines("ben # who", "        extra: { a: 1 }\n        # none\n        gate: 1\n");
    const right = lines("anna # who", "        door: front\n        level: info\n        # none\n");
    const windows = (text: string) => text.replaceAll("\n", "\r\n");
    const { text } = await update("crlf.yaml", windows(wrong));
    expect(text).toBe(windows(`${right}      tags:\n        - source:LOGS_SOURCE\n`));
    const json = JSON.stringify(parseYaml(BAD), undefined, 2).replace(/"tags": \[[^]*?\]/, '"tags": []');
    const updated = await update("crlf.json", windows(json));
    expect(updated.text).toBe(windows(JSON.stringify(parseYaml(GOOD), undefined, 2)));
  });

  test("long whole numbers keep their digits", async () => {
    const file = {
      pipeline: {
        name: "n",
        processors: [{ type: "grok-parser", source: "message", grok: { match_rules: "r %{integer:n}" } }],
      },
    };
    const tests = [{ sample: "12345678901234567890", result: {} }];
    for (const name of ["n.json", "n.yaml"]) {
      const { text } = await update(name, JSON.stringify({ ...file, tests }, undefined, 2));
      expect(text).toMatch(/"?n"?: 12345678901234567890/);
    }
  });

  test("a file that cannot be written is an error without a stack trace", async () => {
    const file = write("denied.yaml", BAD);
    jest.spyOn(fs, "writeFileSync").mockImplementationOnce(() => {
      throw Object.assign(new Error("denied"), { code: "EACCES" });
    });
    const { code, err } = await grok(["test", "--update", file]);
    expect([code, err]).toEqual([2, `error: cannot write ${file} (EACCES): make it writable, or give another path\n`]);
  });

  test("a file that is not UTF-8 is reported and not changed", async () => {
    const file = path("latin1.yaml");
    const bytes = Buffer.from(`# Tür\n${BAD}`, "latin1");
    fs.writeFileSync(file, bytes);
    const { code, out } = await grok(["test", "--update", file]);
    expect([code, out]).toEqual([1, expect.stringContaining("the file is not valid UTF-8: save it as UTF-8\n")]);
    expect(readFileSync(file)).toEqual(bytes);
  });

  test("a byte order mark stays", async () => {
    expect((await update("bom.yaml", `\ufeff${BAD}`)).text).toBe(`\ufeff${GOOD}`);
  });

  test("a file that is not valid is reported and not changed", async () => {
    const file = write("wrong.yaml", BAD.replace("%{word:user}", "%{wrod:user}"));
    const before = readFileSync(file, "utf8");
    const { code, out } = await grok(["test", "--update", file]);
    expect([code, out]).toEqual([1, expect.stringContaining("unknown matcher or rule wrod; did you mean word?")]);
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(file.startsWith(folder)).toBe(true);
  });
});
