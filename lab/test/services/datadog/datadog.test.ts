import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { type DatadogServers, startDatadog } from "../../../services/datadog/main";
import { call, type Reply } from "../../call";
import { datadogConfig } from "./config";
import { scratchFolder } from "../../scratch";

const config = datadogConfig(scratchFolder());
const now = Date.parse("2026-11-24T06:00:00Z");
const keys = { "dd-api-key": config.apiKey, "dd-application-key": config.appKey };
const pipelinesPath = "/api/v1/logs/config/pipelines";
const orderPath = "/api/v1/logs/config/pipeline-order";
let servers: DatadogServers;

function api(method: string, path: string, body?: unknown, headers: Record<string, string> = keys): Promise<Reply> {
  return call(`http://127.0.0.1:${servers.api.port}${path}`, method, { headers, body });
}

function send(body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  return call(`http://127.0.0.1:${servers.intake.port}/api/v2/logs`, "POST", {
    headers: { "dd-api-key": config.apiKey, ...headers },
    body,
  });
}

async function found(query: string, more: object = {}): Promise<Reply["body"]["data"]> {
  const reply = await api("POST", "/api/v2/logs/events/search", { filter: { query }, ...more });
  expect(reply.status).toBe(200);
  return reply.body.data;
}

const grokParser = {
  type: "grok-parser",
  name: "Parser",
  is_enabled: true,
  source: "message",
  samples: ["user bob did Read"],
  grok: { match_rules: "rule user %{word:user} did %{word:action}", support_rules: "" },
};
const pipeline = {
  name: "Test",
  is_enabled: true,
  filter: { query: "service:parsed" },
  processors: [grokParser],
};

beforeAll(async () => {
  servers = await startDatadog(config, () => now);
});
afterAll(async () => {
  await servers.api.close();
  await servers.intake.close();
});
beforeEach(async () => {
  for (const { id } of (await api("GET", pipelinesPath)).body) {
    await api("DELETE", `${pipelinesPath}/${id}`);
  }
});

describe("keys", () => {
  test("the validation requires only the API key, every other call both keys", async () => {
    const { "dd-api-key": apiKey } = keys;
    expect(await api("GET", "/api/v1/validate", undefined, { "dd-api-key": apiKey })).toEqual({
      status: 200,
      body: { valid: true },
    });
    const forbidden = { status: 403, body: { errors: ["Forbidden"] } };
    expect(await api("GET", "/api/v1/validate", undefined, { "dd-api-key": "wrong" })).toEqual(forbidden);
    expect(await api("GET", "/api/v1/validate", undefined, {})).toEqual(forbidden);
    expect(await api("GET", pipelinesPath, undefined, { "dd-api-key": apiKey })).toEqual(forbidden);
    expect(await api("GET", pipelinesPath, undefined, { ...keys, "dd-api-key": "wrong" })).toEqual(forbidden);
  });

  test("the intake distinguishes a missing key from a wrong one", async () => {
    expect((await send([], { "dd-api-key": "" })).status).toBe(401);
    expect((await send([], { "dd-api-key": "wrong" })).status).toBe(403);
  });
});

