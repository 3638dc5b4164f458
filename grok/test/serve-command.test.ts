import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { readAnyPipelineFile } from "../pipeline/file";
import { resultsOf } from "../serve/results";
import { pageServer } from "../serve/server";
import { grok, scratch } from "./commands";

const { write } = scratch();

const definition = {
  name: "Door",
  filter: { query: "service:door" },
  processors: [
    {
      type: "grok-parser",
      name: "Doors",
      source: "message",
      samples: ["anna opened back"],
      grok: {
        match_rules: "opened %{word:user} opened %{data:door}\nnested (?<all>%{word:a}-%{word:b})",
        support_rules: "",
      },
    },
    {
      type: "pipeline",
      name: "Cards",
      filter: { query: "@door:card*" },
      processors: [
        { type: "grok-parser", name: "Card", source: "door", grok: { match_rules: "card card %{integer:card}" } },
      ],
    },
  ],
};
const result = (user: string) => ({
  custom: { user, door: "front" },
  message: "anna opened front",
  tags: ["source:LOGS_SOURCE"],
});
const door = { name: "door", pipeline: definition, tests: [{ sample: "anna opened front", result: result("anna") }] };

/** The rules of the page as they are at first. */
const parsers = [
  { matchRules: definition.processors[0]!.grok!.match_rules, supportRules: "" },
  { matchRules: "card card %{integer:card}", supportRules: "" },
];

let server: Server;
let port: number;
beforeAll(async () => {
  const file = readAnyPipelineFile(write("door.json", door));
  server = pageServer({ ...file, lines: ["anna opened front"], service: "door" });
  await once(server.listen(0, "127.0.0.1"), "listening");
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => new Promise((done) => server.close(done)));

interface Request {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

async function ask(path: string, { method = "GET", headers = {}, body = "" }: Request = {}) {
  const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false });
  sent.end(body);
  const [response] = await once(sent, "response");
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, headers: response.headers, text };
}

const json = { "Content-Type": "application/json" };
const post = (path: string, body: unknown, headers = {}) =>
  ask(path, { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(body) });
async function results(lines: readonly string[], edited: readonly unknown[] = parsers) {
  const { status, text } = await post("/results", { parsers: edited, lines });
  expect(status).toBe(200);
  return JSON.parse(text);
}

describe("the page", () => {
  test.each([
    ["/", "text/html"],
    ["/page.css", "text/css"],
    ["/page.mjs", "text/javascript"],
  ])("%s is served, and names no other website", async (path, type) => {
    const { status, headers, text } = await ask(path);
    expect([status, headers["content-type"]]).toEqual([200, `${type}; charset=utf-8`]);
    expect(text).not.toMatch(/(https?:)?\/\/\w+\.\w/);
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers).not.toHaveProperty("access-control-allow-origin");
  });

  test("starts with the parsers of the pipeline, those of nested pipelines included, and the lines", async () => {
    const { text } = await ask("/pipeline");
    const places = ["pipeline Door, processor 1 (Doors)", "pipeline Door, processor 2 (Cards), processor 1 (Card)"];
    expect(JSON.parse(text)).toEqual({
      name: "Door",
      parsers: parsers.map((rules, index) => ({ where: places[index], ...rules })),
      lines: ["anna opened front"],
    });
  });
});

describe("results", () => {
  test("have the rule, the captures, the log, and the comparison with the file's test", async () => {
    const { errors, lines } = await results(["anna opened front", "ben opened back"]);
    expect(errors).toEqual([]);
    const where = "pipeline Door, processor 1 (Doors)";
    const segments = [
      { text: "anna", paths: ["user"] },
      { text: " opened ", paths: [] },
      { text: "front", paths: ["door"] },
    ];
    expect(lines[0]).toEqual({
      reads: [{ where, source: "message", rule: "opened", segments }],
      log: ['custom.user: "anna"', 'custom.door: "front"', 'tags: ["source:LOGS_SOURCE"]'],
      differences: [],
    });
    expect(lines[1]).not.toHaveProperty("differences");
    expect(lines[1].log).toContain('service: "door"');
  });

  test("compare all tests with the same sample, and show the first one that differs", () => {
    const [one] = door.tests;
    const tests = [one!, { ...one!, service: "gate" }, one!];
    const file = readAnyPipelineFile(write("same.json", { ...door, tests }));
    const { lines } = resultsOf({ ...file, lines: [] }, { parsers, lines: ["anna opened front"] });
    expect(lines[0]!.differences).toEqual(["- service: (nothing)", '+ service: "gate"']);
  });

  test("are those of the edited rules", async () => {
    const edited = [{ matchRules: "new %{word:who} opened front", supportRules: "" }, parsers[1]];
    const { lines } = await results(["anna opened front"], edited);
    expect(lines[0].reads[0].rule).toBe("new");
    expect(lines[0].differences).toEqual([
      '- custom.user: "anna"',
      "+ custom.user: (nothing)",
      '- custom.door: "front"',
      "+ custom.door: (nothing)",
      "- custom.who: (nothing)",
      '+ custom.who: "anna"',
    ]);
  });

  test("show where matching stopped, also in an attribute", async () => {
    const { lines } = await results(["anna closed front", "eve opened card x"]);
    expect(lines[0].reads).toEqual([
      expect.objectContaining({ stop: expect.stringContaining("column 6: rule opened (column 13) expected") }),
    ]);
    expect(lines[1].reads.map((read: any) => [read.source, read.rule])).toEqual([
      ["message", "opened"],
      ["door", undefined],
    ]);
    expect(lines[1].reads[1].stop).toContain('expected %{integer:card}\nbut found "x"');
  });

  test("have the inner capture before the outer one, in a line that starts with blanks", async () => {
    const { lines } = await results(["  x-y"]);
    expect(lines[0].reads[0].segments).toEqual([
      { text: "  ", paths: [] },
      { text: "x", paths: ["a", "all"] },
      { text: "-", paths: ["all"] },
      { text: "y", paths: ["b", "all"] },
    ]);
  });

  test("of rules that are not valid are the errors of all parsers", async () => {
    const wrong = [
      { matchRules: "opened %{wrod:user}", supportRules: "" },
      { matchRules: "card (", supportRules: "" },
    ];
    const { errors, lines } = await results(["anna opened front"], wrong);
    expect(lines).toEqual([]);
    expect(errors).toEqual([
      expect.stringMatching(
        /^pipeline Door, processor 1 \(Doors\), rule opened, column 1: unknown .*did you mean word\?/,
      ),
      expect.stringMatching(/^pipeline Door, processor 2 \(Cards\), processor 1 \(Card\), rule card, column /),
    ]);
  });

  test("whole numbers keep their digits", async () => {
    const edited = [{ matchRules: "n %{integer:n}", supportRules: "" }];
    expect((await results(["9007199254740993"], edited)).lines[0].log[0]).toBe("custom.n: 9007199254740993");
  });
});

