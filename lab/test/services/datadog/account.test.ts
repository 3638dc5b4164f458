import { writeFileSync } from "node:fs";
import { qnapPipeline } from "../../../../components/datadog-log-pipeline";
import { dashboardJson } from "../../../../components/datadog-log-pipeline/dashboard";
import { monitorQuery } from "../../../../components/datadog-log-pipeline/monitors";
import { type DatadogServers, startDatadog } from "../../../services/datadog/main";
import { call, type Reply } from "../../call";
import { datadogConfig } from "./config";
import { scratchFolder } from "../../scratch";

const config = datadogConfig(scratchFolder());
const minute = 60_000;
let now = Date.parse("2026-11-24T06:00:00Z");
const keys = { "dd-api-key": config.apiKey, "dd-application-key": config.appKey };
const [pipelines, metrics, dashboards, monitors] = [
  "/api/v1/logs/config/pipelines",
  "/api/v2/logs/config/metrics",
  "/api/v1/dashboard",
  "/api/v1/monitor",
];
let servers: DatadogServers;

function api(method: string, path: string, body?: unknown, headers: Record<string, string> = keys): Promise<Reply> {
  return call(`http://127.0.0.1:${servers.api.port}${path}`, method, { headers, body });
}

const start = async () => (servers = await startDatadog(config, () => now));
const stop = () => Promise.all([servers.api.close(), servers.intake.close()]);
beforeAll(async () => {
  // The state file of an earlier version, which had only pipelines.
  writeFileSync(config.stateFile, JSON.stringify([{ id: "old", type: "pipeline", name: "Old", processors: [] }]));
  await start();
});
afterAll(async () => {
  await stop();
});

const { filter, dashboard, monitors: watched = [] } = qnapPipeline({ agentHost: "monitor" });
const metric = (change: object = {}, attributes: object = {}) => ({
  data: {
    type: "logs_metrics",
    id: "nas.actions",
    attributes: {
      compute: { aggregation_type: "count" },
      filter: { query: "service:nas" },
      group_by: [{ path: "@action", tag_name: "action" }],
      ...attributes,
    },
    ...change,
  },
});
const board = (change: object = {}) => ({ ...(JSON.parse(dashboardJson(filter, dashboard!)) as object), ...change });
/** As the official plugin sends it. */
const monitor = (change: object = {}, options: object = {}) => ({
  draft_status: "published",
  message: "M",
  name: "N",
  options: {
    enable_logs_sample: true,
    include_tags: true,
    new_host_delay: 300,
    notify_no_data: false,
    on_missing_data: "default",
    renotify_statuses: null,
    require_full_window: false,
    thresholds: { critical: 3 },
    ...options,
  },
  priority: 2,
  query: 'logs("service:nas").index("*").rollup("count").last("5m") >= 3',
  restricted_roles: null,
  tags: ["service:nas"],
  type: "log alert",
  ...change,
});

test("pipelines of an old state file are kept, and all objects survive a restart", async () => {
  await api("POST", metrics, metric());
  const { id } = (await api("POST", dashboards, board())).body;
  const { id: watching } = (await api("POST", monitors, monitor())).body;
  await stop();
  await start();
  expect((await api("GET", `${pipelines}/old`)).body).toMatchObject({ name: "Old" });
  expect((await api("GET", `${metrics}/nas.actions`)).status).toBe(200);
  expect((await api("GET", `${dashboards}/${id}`)).status).toBe(200);
  expect((await api("GET", `${monitors}/${watching}`)).status).toBe(200);
  await api("DELETE", `${metrics}/nas.actions`);
  await api("DELETE", `${dashboards}/${id}`);
  await api("DELETE", `${monitors}/${watching}`);
});

test("every path requires both keys", async () => {
  const paths = [metrics, `${metrics}/a`, dashboards, `${dashboards}/a`, monitors, `${monitors}/1`];
  for (const path of paths) {
    const forbidden = { status: 403, body: { errors: ["Forbidden"] } };
    expect(await api("POST", path, {}, { "dd-api-key": config.apiKey })).toEqual(forbidden);
  }
});