describe("pipelines", () => {
  test("are created, read, listed, replaced, put in order and deleted", async () => {
    const first = (await api("POST", pipelinesPath, pipeline)).body;
    expect(first).toMatchObject({ ...pipeline, type: "pipeline", is_read_only: false });
    const second = (await api("POST", pipelinesPath, { name: "Second" })).body;
    expect(second).toMatchObject({ is_enabled: false, filter: { query: "" }, processors: [] });
    expect((await api("GET", `${pipelinesPath}/${first.id}`)).body).toEqual(first);

    expect((await api("GET", orderPath)).body).toEqual({ pipeline_ids: [first.id, second.id] });
    const swapped = { pipeline_ids: [second.id, first.id] };
    expect((await api("PUT", orderPath, swapped)).body).toEqual(swapped);
    expect((await api("PUT", orderPath, { pipeline_ids: [first.id] })).status).toBe(422);
    expect((await api("GET", pipelinesPath)).body.map(({ id }: { id: string }) => id)).toEqual(swapped.pipeline_ids);

    // PUT replaces the pipeline: omitted fields get their defaults
    const replaced = (await api("PUT", `${pipelinesPath}/${first.id}`, { name: "Renamed" })).body;
    expect(replaced).toMatchObject({ id: first.id, name: "Renamed", processors: [] });

    expect((await api("DELETE", `${pipelinesPath}/${first.id}`)).status).toBe(200);
    for (const method of ["GET", "DELETE"]) {
      expect(await api(method, `${pipelinesPath}/${first.id}`)).toMatchObject({
        status: 400,
        body: { error: { code: "InvalidArgument", message: "Non existing pipeline" } },
      });
    }
  });

  const grok = (change: object) => ({ ...pipeline, processors: [{ ...grokParser, ...change }] });
  test.each([
    ["no name", { is_enabled: true }, "name"],
    ["a wrong type", { ...pipeline, is_enabled: "true" }, "is_enabled"],
    ["an unknown processor", { ...pipeline, processors: [{ type: "magic" }] }, "processors[0].type"],
    ["a parser without rules", grok({ grok: { support_rules: "" } }), "match_rules"],
    ["an empty sample", grok({ samples: ["a", ""] }), "1 to 5000 characters"],
    ["more than five samples", grok({ samples: ["1", "2", "3", "4", "5", "6"] }), "at most 5 samples"],
    ["a rule that uses an unknown rule", grok({ grok: { match_rules: "rule %{nowhere:x}" } }), "nowhere"],
    ["an invalid filter", { ...pipeline, filter: { query: "(service:a" } }, "filter"],
    ["a schema processor without a schema", { ...pipeline, processors: [{ type: "schema-processor" }] }, "schema"],
    ["a parser without a target", { ...pipeline, processors: [{ type: "geo-ip-parser", sources: ["ip"] }] }, "target"],
    [
      "an unknown array operation",
      {
        ...pipeline,
        processors: [{ type: "array-processor", operation: { type: "sum", source: "a", target: "b" } }],
      },
      "operation",
    ],
  ])("refuses %s", async (_what, body, detail) => {
    const reply = await api("POST", pipelinesPath, body);
    expect(reply).toMatchObject({ status: 400, body: { error: { code: "InvalidArgument" } } });
    expect(JSON.stringify(reply.body)).toContain(detail);
    expect((await api("GET", pipelinesPath)).body).toEqual([]);
  });

  test.each<object>([
    { type: "url-parser", sources: ["url"], target: "url_details", normalize_ending_slashes: true },
    { type: "user-agent-parser", sources: ["agent"], target: "agent_details", is_encoded: true },
    { type: "geo-ip-parser", sources: ["source_ip"], target: "geoip" },
    { type: "array-processor", operation: { type: "length", source: "a", target: "n" } },
    { type: "array-processor", operation: { type: "append", source: "x", target: "a", preserve_source: false } },
    {
      type: "array-processor",
      operation: { type: "select", source: "a", target: "v", filter: "k:x", value_to_extract: "v" },
    },
  ])("%j is accepted, also in a nested pipeline", async (processor) => {
    const inner = { type: "pipeline", name: "Inner", filter: { query: "*" }, processors: [processor] };
    const reply = await api("POST", pipelinesPath, { ...pipeline, processors: [processor, inner] });
    expect(reply).toMatchObject({ status: 200, body: { processors: [processor, { processors: [processor] }] } });
  });

  test("a body that is not JSON is refused", async () => {
    expect(await api("POST", pipelinesPath, "{")).toEqual({ status: 400, body: { errors: ["the body is no JSON"] } });
  });

  test("an empty list of samples is accepted", async () => {
    expect((await api("POST", pipelinesPath, grok({ samples: [] }))).status).toBe(200);
  });

  test("survive a restart", async () => {
    const { id } = (await api("POST", pipelinesPath, pipeline)).body;
    await servers.api.close();
    await servers.intake.close();
    servers = await startDatadog(config, () => now);
    expect((await api("GET", `${pipelinesPath}/${id}`)).status).toBe(200);
  });
});

