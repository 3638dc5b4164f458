import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parse } from "yaml";
import { listPipelines } from "../organisation/api";
import { grok, scratch } from "./commands";

const { folder: root } = scratch();
const keys = { DD_API_KEY: "secret-api-key", DD_APP_KEY: "secret-app-key" };

const rules = 'a %{word:user} opened %{word:door}\nb alarm: %{data:reason:nullIf("-")}';
const pipeline = (id: string, name: string, more: object = {}) => ({
  id,
  type: "pipeline",
  name,
  is_enabled: true,
  is_read_only: false,
  filter: { query: "service:door" },
  processors: [
    {
      type: "grok-parser",
      name: "P",
      is_enabled: true,
      source: "message",
      samples: [],
      grok: { match_rules: rules, support_rules: "" },
    },
  ],
  ...more,
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const json =
  (value: unknown): Answer =>
  (_request, response) =>
    void response.end(JSON.stringify(value));

let answers: Answer[] = [];
let requests: IncomingMessage[] = [];
const server = createServer((request, response) => {
  requests.push(request);
  const answer = answers.length > 1 ? answers.shift() : answers[0];
  answer?.(request, response);
});
let url = "";
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((done) => server.close(done)));
let folder = "";
let count = 0;
beforeEach(() => {
  requests = [];
  folder = join(root, String(count++));
});

const run = (command: string, ...more: string[]) =>
  grok([...command.split(" "), "--url", url, ...(more.length > 0 ? more : [folder])], { env: keys });

describe("grok pull", () => {
  test("writes a file for each pipeline of the organisation's own", async () => {
    answers = [
      json([pipeline("1", "Front door"), pipeline("2", "Front: door"), pipeline("3", "Nginx", { is_read_only: true })]),
    ];
    const { code, out } = await run("pull");
    expect([code, out]).toEqual([
      0,
      `created ${folder}/front-door.yaml\ncreated ${folder}/front-door-2.yaml\npipelines: 2, unchanged: 0, of integrations (left out): 1\n`,
    ]);
    const [request] = requests;
    expect([request?.method, request?.url]).toEqual(["GET", "/api/v1/logs/config/pipelines"]);
    expect(request?.headers).toMatchObject({ "dd-api-key": keys.DD_API_KEY, "dd-application-key": keys.DD_APP_KEY });
    const text = readFileSync(join(folder, "front-door.yaml"), "utf8");
    const { is_read_only: _never, ...expected } = pipeline("1", "Front door");
    expect(parse(text)).toEqual({ name: "Front door", pipeline: expected, tests: [] });
    expect(text).toContain("match_rules: |-\n");
    expect((await grok(["test", folder])).out).toBe("0 passed, 0 failed\n");
  });

  test("keeps the tests, comments and form of a file, and changes only what differs", async () => {
    mkdirSync(folder);
    const file = join(folder, "door.yml");
    const text = `# ours
name: x
pipeline:
  id: "1"
  name: Door # the front door
  filter: { query: "service:gate" }
  processors:
    - { type: grok-parser, name: P, source: message, grok: { match_rules: ${JSON.stringify(rules)} } }
tests:
  - { sample: x, result: {} } # one
`;
    writeFileSync(file, text);
    writeFileSync(
      join(folder, "old.json"),
      JSON.stringify({ pipeline: { id: "9", name: "Old", processors: [] }, tests: [] }),
    );
    answers = [json([pipeline("1", "Door", { filter: { query: "service:gate" } })])];
    const same = await run("pull");
    expect(same.out).toBe(
      `not in the organisation: ${folder}/old.json\npipelines: 1, unchanged: 1, of integrations (left out): 0\n`,
    );
    expect(readFileSync(file, "utf8")).toBe(text);
    answers = [json([pipeline("1", "Back door")])];
    expect((await run("pull")).out).toContain(`changed ${file}\n`);
    const changed = readFileSync(file, "utf8");
    expect(changed).toContain('# ours\nname: x\npipeline:\n  id: "1"\n  name: Back door # the front door\n');
    expect(changed).toContain("  filter: { query: service:door }\n");
    expect(changed.endsWith("tests:\n  - { sample: x, result: {} } # one\n")).toBe(true);
    expect(parse(changed).pipeline.processors).toEqual(pipeline("1", "").processors);
    expect(readdirSync(folder)).toEqual(["door.yml", "old.json"]);
  });

  test("a file without an id belongs to the pipeline of its name", async () => {
    mkdirSync(folder);
    writeFileSync(
      join(folder, "a.json"),
      JSON.stringify({ name: "Door", pipeline: { processors: [] }, tests: [1] }, undefined, 2),
    );
    answers = [json([pipeline("1", "Door")])];
    expect((await run("pull")).out).toContain(`changed ${folder}/a.json`);
    expect(JSON.parse(readFileSync(join(folder, "a.json"), "utf8"))).toMatchObject({
      pipeline: { id: "1" },
      tests: [1],
    });
  });

  test("a folder that cannot be created is an error without a stack trace", async () => {
    answers = [json([pipeline("1", "Door")])];
    const file = join(root, "file.json");
    writeFileSync(file, JSON.stringify({ pipeline: { name: "P", processors: [] }, tests: [] }));
    for (const [path, reason] of [
      [file, "EEXIST"],
      [join(file, "x"), "ENOTDIR"],
    ] as const) {
      const err = `error: cannot create the folder ${path} (${reason}): give a folder that can be written\n`;
      expect(await run("pull", path)).toMatchObject({ code: 2, err });
    }
  });

  test("a file that is not a pipeline file stops it before anything is written", async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, "a.yaml"), "a: [");
    answers = [json([pipeline("1", "Door")])];
    expect(await run("pull")).toMatchObject({ code: 2, err: expect.stringContaining("a.yaml is not valid YAML") });
    expect(readdirSync(folder)).toEqual(["a.yaml"]);
  });
});