test("a monitor whose query is no longer supported is kept with the state No Data", async () => {
  await stop();
  const query = 'logs("a").index("*").rollup("avg", "@n").last("5m") > 3';
  writeFileSync(config.stateFile, JSON.stringify({ monitors: [{ id: 7, type: "log alert", name: "Old", query }] }));
  await start();
  expect((await api("GET", monitors)).body).toMatchObject([{ id: 7, overall_state: "No Data" }]);
  await api("DELETE", `${monitors}/7`);
});

describe("metrics", () => {
  test("are created, read, listed, changed and deleted", async () => {
    expect(await api("POST", metrics, metric())).toEqual({ status: 200, body: metric() });
    expect((await api("POST", metrics, metric())).status).toBe(409);
    expect((await api("GET", metrics)).body).toEqual({ data: [metric().data] });
    const attributes = { compute: {}, filter: { query: "service:b" }, group_by: [] };
    const changed = await api("PATCH", `${metrics}/nas.actions`, { data: { type: "logs_metrics", attributes } });
    const after = { data: metric({}, { filter: { query: "service:b" }, group_by: [] }).data };
    expect(changed).toEqual({ status: 200, body: after });
    expect((await api("GET", `${metrics}/nas.actions`)).body).toEqual(after);
    expect((await api("DELETE", `${metrics}/nas.actions`)).status).toBe(204);
    const gone = { status: 404, body: { errors: ["not_found(Metric with name 'nas.actions' not found)"] } };
    for (const method of ["GET", "DELETE"]) expect(await api(method, `${metrics}/nas.actions`)).toEqual(gone);
  });

  test.each<[string, unknown, string]>([
    ["a body that is not JSON", "{", "no JSON"],
    ["an unknown field", metric({ colour: "red" }), "colour"],
    ["an unknown nested field", metric({}, { colour: "red" }), "colour"],
    ["another type", metric({ type: "metrics" }), "data.type"],
    ["an invalid name", metric({ id: "a-b" }), "no metric's name"],
    ["an invalid search", metric({}, { filter: { query: "(" } }), "cannot be read"],
    ["a count of a path", metric({}, { compute: { aggregation_type: "count", path: "@a" } }), "path"],
    ["a distribution without a path", metric({}, { compute: { aggregation_type: "distribution" } }), "path"],
    ["a group without a tag", metric({}, { group_by: [{ path: "@a" }] }), "tag_name"],
  ])("%s is refused", async (_what, body, detail) => {
    const reply = await api("POST", metrics, body);
    expect(reply.status).toBe(400);
    expect(JSON.stringify(reply.body.errors)).toContain(detail);
    expect((await api("GET", metrics)).body).toEqual({ data: [] });
  });

  test("a change of the computation is refused", async () => {
    await api("POST", metrics, metric());
    const attributes = { compute: { aggregation_type: "distribution" } };
    const reply = await api("PATCH", `${metrics}/nas.actions`, { data: { type: "logs_metrics", attributes } });
    expect(reply.status).toBe(400);
    await api("DELETE", `${metrics}/nas.actions`);
  });
});