describe("intake", () => {
  const line = (message: string) => [{ message, service: "encoded", ddsource: "test", ddtags: "env:prod,a:b" }];

  test("accepts the agent's logs, plain or compressed", async () => {
    // `[{"message":"by zstd","service":"encoded"}]`, compressed by the command zstd
    const zstd = Buffer.from("KLUv/QRYWQEAW3sibWVzc2FnZSI6ImJ5IHpzdGQiLCJzZXJ2aWNlIjoiZW5jb2RlZCJ9XYohrxI=", "base64");
    expect((await send(line("by nothing"))).status).toBe(202);
    expect((await send(gzipSync(JSON.stringify(line("by gzip"))), { "content-encoding": "gzip" })).status).toBe(202);
    expect((await send(zstd, { "content-encoding": "zstd" })).status).toBe(202);
    const messages = (await found("service:encoded")).map((event: Reply["body"]) => event.attributes.message);
    expect(messages.sort()).toEqual(["by gzip", "by nothing", "by zstd"]);
    const [one] = await found('service:encoded "by gzip"');
    expect(one.attributes).toMatchObject({ status: "info", tags: ["source:test", "env:prod", "a:b"] });
  });

  test.each([
    ["a body that is not JSON", "{", {}, 400],
    ["an array of texts", ["a"], {}, 400],
    ["a service that is not a text", [{ message: "m", service: 1 }], {}, 400],
    ["a body that does not match its encoding", "plain", { "content-encoding": "gzip" }, 400],
    ["an unknown encoding", "x", { "content-encoding": "br" }, 415],
    ["a form", "a=b", { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["more than 1000 logs", Array.from({ length: 1001 }, () => ({ message: "m" })), {}, 413],
    ["more than 5 MB", [{ message: "m".repeat(5_000_001) }], {}, 413],
    ["more than 5 MB once decoded", gzipSync(Buffer.alloc(20_000_000, 32)), { "content-encoding": "gzip" }, 413],
  ])("refuses %s", async (_what, body, headers, status) => {
    const reply = await send(body, headers);
    expect(reply).toEqual({ status, body: { errors: [expect.any(String)] } });
  });

  test("drops logs that are older than 18 h or more than 2 h ahead", async () => {
    const hour = 3600_000;
    const at = (hours: number) => ({ message: `${hours} h`, service: "aged", timestamp: now + hours * hour });
    await send([at(-18.1), at(-17.9), at(1.9), at(2.1)]);
    const kept = await found("service:aged", { filter: { query: "service:aged", from: "now-2d", to: "now+1d" } });
    expect(kept.map((event: Reply["body"]) => event.attributes.message)).toEqual(["1.9 h", "-17.9 h"]);
  });

  test("turns a JSON message into attributes", async () => {
    await send([{ message: '{"message":"inner","a":{"b":7}}', service: "json" }]);
    expect((await found("service:json @a.b:7"))[0].attributes).toMatchObject({
      message: "inner",
      attributes: { a: { b: 7 } },
    });
  });
});

describe("processing", () => {
  const attributes = async (query: string) => (await found(query))[0].attributes;

  test("a log is processed by the pipelines whose filter matches, in their order", async () => {
    await api("POST", pipelinesPath, pipeline);
    await api("POST", pipelinesPath, {
      name: "Later",
      is_enabled: true,
      filter: { query: "@action:Read" },
      processors: [{ type: "status-remapper", is_enabled: true, sources: ["action"] }],
    });
    await api("POST", pipelinesPath, { ...pipeline, name: "Off", is_enabled: false });
    await send([
      { message: "user bob did Read", service: "parsed" },
      { message: "user bob did Read", service: "other" },
    ]);
    expect(await attributes("service:parsed @user:bob")).toMatchObject({
      message: "user bob did Read",
      attributes: { user: "bob", action: "Read" },
      status: "info",
    });
    expect((await attributes("service:other")).attributes).toEqual({});
  });

  test("a log is dropped if the date that a pipeline finds is too old", async () => {
    const rules = 'rule %{date("yyyy-MM-dd HH:mm"):date} %{data:text}';
    await api("POST", pipelinesPath, {
      name: "Dates",
      is_enabled: true,
      filter: { query: "service:dated" },
      processors: [
        { ...grokParser, samples: [], grok: { match_rules: rules } },
        { type: "date-remapper", is_enabled: true, sources: ["date"] },
      ],
    });
    await send([
      { message: "2026-11-24 05:30 kept", service: "dated" },
      { message: "2026-11-23 05:30 dropped", service: "dated" },
    ]);
    const kept = await found("service:dated", { filter: { query: "service:dated", from: "now-7d" } });
    expect(kept).toHaveLength(1);
    expect(kept[0].attributes).toMatchObject({ timestamp: "2026-11-24T05:30:00.000Z", attributes: { text: "kept" } });
  });
});

describe("search", () => {
  const line = (action: string, user: string, n: number) => ({
    message: `${user} did ${action}`,
    service: "searched",
    hostname: "nas",
    ddtags: "env:prod",
    timestamp: now - n * 1000,
    action,
    user,
    bytes: n * 100,
  });
  beforeAll(async () => {
    const lines = [
      line("Read", "admin", 1),
      line("Read", "bob", 2),
      line("Write", "admin", 3),
      line("Delete", "carol", 4),
    ];
    expect((await send(lines)).status).toBe(202);
  });
  const messages = async (query: string) =>
    (await found(query)).map((event: Reply["body"]) => event.attributes.message as string);

  test.each([
    ["service:searched", 4],
    ["service:searched @user:admin", 2],
    ["service:searched @user:a*", 2],
    ["service:searched -@user:admin", 2],
    ['service:searched "carol did Delete"', 1],
    ["service:searched env:prod host:nas read", 2],
    ["service:nobody", 0],
  ])("%s finds %d", async (query, count) => {
    expect(await messages(query)).toHaveLength(count);
  });

  test("returns the newest logs first, up to the limit", async () => {
    const events = await found("service:searched", { page: { limit: 3 } });
    expect(events.map((event: Reply["body"]) => event.attributes.message)).toEqual([
      "admin did Read",
      "bob did Read",
      "admin did Write",
    ]);
  });

  test("counts by facet, the most frequent first", async () => {
    const sort = { type: "measure", order: "desc", aggregation: "count" };
    const { body } = await api("POST", "/api/v2/logs/analytics/aggregate", {
      compute: [{ aggregation: "count" }],
      filter: { query: "service:searched" },
      group_by: [{ facet: "@action", limit: 2, sort }],
    });
    expect(body.data.buckets[0]).toEqual({ by: { "@action": "Read" }, computes: { c0: 2 } });
    expect(body.data.buckets).toHaveLength(2);
  });

  test("refuses unknown fields, invalid times and limits, and other computations", async () => {
    const path = "/api/v2/logs/events/search";
    expect((await api("POST", path, { filter: { q: "*" } })).status).toBe(400);
    expect((await api("POST", path, { filter: { from: "yesterday" } })).status).toBe(400);
    expect((await api("POST", path, { page: { limit: 1001 } })).status).toBe(400);
    const sum = { compute: [{ aggregation: "sum", metric: "@bytes" }], group_by: [{ facet: "@action" }] };
    expect((await api("POST", "/api/v2/logs/analytics/aggregate", sum)).status).toBe(400);
    expect(await api("GET", "/api/v2/nothing")).toEqual({
      status: 404,
      body: { errors: ["this stand-in does not know GET /api/v2/nothing"] },
    });
  });
});

test("the journals contain calls and bodies, and never a key", async () => {
  await send(gzipSync('[{"message":"journalled"}]'), { "content-encoding": "gzip" });
  await api("POST", pipelinesPath, pipeline);
  const journal = async (port: number) => (await call(`http://127.0.0.1:${port}/_lab/journal`, "GET")).body.at(-1);
  expect(await journal(servers.api.port)).toMatchObject({ method: "POST", path: pipelinesPath, request: pipeline });
  expect(await journal(servers.intake.port)).toMatchObject({ status: 202, request: [{ message: "journalled" }] });
  for (const file of [config.journalFile, config.intakeJournalFile]) {
    const text = readFileSync(file, "utf8");
    expect(text).not.toContain(config.apiKey);
    expect(text).not.toContain(config.appKey);
  }
});