describe("grok push", () => {
  test("--dry-run shows what differs, and sends only GET", async () => {
    mkdirSync(folder);
    const file = (name: string, content: object) =>
      writeFileSync(join(folder, name), JSON.stringify({ pipeline: content, tests: [] }));
    file("a.json", pipeline("1", "Same"));
    const { id: _none, ...unnamed } = pipeline("2", "Changed", { filter: { query: "service:gate" } });
    file("b.json", JSON.parse(JSON.stringify(unnamed).replace("nullIf", "lowercase").replace('(\\"-\\")', "")));
    file("c.json", { name: "New", processors: [] });
    file("d.json", { id: "4", name: "Nginx", processors: [] });
    answers = [json([pipeline("1", "Same"), pipeline("2", "Changed"), pipeline("4", "Nginx", { is_read_only: true })])];
    const { code, out } = await run("push --dry-run");
    expect([code, out]).toEqual([
      1,
      `${folder}/b.json: would change Changed
  filter.query
    - "service:door"
    + "service:gate"
  processors.0.grok.match_rules
    - b alarm: %{data:reason:nullIf("-")}
    + b alarm: %{data:reason:lowercase}
${folder}/c.json: would create New
${folder}/d.json: cannot change Nginx, which is a pipeline of an integration
pipelines: 4, different: 3; nothing was written
`,
    ]);
    expect(requests.map(({ method }) => method)).toEqual(["GET"]);
    expect(await run("push --dry-run", join(folder, "a.json"))).toMatchObject({ code: 0 });
  });

  test("without --dry-run, or with a pipeline that is not valid, it asks nothing", async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, "a.json"), JSON.stringify(pipeline("1", "A")).replace("word:user", "wrod:user"));
    answers = [json([])];
    expect(await run("push")).toMatchObject({ code: 2, err: expect.stringContaining("only --dry-run is supported") });
    expect(await run("push --dry-run")).toMatchObject({
      code: 2,
      err: expect.stringMatching(/a\.json: .*unknown matcher or rule wrod/),
    });
    expect(requests).toEqual([]);
  });
});