describe("dashboards", () => {
  test("are created, read, listed, replaced and deleted", async () => {
    const made = await api("POST", dashboards, board());
    expect(made).toMatchObject({ status: 200, body: { ...board(), author_handle: "lab@example.com" } });
    const { id, url, widgets } = made.body;
    expect(id).toMatch(/^[a-z0-9]{3}-[a-z0-9]{3}-[a-z0-9]{3}$/);
    expect(url).toBe(`/dashboard/${id}/qnap-nas-qnap-nas`);
    for (const widget of widgets) expect(widget.id).toEqual(expect.any(Number));
    expect((await api("GET", `${dashboards}/${id}`)).body).toEqual(made.body);
    expect((await api("GET", dashboards)).body.dashboards).toMatchObject([{ id, url, layout_type: "ordered" }]);
    const replaced = await api("PUT", `${dashboards}/${id}`, board({ title: "Later", widgets: [] }));
    expect(replaced.body).toMatchObject({ id, title: "Later", widgets: [], created_at: made.body.created_at });
    expect((await api("DELETE", `${dashboards}/${id}`)).body).toEqual({ deleted_dashboard_id: id });
    for (const method of ["GET", "DELETE"]) {
      expect(await api(method, `${dashboards}/${id}`)).toEqual({
        status: 404,
        body: { errors: [`Dashboard with ID ${id} not found`] },
      });
    }
  });

  const widget = (definition: object, layout: object = { x: 0, y: 0, width: 4, height: 4 }) =>
    board({ widgets: [{ definition, layout }] });
  const check = { type: "check_status", title: "C", check: "a", grouping: "cluster", group_by: [], tags: [] };
  test.each<[string, unknown, string]>([
    ["no title", board({ title: undefined }), "title"],
    ["an unknown field", board({ is_read_only: false }), "is_read_only"],
    ["a free layout", board({ layout_type: "free" }), "layout_type"],
    ["an unknown widget", widget({ type: "magic" }), "widgets.0.definition.type"],
    ["an unknown field of a widget", widget({ ...check, colour: "red" }), "colour"],
    ["a widget beyond the edge", widget(check, { x: 9, y: 0, width: 4, height: 4 }), "twelfth column"],
    ["a widget without a layout", board({ widgets: [{ definition: check }] }), "layout"],
    ["a layout that is not fixed", board({ reflow_type: "auto" }), "reflow_type"],
    [
      "an invalid search",
      widget({
        type: "list_stream",
        title: "L",
        requests: [
          {
            response_format: "event_list",
            query: { data_source: "logs_stream", query_string: "(", indexes: [], storage: "hot" },
            columns: [{ field: "content", width: "auto" }],
          },
        ],
      }),
      "cannot be read",
    ],
  ])("%s is refused", async (_what, body, detail) => {
    const reply = await api("POST", dashboards, body);
    expect(reply.status).toBe(400);
    expect(JSON.stringify(reply.body.errors)).toContain(detail);
  });
});

describe("monitors", () => {
  test("are created, read, listed, replaced and deleted", async () => {
    expect((await api("GET", monitors)).body).toEqual([]);
    const made = await api("POST", monitors, monitor());
    expect(made).toMatchObject({ status: 200, body: { ...monitor(), multi: false, overall_state: "OK" } });
    const { id } = made.body;
    expect((await api("GET", monitors)).body).toMatchObject([{ id }]);
    const query = 'logs("service:nas").index("*").rollup("count").by("host").last("5m") >= 3';
    const replaced = await api("PUT", `${monitors}/${id}`, monitor({ id, name: "Later", query }));
    expect(replaced).toMatchObject({ status: 200, body: { id, name: "Later", multi: true } });
    expect((await api("DELETE", `${monitors}/${id}`)).body).toEqual({ deleted_monitor_id: id });
    for (const path of [`${monitors}/${id}`, `${monitors}/x`]) {
      expect(await api("GET", path)).toEqual({ status: 404, body: { errors: ["Monitor not found"] } });
    }
  });

  const query = (text: string) => monitor({ query: text });
  test.each<[string, unknown, string]>([
    ["a body that is not JSON", "{", "no JSON"],
    ["no query", monitor({ query: undefined }), "query"],
    ["an unknown field", monitor({ colour: "red" }), "colour"],
    ["an unknown option", monitor({}, { colour: "red" }), "colour"],
    ["a wrong type", monitor({}, { notify_no_data: "false" }), "notify_no_data"],
    ["another kind of monitor", monitor({ type: "metric alert" }), "type"],
    ["an invalid priority", monitor({ priority: 6 }), "priority"],
    ["another threshold", monitor({}, { thresholds: { critical: 4 } }), "does not match that used in the query (3)"],
    ["an unsupported reaction to missing data", monitor({}, { on_missing_data: "resolve" }), "on_missing_data"],
    ["a query of a metric", query("avg(last_5m):avg:system.load.1{*} > 3"), "this stand-in knows logs("],
    ["no time span", query('logs("a").index("*").rollup("count") >= 3'), "this stand-in knows logs("],
    ["too long a time span", query('logs("a").index("*").rollup("count").last("2881m") >= 3'), "1 to 2880 minutes"],
    ["an invalid search", query('logs("(").index("*").rollup("count").last("5m") >= 3'), "column"],
    ["another rollup", query('logs("a").index("*").rollup("sum", "@b").last("5m") >= 3'), "this stand-in knows logs("],
    [
      "too many groups",
      query('logs("a").index("*").rollup("count").by("@a,@b,@c,@d,@e").last("5m") >= 3'),
      "at most 4 facets",
    ],
    ["no comparison", query('logs("a").index("*").rollup("count").last("5m")'), "this stand-in knows logs("],
  ])("%s is refused", async (_what, body, detail) => {
    const reply = await api("POST", monitors, body);
    expect(reply.status).toBe(400);
    expect(JSON.stringify(reply.body.errors)).toContain(detail.replaceAll('"', '\\"'));
    expect((await api("GET", monitors)).body).toEqual([]);
  });
});

