import { page } from "../../../commands/explorer";
import { facetsOf } from "../../../services/datadog/facets";
import { type DatadogServers, startDatadog } from "../../../services/datadog/main";
import { call } from "../../call";
import { datadogConfig } from "./config";
import { scratchFolder } from "../../scratch";

const config = datadogConfig(scratchFolder());
const keys = { "dd-api-key": config.apiKey, "dd-application-key": config.appKey };
const now = Date.parse("2026-11-24T06:00:00Z");
let servers: DatadogServers;

beforeAll(async () => {
  servers = await startDatadog(config, () => now);
  const log = (action: string, user: string, more: object = {}) => ({
    message: `${user}: ${action}`,
    service: "nas",
    hostname: "nas1",
    ddsource: "qnap",
    ddtags: "vendor:qnap,env:prod,alone",
    timestamp: now - 1000,
    action,
    usr: { name: user },
    ...more,
  });
  const logs = [
    log("Read", "admin", { bytes: 7, paths: ["a", "b", "a"] }),
    log("Read", "bob", { bytes: 0 }),
    log("Write", "admin", { cached: false, paths: [] }),
    log("Read", "admin", { timestamp: now - 3_600_000 }),
    { service: "other", timestamp: now, colour: "red", status: "warn" },
  ];
  const intake = `http://127.0.0.1:${servers.intake.port}/api/v2/logs`;
  expect((await call(intake, "POST", { headers: keys, body: logs })).status).toBe(202);
});
afterAll(async () => {
  await servers.api.close();
  await servers.intake.close();
});

const panel = (query: Record<string, string>, headers: Record<string, string> = keys) =>
  call(`http://127.0.0.1:${servers.api.port}/explorer/facets?${new URLSearchParams(query).toString()}`, "GET", {
    headers,
  });

test("the side panel lists each facet's most frequent values, and the number of values", async () => {
  const { status, body } = await panel({ query: "service:nas" });
  expect(status).toBe(200);
  const one = (facet: string, value: unknown, logs = 3) => ({
    facet,
    logs,
    cardinality: 1,
    top: [{ value, count: logs }],
  });
  expect(body).toEqual({
    logs: 3,
    facets: [
      one("service", "nas"),
      one("host", "nas1"),
      one("source", "qnap"),
      one("status", "info"),
      one("env", "prod"),
      one("vendor", "qnap"),
      {
        facet: "@action",
        logs: 3,
        cardinality: 2,
        top: [
          { value: "Read", count: 2 },
          { value: "Write", count: 1 },
        ],
      },
      {
        facet: "@bytes",
        logs: 2,
        cardinality: 2,
        top: [
          { value: 0, count: 1 },
          { value: 7, count: 1 },
        ],
      },
      one("@cached", false, 1),
      {
        facet: "@paths",
        logs: 1,
        cardinality: 2,
        top: [
          { value: "a", count: 1 },
          { value: "b", count: 1 },
        ],
      },
      {
        facet: "@usr.name",
        logs: 3,
        cardinality: 2,
        top: [
          { value: "admin", count: 2 },
          { value: "bob", count: 1 },
        ],
      },
    ],
  });
});

test("query and time select logs; a limit shortens the values but not their number", async () => {
  const facet = async (query: Record<string, string>, name: string) =>
    (await panel(query)).body.facets.find((each: { facet: string }) => each.facet === name);
  expect(await facet({ query: "@usr.name:bob" }, "@action")).toMatchObject({ logs: 1, cardinality: 1 });
  expect(await facet({ query: "@action:Read", from: "now-1d" }, "@usr.name")).toMatchObject({ logs: 3 });
  const all = await facet({ limit: "1" }, "service");
  expect(all).toEqual({ facet: "service", logs: 4, cardinality: 2, top: [{ value: "nas", count: 3 }] });
});

test("a call without both keys or with an invalid query is refused", async () => {
  expect((await panel({}, { "dd-api-key": config.apiKey })).status).toBe(403);
  for (const wrong of [{ query: "(" }, { from: "yesterday" }, { limit: "0" }, { colour: "red" }]) {
    expect((await panel(wrong as unknown as Record<string, string>)).status).toBe(400);
  }
});

test("the lab's page shows filter, facets, top actions and the newest lines", async () => {
  const { body } = await panel({ query: "service:nas" });
  expect(page("service:nas", body, ["bob: Read"]).split("\n")).toEqual([
    "service:nas, the past hour: 3 logs",
    "",
    "Facets: number of values, and the most frequent values with their number of logs",
    "  service        1  nas (3)",
    "  host           1  nas1 (3)",
    "  source         1  qnap (3)",
    "  status         1  info (3)",
    "  env            1  prod (3)",
    "  vendor         1  qnap (3)",
    "  @action        2  Read (2), Write (1)",
    "  @bytes         2  0 (1), 7 (1)",
    "  @cached        1  false (1)",
    "  @paths         2  a (1), b (1)",
    "  @usr.name      2  admin (2), bob (1)",
    "",
    "Top actions",
    "       2  ####################  Read",
    "       1  ##########            Write",
    "",
    "Newest",
    "  bob: Read",
  ]);
  expect(page("@a:b", { logs: 0, facets: [] }, [])).toBe("@a:b, the past hour: 0 logs");
});

test("the page shortens long values and long lists of values", () => {
  const logs = Array.from({ length: 6 }, (_, i) => ({
    id: `${i}`,
    message: "",
    timestamp: now,
    status: "info",
    tags: [],
    attributes: { file: `${i}/${"x".repeat(60)}` },
  }));
  const line = page("*", { logs: 6, facets: facetsOf(logs, 10) }, [])
    .split("\n")
    .at(-1);
  expect(line).toMatch(/^ {2}@file +6 {2}0\/x{37}… \(1\), 1\/x+… \(1\), 2\/x+… \(1\), 3\/x+… \(1\), …$/);
});