describe("Datadog's API", () => {
  const limited =
    (headers: Record<string, string>): Answer =>
    (_request, response) =>
      void response.writeHead(429, headers).end();
  const status =
    (code: number, text: string, headers: Record<string, string> = {}): Answer =>
    (_request, response) =>
      void response.writeHead(code, headers).end(text);

  test("waits as long as the server says if it limits requests", async () => {
    answers = [limited({ "x-ratelimit-reset": "1" }), limited({ "retry-after": "0" }), json([])];
    const begin = performance.now();
    const { code, err } = await run("pull");
    expect([code, requests.length]).toEqual([0, 3]);
    expect(performance.now() - begin).toBeGreaterThan(900);
    expect(err).toContain("Datadog limits the rate of requests: waiting 1 s\n");
  });

  test("gives up after five tries, and if it would wait longer than a minute", async () => {
    answers = [limited({ "x-ratelimit-reset": "0" })];
    expect(await run("pull")).toMatchObject({ code: 2, err: expect.stringContaining("after 5 tries") });
    expect(requests).toHaveLength(5);
    answers = [limited({ "x-ratelimit-reset": "3600" })];
    expect(await run("pull")).toMatchObject({ code: 2, err: expect.stringContaining("for 3600 s") });
    expect(existsSync(folder)).toBe(false);
  });

  test.each<[string, Answer, string]>([
    ["refused keys", status(403, '{"errors":["Forbidden"]}'), "refuses the keys (status 403)"],
    [
      "another error, without the keys in it",
      status(500, `bad ${keys.DD_API_KEY}\n${keys.DD_APP_KEY}`),
      "returned status 500: bad … …",
    ],
    ["a page instead of a list", status(200, "<html>"), "did not return a list of pipelines"],
    ["a redirection", status(302, "", { location: "http://127.0.0.1:9/" }), "cannot read http://127.0.0.1"],
  ])("%s is an error that says what to do", async (_what, answer, message) => {
    answers = [answer];
    const { code, all } = await run("pull");
    expect([code, all]).toEqual([2, expect.stringContaining(message)]);
    expect(all).not.toMatch(/secret-| {4}at /);
    expect(requests).toHaveLength(1);
  });

  test.each(["secret\nkey", "secret key", "secretschlüssel"])(
    "a key such as %j is refused and not shown",
    async (key) => {
      for (const name of ["DD_API_KEY", "DD_APP_KEY"]) {
        const { code, all } = await grok(["pull", folder, "--url", url], { env: { ...keys, [name]: key } });
        expect([code, all]).toEqual([
          2,
          expect.stringMatching(`^error: the environment variable ${name} is not a key`),
        ]);
        expect(all).not.toMatch(/secret|schl/);
      }
    },
  );

  test("an error of the request contains no key", async () => {
    const organisation = { url, apiKey: "secret\nkey", appKey: "a", waiting: () => {} };
    await expect(listPipelines(organisation)).rejects.toThrow(/^cannot read http/);
    await expect(listPipelines(organisation)).rejects.not.toThrow(/secret/);
  });

  test.each<[string, string[], Record<string, string>, string]>([
    ["a key is missing", ["pull", "x"], { DD_API_KEY: "a" }, "set the environment variable DD_APP_KEY"],
    ["the site is mistyped", ["pull", "x", "--site", "datadoghq.org"], keys, "datadoghq.org is not a site of Datadog"],
    ["DD_SITE is mistyped", ["pull", "x"], { ...keys, DD_SITE: "datadog" }, "datadog is not a site of Datadog"],
    ["the URL is not encrypted", ["pull", "x", "--url", "http://example.com"], keys, "must start with https://"],
    ["the URL is none", ["pull", "x", "--url", "example"], keys, "must start with https://"],
    ["site and URL are given", ["pull", "x", "--url", "https://a", "--site", "datadoghq.eu"], keys, "not both"],
    ["the folder is missing", ["pull"], keys, "give one folder"],
    ["nothing answers", ["pull", "x", "--url", "http://127.0.0.1:9"], keys, "check the network, and --site or --url"],
  ])("exit code 2 if %s", async (_what, args, env, message) => {
    expect(await grok(args, { env })).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });
});
