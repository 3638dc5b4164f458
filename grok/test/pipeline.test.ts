import fc from "fast-check";
import {
  compileQuery,
  type Log,
  type PipelineDefinition,
  type ProcessorDefinition,
  QueryError,
  runPipeline,
} from "../index";
import type { Value } from "../attributes";
import { stepsOf } from "./steps";

const NOW = Date.UTC(2026, 5, 15, 12);

describe("search syntax", () => {
  const log: Log = {
    message: "User admin failed to log in",
    service: "qnap-nas",
    host: "nas",
    status: "warn",
    tags: ["env:prod", "team:a"],
    attributes: {
      user: "admin",
      http: { status_code: 404, path: "/a b/c" },
      list: ["x", "y"],
      ok: true,
      blank: " ",
      win: "OFFICE\\anna",
    },
  };
  test.each([
    ["", true],
    ["*", true],
    ["service:qnap-nas", true],
    ["service:other", false],
    ["service:qnap-*", true],
    ["env:prod", true],
    ["env:pro?", true],
    ["-env:prod", false],
    ["NOT env:dev", true],
    ["@user:admin", true],
    ["@user:Admin", false],
    ["@user:(admin OR guest)", true],
    ["@user:(guest OR root)", false],
    ["@missing:*", false],
    ["-@missing:*", true],
    ["@http.status_code:404", true],
    ["@http.status_code:[400 TO 499]", true],
    ["@http.status_code:{404 TO 499]", false],
    ["@http.status_code:>=404", true],
    ["@http.status_code:<404", false],
    ["@http.status_code:[* TO 403]", false],
    ['@http.path:"/a b/c"', true],
    ["@http.path:\\/a\\ b*", true],
    ["@http.path:/a?b/*", true],
    ["@list:y", true],
    ["@ok:true", true],
    ["@ok:>0", false],
    ["@blank:<5", false],
    ["@win:OFFICE\\\\anna", true],
    ["failed", true],
    ["FAILED log", true],
    ["fail", false],
    ["fail*", true],
    ['"failed to log"', true],
    ['"to failed"', false],
    ["message:failed", true],
    ["message:FAIL*", true],
    ["message:fail", false],
    ['message:"failed to log"', true],
    ['-message:("to failed" OR guest)', true],
    ["message:[A TO Z]", true],
    ["service:qnap-nas status:warn", true],
    ["service:qnap-nas AND status:info", false],
    ["service:x OR status:warn", true],
    ["service:x OR status:warn AND host:nas", true],
    ["(service:x OR status:warn) -host:nas", false],
    ["service:(x OR qnap-nas) (status:info OR failed)", true],
  ])("%s matches the log: %s", (query, expected) => {
    expect(compileQuery(query)(log)).toBe(expected);
  });

  test.each([
    ["(service:x", /column 11: unclosed parenthesis "\("/],
    ["service:", /column 9: the query ends where a value is expected/],
    ['service:"x', /column 9: unclosed quoted text/],
    ["@a:[1 TO", /column 4: a range/],
    ["a OR", /column 5: the query ends/],
    ["a)", /column 2: "\)" is unexpected here/],
  ])("%s is refused", (query, message) => {
    expect(() => compileQuery(query)).toThrow(QueryError);
    expect(() => compileQuery(query)).toThrow(message);
  });

  test.each(["*a*a*a*a*b", "@v:*a*a*a*a*b", "a*a*a*b", '"a b"'])(
    "%s takes a number of steps that is linear in the text",
    (query) => {
      const [few, many] = [4000, 32_000].map((length) => {
        const text = "a".repeat(length);
        const log = { message: text, attributes: { v: text } };
        return stepsOf(() => expect(compileQuery(query)(log)).toBe(false));
      }) as [number, number];
      expect(few).toBeGreaterThan(0);
      expect(many / few).toBeLessThan(8.1);
      expect(many).toBeLessThan(32_000 * 100);
    },
  );

  test("a quoted query finds any value; any query matches, does not match, or throws a QueryError", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), (value, query) => {
        const quoted = `@v:"${value.replace(/["\\]/g, "\\$&")}"`;
        expect(compileQuery(quoted)({ message: "", attributes: { v: value } })).toBe(true);
        try {
          compileQuery(query)(log);
        } catch (error) {
          expect(error).toBeInstanceOf(QueryError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("processors", () => {
  const run = (processors: ProcessorDefinition[], log: Partial<Log> = {}) =>
    runPipeline(
      { name: "p", filter: { query: "*" }, processors },
      { message: "", attributes: {}, ...log },
      { now: NOW },
    ).log;

  test("a log that the filter does not match stays unchanged", () => {
    const pipeline: PipelineDefinition = {
      name: "p",
      filter: { query: "service:a" },
      processors: [{ type: "grok-parser", source: "message", grok: { match_rules: "r %{word:w}" } }],
    };
    const log = { message: "x", service: "b", attributes: {} };
    expect(runPipeline(pipeline, log, { now: NOW })).toEqual({ applied: false, log: { ...log, tags: [] } });
    expect(runPipeline(pipeline, { ...log, service: "a" }, { now: NOW })).toMatchObject({
      applied: true,
      log: { attributes: { w: "x" } },
    });
    expect(log.attributes).toEqual({});
  });

  test("a JSON message becomes attributes, and its field message the message", () => {
    const { attributes: _none, ...log } = { message: '{"a":{"b":1},"message":"text"}', attributes: undefined };
    expect(runPipeline({ name: "p", processors: [] }, log, { now: NOW }).log).toMatchObject({
      message: "text",
      attributes: { a: { b: 1 } },
    });
  });

  test("a Grok parser of another attribute merges its result into the attributes", () => {
    const grok = {
      type: "grok-parser",
      source: "a.text",
      grok: { match_rules: "r %{word:a.w} %{integer:n}" },
    } as const;
    expect(run([grok], { attributes: { a: { text: "x 1", w: "old" }, n: 0 } }).attributes).toEqual({
      a: { text: "x 1", w: "x" },
      n: 1,
    });
    expect(run([grok], { attributes: { a: { text: "no" } } }).attributes).toEqual({ a: { text: "no" } });
    expect(run([{ ...grok, is_enabled: false }], { attributes: { a: { text: "x 1" } } }).attributes).toEqual({
      a: { text: "x 1" },
    });
  });

  test.each([
    ["emerg", "emergency"],
    ["FATAL", "emergency"],
    ["alert", "alert"],
    ["Critical", "critical"],
    ["err", "error"],
    ["WARNING", "warn"],
    ["notice", "notice"],
    ["informational", "info"],
    ["trace", "debug"],
    ["verbose", "debug"],
    ["OK", "ok"],
    ["success", "ok"],
    ["whatever", "warn"],
    ["xyz", "info"],
    [0, "emergency"],
    ["3", "error"],
    [7, "debug"],
    [8, "info"],
  ])("the status remapper maps %s to %s", (value, status) => {
    expect(
      run([{ type: "status-remapper", sources: ["none", "level"] }], { attributes: { level: value } }).status,
    ).toBe(status);
  });

  test("the first status remapper with a source is used, and the last date remapper", () => {
    const log = run(
      [
        { type: "status-remapper", sources: ["none"] },
        { type: "status-remapper", sources: ["a"] },
        { type: "status-remapper", sources: ["b"] },
        { type: "date-remapper", sources: ["d1"] },
        { type: "date-remapper", sources: ["d2"] },
        { type: "date-remapper", sources: ["none"] },
      ],
      { attributes: { a: "error", b: "info", d1: 1, d2: "2026-06-10T12:00:00+02:00" } },
    );
    expect(log).toMatchObject({
      status: "error",
      timestamp: Date.UTC(2026, 5, 10, 10),
      attributes: { a: "error", d1: 1 },
    });
  });

  test.each([
    ["2024-01-31T10:00:00Z", "2024-01-31T10:00:00.000Z"],
    ["2024-01-31 10:00:00,5+0200", "2024-01-31T08:00:00.500Z"],
    ["2024-01-31", "2024-01-31T00:00:00.000Z"],
    ["20240131T100000Z", "2024-01-31T10:00:00.000Z"],
    ["20240131T100000.25-0530", "2024-01-31T15:30:00.250Z"],
    ["20240131T1000+02", "2024-01-31T08:00:00.000Z"],
    ["2024-02-31T00:00:00Z", undefined],
    ["20240231T000000Z", undefined],
    ["2024-13-01", undefined],
    ["2024-01-01T24:00:00Z", undefined],
    ["2024-01-01T10:60:00Z", undefined],
    ["2024-01-01T10:00:00+99:00", undefined],
    ["2024-01-01T10:00:00+02:", undefined],
  ])("the date remapper reads %s as %s", (text, date) => {
    const { timestamp } = run([{ type: "date-remapper", sources: ["at"] }], { attributes: { at: text } });
    expect(timestamp === undefined ? undefined : new Date(timestamp).toISOString()).toBe(date);
  });

  test("the message remapper removes its source, the service remapper does not", () => {
    const log = run(
      [
        { type: "message-remapper", sources: ["msg"] },
        { type: "service-remapper", sources: ["svc"] },
      ],
      { message: "old", attributes: { msg: "new", svc: "s" } },
    );
    expect(log).toMatchObject({ message: "new", service: "s", attributes: { svc: "s" } });
    expect(log.attributes).not.toHaveProperty("msg");
  });

  test("the attribute remapper moves, copies and casts, and keeps an existing target", () => {
    const remap = (more: object, attributes: Log["attributes"]) =>
      run([{ type: "attribute-remapper", sources: ["a.b", "c"], target: "t.u", ...more }], { attributes });
    expect(remap({}, { a: { b: "1" } }).attributes).toEqual({ t: { u: "1" } });
    expect(remap({ preserve_source: true }, { a: { b: "1" } }).attributes).toEqual({ a: { b: "1" }, t: { u: "1" } });
    expect(remap({}, { c: "2", t: { u: "0" } }).attributes).toEqual({ t: { u: "0" } });
    expect(remap({ preserve_source: true }, { c: "2", t: { u: "0" } }).attributes).toEqual({ c: "2", t: { u: "0" } });
    expect(remap({}, { c: "0", t: { u: "0" } }).attributes).toEqual({ t: { u: "0" } });
    expect(remap({ override_on_conflict: true }, { c: "2", t: { u: "0" } }).attributes).toEqual({ t: { u: "2" } });
    expect(remap({ target_format: "integer" }, { c: "2" }).attributes).toEqual({ t: { u: 2 } });
    expect(remap({ target_format: "integer" }, { c: "x" }).attributes).toEqual({ t: { u: "x" } });
    expect(remap({ target_type: "tag", target: "t" }, { c: "x" })).toMatchObject({ tags: ["t:x"], attributes: {} });
  });

  test("category, string builder, arithmetic and lookup processors, and nested pipelines", () => {
    const log = run(
      [
        {
          type: "category-processor",
          target: "kind",
          categories: [
            { name: "first", filter: { query: "@n:[1 TO 5]" } },
            { name: "second", filter: { query: "*" } },
          ],
        },
        { type: "string-builder-processor", template: "%{user} did %{list} %{none}", target: "s1" },
        {
          type: "string-builder-processor",
          template: "%{user} did %{list} %{none}",
          target: "s2",
          is_replace_missing: true,
        },
        { type: "arithmetic-processor", expression: "-(n + 1) * 10 / 4 - none", target: "a1" },
        {
          type: "arithmetic-processor",
          expression: "-(n + 1) * 10 / 4 - none",
          target: "a2",
          is_replace_missing: true,
        },
        { type: "arithmetic-processor", expression: "n / 0", target: "a3" },
        { type: "lookup-processor", source: "n", target: "l1", lookup_table: ["1,one", "3,three, or so"] },
        { type: "lookup-processor", source: "user", target: "l2", lookup_table: ["1,one"], default_lookup: "nobody" },
        {
          type: "pipeline",
          filter: { query: "@kind:first" },
          processors: [{ type: "service-remapper", sources: ["kind"] }],
        },
        {
          type: "pipeline",
          filter: { query: "@kind:second" },
          processors: [{ type: "message-remapper", sources: ["kind"] }],
        },
      ],
      { message: "m", attributes: { n: 3, user: "admin", list: ["x", "y"] } },
    );
    expect(log).toMatchObject({ message: "m", service: "first" });
    expect(log.attributes).toEqual({
      n: 3,
      user: "admin",
      list: ["x", "y"],
      kind: "first",
      s2: "admin did x,y ",
      a2: -10,
      l1: "three, or so",
      l2: "nobody",
    });
  });

  test.each([
    [" 12.5 ", 12, 12.5, 13.5],
    ["-.5e1", -5, -5, -4],
    [" ", " ", " ", undefined],
    ["", "", "", undefined],
    ["0x1f", "0x1f", "0x1f", undefined],
    ["Infinity", "Infinity", "Infinity", undefined],
    ["1e400", "1e400", "1e400", undefined],
    [true, true, true, undefined],
    [4611686018427387905n, 4611686018427387905n, 4611686018427387904, 4611686018427387904],
  ])("%j is the integer %s, the double %s, and %s after the arithmetic", (value, integer, double, sum) => {
    const cast = { type: "attribute-remapper", sources: ["v"], preserve_source: true } as const;
    const { attributes } = run(
      [
        { ...cast, target: "integer", target_format: "integer" },
        { ...cast, target: "double", target_format: "double" },
        { type: "arithmetic-processor", expression: "v + 1", target: "sum" },
      ],
      { attributes: { v: value } },
    );
    expect(attributes).toEqual({ v: value, integer, double, ...(sum === undefined ? {} : { sum }) });
  });

  test.each([
    ["0.1234567891", 0.123456789],
    ["-0.1234567896", -0.12345679],
    ["2 / 3", 0.666666667],
    ["n / 1000", 1927944306.123456],
    ["n * 1000", 1927944306123456],
    ["10000000000000000000000000.5", 1e25],
  ])("the arithmetic %s gives %d, with at most 9 decimals", (expression, expected) => {
    const processor = { type: "arithmetic-processor", expression, target: "t" } as const;
    expect(run([processor], { attributes: { n: 1927944306123.456 } }).attributes.t).toBe(expected);
  });

  test("URL, user agent, geo IP and array processors", () => {
    const geo = (ip: string) => (ip === "192.0.2.1" ? { city: { name: "Here" } } : undefined);
    const agent =
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.1.2 Safari/537.36";
    const { log } = runPipeline(
      {
        name: "p",
        processors: [
          { type: "url-parser", sources: ["none", "url"], target: "parts" },
          { type: "user-agent-parser", sources: ["agent"], target: "ua" },
          { type: "geo-ip-parser", sources: ["ip"], target: "geo" },
          { type: "geo-ip-parser", sources: ["ip2"], target: "geo2" },
          { type: "geo-ip-parser", sources: ["url"], target: "geo3" },
          {
            type: "array-processor",
            operation: { type: "append", source: "one", target: "list", preserve_source: false },
          },
          { type: "array-processor", operation: { type: "length", source: "list", target: "count" } },
          {
            type: "array-processor",
            operation: {
              type: "select",
              source: "headers",
              target: "referer",
              filter: "name:Referer",
              value_to_extract: "value",
            },
          },
        ],
      },
      {
        message: "",
        attributes: {
          url: "https://u:p@Example.COM:8443/a/b;c?x=1&y=%20&x=2#top",
          agent,
          ip: "192.0.2.1",
          ip2: "192.0.2.2",
          one: 3,
          list: [1, 2],
          headers: [
            { name: "Host", value: "h" },
            { name: "Referer", value: "r" },
          ],
        },
      },
      { now: NOW, geo },
    );
    expect(log.attributes).toMatchObject({
      parts: {
        scheme: "https",
        host: "example.com",
        port: 8443,
        path: "/a/b;c",
        queryString: { x: "2", y: "%20" },
        hash: "top",
      },
      ua: {
        browser: { family: "Chrome", major: "130", minor: "0", patch: "1", patch_minor: "2" },
        os: { family: "Windows", major: "10" },
      },
      geo: { city: { name: "Here" } },
      geo2: {},
      geo3: { invalidAddress: "https://u:p@Example.COM:8443/a/b;c?x=1&y=%20&x=2#top" },
      list: [1, 2, 3],
      count: 3,
      referer: "r",
    });
    expect(log.attributes).not.toHaveProperty("one");
  });

  test("a nested pipeline can have no processors", () => {
    expect(run([{ type: "pipeline", name: "empty" }], { attributes: { a: 1 } }).attributes).toEqual({ a: 1 });
  });

  test.each([
    ["name:Referer", "r"],
    ["@name:Referer", "r"],
    ['name:"User-Agent: curl"', "u"],
    ["header-name:x", "x"],
    ["-name:Referer message:y", "y"],
    ["CIDR(ip, 10.0.0.0/8)", "i"],
  ])("the filter %s selects the item with the value %s", (filter, value) => {
    const items: Value[] = [
      { name: "Referer", value: "r" },
      { name: "User-Agent: curl", value: "u" },
      { "header-name": "x", value: "x" },
      { name: "b", message: "y", value: "y" },
      { ip: "10.1.2.3", value: "i" },
    ];
    const operation = { type: "select", source: "items", target: "t", filter, value_to_extract: "value" } as const;
    expect(run([{ type: "array-processor", operation }], { attributes: { items } }).attributes.t).toBe(value);
  });

  test.each<[ProcessorDefinition, string]>([
    [
      { type: "grok-parser", name: "g", source: "message", grok: { match_rules: "r %{nope}" } },
      "pipeline p, processor 1 (g): rule r, column 1: unknown matcher",
    ],
    [
      { type: "arithmetic-processor", expression: "1 + ", target: "t" },
      'expected a number or an attribute in "1 + ", found its end',
    ],
    [{ type: "arithmetic-processor", expression: "(1", target: "t" }, "unclosed parenthesis in"],
    [
      { type: "category-processor", target: "t", categories: [{ name: "c", filter: { query: "(" } }] },
      "category c: column 2: the query ends",
    ],
    [{ type: "mystery" } as never, 'pipeline p: processors[0].type: unknown processor type "mystery"'],
    [
      { type: "pipeline", name: "in", processors: [{ type: "mystery" } as never] },
      "processors[0].processors[0].type: unknown processor type",
    ],
  ])("%j is refused", (processor, message) => {
    expect(() => run([processor])).toThrow(message);
  });
});
