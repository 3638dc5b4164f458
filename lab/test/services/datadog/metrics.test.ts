import { type DatadogServers, startDatadog } from "../../../services/datadog/main";
import { call } from "../../call";
import { datadogConfig } from "./config";
import { scratchFolder } from "../../scratch";

const config = datadogConfig(scratchFolder());
const keys = { "dd-api-key": config.apiKey, "dd-application-key": config.appKey };
const minute = 60_000;
let now = Date.parse("2026-11-24T06:30:05Z");
let servers: DatadogServers;

const start = async () => (servers = await startDatadog(config, () => now));
const stop = () => Promise.all([servers.api.close(), servers.intake.close()]);
beforeAll(start);
afterAll(async () => {
  await stop();
});
// Each test uses its own hour and its own metric.
let metric = 0;
beforeEach(() => {
  now += 60 * minute;
  metric++;
});

const api = (method: string, path: string, body?: unknown) =>
  call(`http://127.0.0.1:${servers.api.port}${path}`, method, { headers: keys, body });
const metrics = "/api/v2/logs/config/metrics";

async function define(change: object = {}): Promise<string> {
  const id = `nas.m${metric}`;
  const attributes = {
    compute: { aggregation_type: "count" },
    filter: { query: "service:nas @action:*" },
    group_by: [
      { path: "@action", tag_name: "action" },
      { path: "@user", tag_name: "user" },
    ],
    ...change,
  };
  expect((await api("POST", metrics, { data: { type: "logs_metrics", id, attributes } })).status).toBe(200);
  return id;
}

async function send(...logs: object[]): Promise<void> {
  const reply = await call(`http://127.0.0.1:${servers.intake.port}/api/v2/logs`, "POST", {
    headers: { "dd-api-key": config.apiKey },
    body: logs.map((log) => ({ service: "nas", timestamp: now, ...log })),
  });
  expect(reply.status).toBe(202);
}

function query(text: string, from = now - 30 * minute, to = now + minute) {
  const seconds = (time: number) => String(Math.floor(time / 1000));
  const asked = new URLSearchParams({ from: seconds(from), to: seconds(to), query: text });
  return api("GET", `/api/v1/query?${asked.toString()}`);
}

/** The sum of each series' points, by its tags. */
async function totals(text: string): Promise<Record<string, number>> {
  const { status, body } = await query(text);
  expect([text, status]).toEqual([text, 200]);
  const series = body.series as { tag_set: string[]; pointlist: [number, number][] }[];
  return Object.fromEntries(
    series.map(({ tag_set: tags, pointlist }) => [
      tags.join(","),
      pointlist.reduce((sum, [, value]) => sum + value, 0),
    ]),
  );
}

const read = { action: "Read", user: "admin" };
const failed = { action: "Login Fail", user: "OFFICE\\anna.lee" };

test("matching logs are counted by the metric's tags in Datadog's format", async () => {
  const id = await define();
  await send(read, read, failed, { action: "Read" }, { user: "admin" }, { ...read, service: "other" });
  await send(read);
  expect(await totals(`sum:${id}{*}.as_count()`)).toEqual({ "": 5 });
  expect(await totals(`sum:${id}{*} by {action}.as_count()`)).toEqual({ "action:login_fail": 1, "action:read": 4 });
  expect(await totals(`sum:${id}{*} by {action,user}`)).toEqual({
    "action:login_fail,user:office_anna.lee": 1,
    "action:read,user:N/A": 1,
    "action:read,user:admin": 3,
  });
  expect(await totals(`sum:${id}{user:admin, action:read}.as_count()`)).toEqual({ "": 3 });
  expect(await totals(`sum:${id}{action:Login Fail}`.replace(" ", "_"))).toEqual({ "": 1 });
  expect(await totals(`sum:${id}{!user:admin} by {action}`)).toEqual({ "action:login_fail": 1, "action:read": 1 });
  expect(await totals("sum:nas.nothing{*}")).toEqual({});
});

test("only logs that match the definition at their arrival count, also after a restart", async () => {
  await send(read);
  const id = await define();
  expect(await totals(`sum:${id}{*}`)).toEqual({});
  await send(read);
  const attributes = { filter: { query: "@action:Write" } };
  expect((await api("PATCH", `${metrics}/${id}`, { data: { type: "logs_metrics", attributes } })).status).toBe(200);
  await send(read, { ...read, action: "Write" });
  await stop();
  await start();
  const counted = { "action:read": 1, "action:write": 1 };
  expect(await totals(`sum:${id}{*} by {action}`)).toEqual(counted);
  await api("DELETE", `${metrics}/${id}`);
  await send({ ...read, action: "Write" });
  expect(await totals(`sum:${id}{*} by {action}`)).toEqual(counted);
});

test("a log counts at its own time, unless it is more than 20 minutes old", async () => {
  const id = await define();
  await send({ ...read, timestamp: now - 19 * minute }, { ...read, timestamp: now - 21 * minute }, read);
  const { body } = await query(`sum:${id}{*}.as_count().rollup(sum, 60)`);
  const start = (time: number) => Math.floor(time / minute) * minute;
  expect(body.series).toMatchObject([
    {
      metric: id,
      pointlist: [
        [start(now - 19 * minute), 1],
        [start(now), 1],
      ],
      interval: 60,
      aggr: "sum",
      tag_set: [],
      scope: "*",
    },
  ]);
  expect((await query(`sum:${id}{*}`, now - 5 * minute)).body.series[0].pointlist).toHaveLength(1);
});

test.each([
  ["sum", 17],
  ["avg", 4.25],
  ["min", -1],
  ["max", 9],
  ["count", 4],
])("the %s of a distribution is computed from the logs' numbers", async (aggregator, expected) => {
  const id = await define({ compute: { aggregation_type: "distribution", path: "@bytes" } });
  await send({ ...read, bytes: 9 }, { ...read, bytes: 4 }, { ...failed, bytes: "5" }, { ...read, bytes: "many" }, read);
  await send({ ...read, bytes: -1 });
  expect(await totals(`${aggregator}:${id}{*}.rollup(${aggregator}, 3600)`)).toEqual({ "": expected });
});

test.each([
  ["sum:nas.m{*} + sum:nas.n{*}"],
  ["top(sum:nas.m{*} by {action}, 5, 'mean', 'desc')"],
  ["p95:nas.m{*}"],
  ["sum:nas.m{user:a*}"],
  ["sum:nas.m{user:a OR user:b}"],
  ["sum:nas.m{user IN (a,b)}"],
  ["sum:nas.m{*}.as_rate()"],
  ["avg:nas.m{*}.as_count()"],
  ["avg:nas.m{*}.rollup(max, 60)"],
  ["sum:nas.m{*}.rollup(60)"],
  ["sum:nas.m{*}.fill(zero)"],
  ["sum:nas.m"],
  [""],
])("%j is refused as not supported", async (text) => {
  const { status, body } = await query(text);
  expect([status, body.errors]).toEqual([400, [expect.stringContaining("is not supported by this stand-in")]]);
});

test("a count has only a sum, and a query requires its times", async () => {
  const id = await define();
  await send(read);
  for (const aggregator of ["count", "avg", "min", "max"]) {
    expect((await query(`${aggregator}:${id}{*}`)).body.errors[0]).toContain("of a metric that counts logs");
  }
  expect((await query(`sum:${id}{*}`, now, now)).status).toBe(400);
  expect((await api("GET", `/api/v1/query?query=sum:${id}{*}`)).status).toBe(400);
});