test("findings are those of lint, with the lines as samples", async () => {
  const edited = [
    { matchRules: "any %{word:user} %{data:rest}\nopened %{word:user} opened %{data:door}", supportRules: "" },
  ];
  const { text } = await post("/findings", { parsers: edited, lines: ["anna opened front"] });
  expect(JSON.parse(text)).toContainEqual(
    expect.stringMatching(
      /^hint: pipeline Door, processor 1 \(Doors\), rule opened, column 1: earlier rules match all 2/,
    ),
  );
});

describe("a request of another website is refused:", () => {
  const body = { parsers, lines: [] };

  test.each(["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:PORT"])("host %s", async (name) => {
    const host = name.replace("PORT", String(port));
    const answers = [
      await ask("/pipeline", { headers: { Host: host } }),
      await post("/results", body, { Host: host, Origin: `http://${host}` }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403]);
    expect(answers[0]!.text).toBe(`open http://127.0.0.1:${port}/\n`);
  });

  test.each(["http://evil.example", "null", "https://127.0.0.1:PORT", "http://localhost:PORT", "http://127.0.0.1:1"])(
    "origin %s",
    async (origin) => {
      const headers = { Origin: origin.replace("PORT", String(port)) };
      expect((await post("/results", body, headers)).status).toBe(403);
      expect((await ask("/pipeline", { headers })).status).toBe(403);
    },
  );

  test("a form's type of content", async () => {
    expect((await post("/results", body, { "Content-Type": "text/plain" })).status).toBe(415);
  });

  test("the page's own origin and host are accepted", async () => {
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`])
      expect((await post("/results", body, { Host: host, Origin: `http://${host}` })).status).toBe(200);
  });
});

test.each([
  [404, "the page is at /", "/package.json", {}],
  [404, "the page is at /", "/../package.json", {}],
  [404, "the page is at /", "/constructor", {}],
  [404, "the page is at /", "//", {}],
  [405, "use GET", "/pipeline", { method: "POST" }],
  [405, "use POST", "/results", { method: "GET" }],
  [400, "the request is not JSON", "/results", { method: "POST", headers: json, body: "{" }],
  [400, "the request must have the form", "/results", { method: "POST", headers: json, body: '{"lines":[1]}' }],
  [413, "more than 8 MiB", "/results", { method: "POST", headers: json, body: " ".repeat(9 << 20) }],
])("%d %s: %s", async (status, message, path, sent) => {
  const answer = await ask(path, sent);
  expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(message)]);
  expect((await ask("/")).status).toBe(200);
});

describe("grok serve", () => {
  const cli = ["--import", "tsx", join(__dirname, "../cli.ts"), "serve"];
  let child: ChildProcess | undefined;
  afterEach(() => child?.kill("SIGKILL"));

  test.each(["SIGINT", "SIGTERM"] as const)("serves a file until %s, also with an open connection", async (signal) => {
    const run = spawn(process.execPath, [...cli, write("door.json", door)], { stdio: ["ignore", "pipe", "inherit"] });
    child = run;
    let out = "";
    run.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    while (!out.includes("Ctrl-C")) await once(run.stdout, "data");
    const [url = ""] = /http:\/\/127\.0\.0\.1:\d+\//.exec(out) ?? [];
    // fetch keeps the connection
    const { name, lines } = (await (await fetch(`${url}pipeline`)).json()) as any;
    expect([name, lines]).toEqual(["Door", ["anna opened front", "anna opened back"]]);
    run.kill(signal);
    expect(await once(run, "exit")).toEqual([0, null]);
  });

  test.each([
    [["--port", "http"], "--port http is not a port"],
    [["--port", "65536"], "--port 65536 is not a port"],
    [["a.yaml", "b.yaml"], "give one file with a pipeline"],
    [["/nonexistent.yaml"], "/nonexistent.yaml cannot be read (ENOENT)"],
    [["NONE"], "has no Grok parser that is enabled"],
    [["--port", "USED"], "is in use: choose another one with --port"],
  ])("%p is refused with exit code 2", async (args, message) => {
    const names: Record<string, string> = {
      NONE: write("none.json", { name: "None", processors: [] }),
      USED: String(port),
    };
    const { code, err } = await grok(["serve", ...args.map((each) => names[each] ?? each)]);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});