describe("a monitor's state", () => {
  const send = (logs: object[]) =>
    call(`http://127.0.0.1:${servers.intake.port}/api/v2/logs`, "POST", {
      headers: { "dd-api-key": config.apiKey },
      body: logs.map((log) => ({ service: "nas", timestamp: now, ...log })),
    });
  async function watch(query: string) {
    const critical = Number(/\S+$/.exec(query)![0]);
    const made = await api("POST", monitors, monitor({ query }, { thresholds: { critical } }));
    expect(made.status).toBe(200);
    return async () => (await api("GET", `${monitors}/${made.body.id}`)).body.overall_state as string;
  }
  // Each test uses its own hour.
  beforeEach(() => (now += 60 * minute));
  afterAll(async () => {
    for (const { id } of (await api("GET", monitors)).body) await api("DELETE", `${monitors}/${id}`);
  });

  test("depends on the number of matching logs in the time span", async () => {
    const state = await watch('logs("service:nas @a:x").index("*").rollup("count").last("5m") >= 3');
    expect(await state()).toBe("OK");
    await send([{ a: "x" }, { a: "y" }, { a: "x", service: "other" }]);
    now += minute;
    expect(await state()).toBe("OK");
    await send([{ a: "x" }, { a: "x" }]);
    expect(await state()).toBe("Alert");
    now += 5 * minute;
    expect(await state()).toBe("OK");
  });

  test("is that of the worst group", async () => {
    const state = await watch('logs("service:nas").index("*").rollup("count").by("@ip,host").last("5m") > 1');
    expect(await state()).toBe("OK");
    const [a, b] = [
      { ip: "10.0.0.1", hostname: "n" },
      { ip: "10.0.0.2", hostname: "n" },
    ];
    await send([a, b, { hostname: "n" }, { hostname: "n" }]);
    expect(await state()).toBe("OK");
    await send([a]);
    expect(await state()).toBe("Alert");
  });

  test("is computed with a count of 0 if there are no logs", async () => {
    const state = await watch('logs("service:nas").index("*").rollup("count").last("5m") < 1');
    await send([{ a: "x" }]);
    expect(await state()).toBe("OK");
    now += 6 * minute;
    expect(await state()).toBe("Alert");
  });

  test("is Alert for failed logins, a disk, silence and a line that no rule matches", async () => {
    const pipeline = { name: "P", is_enabled: true, filter: { query: filter }, processors: [] };
    await api("POST", pipelines, pipeline);
    const states = Object.fromEntries(
      await Promise.all(watched.map(async (each) => [each.key, await watch(monitorQuery(filter, each))] as const)),
    );
    const alerts = async () => {
      const seen = await Promise.all(Object.entries(states).map(async ([key, state]) => [key, await state()] as const));
      return seen.filter(([, state]) => state !== "OK");
    };
    const failed = { service: "qnap-nas", action: "Login Fail", source_ip: "10.0.0.9", status: "warn" };
    await send([{ service: "qnap-nas", action: "Read" }, ...Array<object>(4).fill(failed)]);
    expect(await alerts()).toEqual([]);
    await send([failed]);
    expect(await alerts()).toEqual([["failed-logins", "Alert"]]);
    await send([{ service: "qnap-nas", msg: "Disk 2", message: "Disk 2: rapid test failed", status: "warn" }]);
    expect(await alerts()).toEqual([
      ["failed-logins", "Alert"],
      ["hardware", "Alert"],
    ]);
    now += 61 * minute;
    expect(await alerts()).toEqual([["silent", "Alert"]]);
    await send([{ service: "qnap-nas", message: "a line of no rule" }]);
    expect(await alerts()).toEqual([["unread", "Alert"]]);
  });
});
