import { deflateSync } from "node:zlib";
import { type DatadogServers, startDatadog } from "../../../services/datadog/main";
import { call, type Reply } from "../../call";
import { scratchFolder } from "../../scratch";
import { datadogConfig } from "./config";

// Service checks and gauges of agents, and their monitors.

const config = datadogConfig(scratchFolder());
const second = 1000;
let now = Date.parse("2026-11-24T06:00:00Z");
const agent = { "dd-api-key": config.apiKey };
const keys = { ...agent, "dd-application-key": config.appKey };
let servers: DatadogServers;

const start = async () => (servers = await startDatadog(config, () => now));
const stop = () => Promise.all([servers.api.close(), servers.intake.close()]);
beforeAll(start);
afterAll(stop);
// each test has a separate time span, and the monitors ignore older results
beforeEach(() => (now += 48 * 3600 * second));

function api(method: string, path: string, body?: unknown, headers: Record<string, string> = keys): Promise<Reply> {
  return call(`http://127.0.0.1:${servers.api.port}${path}`, method, { headers, body });
}

const [OK, WARNING, CRITICAL] = [0, 1, 2];
const run = (host: string, status: number, change: object = {}) => ({
  check: "http.can_connect",
  host_name: "monitor",
  timestamp: now / second,
  status,
  message: "",
  tags: ["kube_control:kube-control.example.com", "watched_role:load-balancer", `watched_host:${host}`],
  ...change,
});
const submit = (...runs: object[]) => api("POST", "/api/v1/check_run", runs, agent);

/** Submits a result for each host, as the agent does every 15 s. */
async function round(statuses: Readonly<Record<string, number>>): Promise<void> {
  now += 15 * second;
  const reply = await submit(...Object.entries(statuses).map(([host, status]) => run(host, status)));
  expect(reply).toEqual({ status: 202, body: { status: "ok" } });
}

const scope = '"kube_control:kube-control.example.com","watched_role:load-balancer"';
const query = `"http.can_connect".over(${scope}).by("watched_host").last(3).count_by_status()`;
/** As the official plugin sends it. */
const monitor = (change: object = {}, options: object = {}) => ({
  draft_status: "published",
  message: "M",
  name: "N",
  options: {
    include_tags: true,
    new_host_delay: 300,
    no_data_timeframe: 10,
    notify_no_data: false,
    renotify_interval: 60,
    renotify_statuses: null,
    require_full_window: true,
    thresholds: { critical: 2, warning: 2, ok: 2 },
    ...options,
  },
  priority: 2,
  query,
  restricted_roles: null,
  tags: ["a:b"],
  type: "service check",
  ...change,
});

async function watch(change: object = {}, options: object = {}) {
  const made = await api("POST", "/api/v1/monitor", monitor(change, options));
  expect(made.status).toBe(200);
  const read = async () => (await api("GET", `/api/v1/monitor/${made.body.id}?group_states=all`)).body;
  return {
    state: async () => (await read()).overall_state as string,
    groups: async () => {
      const groups = Object.values<{ name: string; status: string }>((await read()).state.groups);
      return Object.fromEntries(groups.map(({ name, status }) => [name, status]));
    },
  };
}

describe("a service check monitor", () => {
  test("is stored as it was sent, and has no data without a result", async () => {
    const made = await api("POST", "/api/v1/monitor", monitor());
    expect(made).toMatchObject({
      status: 200,
      body: { ...monitor(), multi: true, overall_state: "No Data", state: { groups: {} } },
    });
    await stop();
    await start();
    expect((await api("GET", `/api/v1/monitor/${made.body.id}`)).body).toMatchObject(monitor());
    await api("DELETE", `/api/v1/monitor/${made.body.id}`);
  });

  test("alerts only for the host that failed twice in a row, and recovers after two successes", async () => {
    const { state, groups } = await watch();
    await round({ lb1: OK, lb2: OK });
    await round({ lb1: CRITICAL, lb2: OK });
    expect(await state()).toBe("OK");
    await round({ lb1: OK, lb2: OK });
    await round({ lb1: CRITICAL, lb2: OK });
    expect(await state()).toBe("OK");
    await round({ lb1: CRITICAL, lb2: OK });
    expect(await state()).toBe("Alert");
    expect(await groups()).toEqual({ "watched_host:lb1": "Alert", "watched_host:lb2": "OK" });
    await round({ lb1: OK, lb2: OK });
    expect(await state()).toBe("Alert");
    await round({ lb1: OK, lb2: OK });
    expect(await state()).toBe("OK");
  });

  test("does not count results of another stack, role or check", async () => {
    const { groups } = await watch();
    await round({ lb1: OK });
    for (const change of [
      { tags: ["kube_control:other.example.com", "watched_role:load-balancer", "watched_host:lb1"] },
      { tags: ["kube_control:kube-control.example.com", "watched_role:api-server", "watched_host:lb1"] },
      { tags: ["kube_control:kube-control.example.com", "watched_role:load-balancer"] },
      { check: "tcp.can_connect" },
    ]) {
      await submit(...[0, 1, 2].map(() => run("lb1", CRITICAL, change)));
    }
    expect(await groups()).toEqual({ "watched_host:lb1": "OK" });
  });

  test("warns after warnings, and is not changed by an unknown status", async () => {
    const { state } = await watch();
    await round({ lb1: OK });
    for (const [status, expected] of [
      [WARNING, "OK"],
      [WARNING, "Warn"],
      [3, "Warn"],
      [3, "Warn"],
    ] as const) {
      await round({ lb1: status });
      expect([status, await state()]).toEqual([status, expected]);
    }
  });

  test("reports missing results only with notify_no_data", async () => {
    const [loud, quiet] = [await watch({}, { notify_no_data: true, no_data_timeframe: 5 }), await watch()];
    await round({ lb1: OK });
    await round({ lb1: OK });
    now += 4 * 60 * second;
    expect([await loud.state(), await quiet.state()]).toEqual(["OK", "OK"]);
    now += 2 * 60 * second;
    expect([await loud.state(), await quiet.state()]).toEqual(["No Data", "OK"]);
  });

  test.each<[string, object, string]>([
    [
      "another form",
      monitor({ query: '"http.can_connect".over("*").last(3).count_by_status()' }),
      "this stand-in knows",
    ],
    [
      "a window below the threshold",
      monitor({ query: query.replace("last(3)", "last(1)") }),
      "Last field should be larger",
    ],
    ["too long a window", monitor({ query: query.replace("last(3)", "last(101)") }), "1 to 100 results"],
    ["a log query", monitor({ query: 'logs("a").index("*").rollup("count").last("5m") >= 3' }), "this stand-in knows"],
    ["a threshold that is not a count", monitor({}, { thresholds: { critical: 0.5 } }), "thresholds.critical"],
    ["an option of log alerts", monitor({}, { on_missing_data: "default" }), "on_missing_data"],
    ["an unknown type", monitor({ type: "event alert" }), "type"],
  ])("with %s is refused", async (_what, body, detail) => {
    const reply = await api("POST", "/api/v1/monitor", body);
    expect(reply.status).toBe(400);
    expect(JSON.stringify(reply.body.errors)).toContain(detail);
  });
});

describe("a monitor of a metric", () => {
  const metric = "system.disk.directory.file.modified_sec_ago";
  const tags = ["kube_control:kube-control.example.com", "watched_role:backup"];
  const ageQuery = `min(last_15m):min:${metric}{${tags.join(",")}} > 3600`;
  const options = {
    thresholds: { critical: 3600 },
    require_full_window: false,
    notify_no_data: true,
    no_data_timeframe: 60,
  };
  const watchAge = () => watch({ type: "query alert", query: ageQuery }, options);

  /** Submits the age of a file of each master, in seconds. */
  async function ages(values: Readonly<Record<string, number>>, change: object = {}): Promise<void> {
    now += 60 * second;
    const series = Object.entries(values).map(([file, value]) => ({
      ...{ metric, type: 3, points: [{ timestamp: now / second, value }], tags: [...tags, `filename:${file}`] },
      ...change,
    }));
    expect((await api("POST", "/api/v2/series", { series }, agent)).status).toBe(202);
  }

  test("alerts when every value of the time span is above the threshold, and recovers with one below", async () => {
    const { state } = await watchAge();
    await ages({ master1: 7000, master2: 60 });
    expect(await state()).toBe("OK");
    now += 15 * 60 * second;
    await ages({ master1: 8000, master2: 4000 });
    expect(await state()).toBe("Alert");
    await ages({ master1: 30, master2: 4060 });
    expect(await state()).toBe("OK");
  });

  test("reports missing values after its time limit", async () => {
    const { state } = await watchAge();
    expect(await state()).toBe("No Data");
    await ages({ master1: 60 });
    now += 30 * 60 * second;
    expect(await state()).toBe("OK");
    now += 40 * 60 * second;
    expect(await state()).toBe("No Data");
  });

  test("does not count values of another stack or role", async () => {
    const { state } = await watchAge();
    await ages({ master1: 60 }, { tags: ["kube_control:other.example.com", "watched_role:backup"] });
    await ages({ master1: 60 }, { tags: [tags[0], "watched_role:name"] });
    expect(await state()).toBe("No Data");
  });

  test.each([
    ["another threshold than its query", ageQuery, { critical: 60 }, "does not match that used in the query"],
    ["another form", `avg(last_15m):avg:${metric}{*} > 3600`, { critical: 3600 }, "this stand-in knows"],
  ])("with %s is refused", async (_what, of, thresholds, detail) => {
    const reply = await api(
      "POST",
      "/api/v1/monitor",
      monitor({ type: "query alert", query: of }, { ...options, thresholds }),
    );
    expect(reply.status).toBe(400);
    expect(JSON.stringify(reply.body.errors)).toContain(detail);
  });
});

describe("submissions", () => {
  test("need only the API key", async () => {
    expect((await api("POST", "/api/v1/check_run", [], {})).status).toBe(401);
    expect((await api("POST", "/api/v1/check_run", [], { "dd-api-key": "x" })).status).toBe(403);
    expect((await submit()).status).toBe(202);
  });

  test("may be compressed as the real agent compresses them", async () => {
    const { groups } = await watch();
    const body = deflateSync(JSON.stringify([run("lb9", OK)]));
    expect((await api("POST", "/api/v1/check_run", body, { ...agent, "content-encoding": "deflate" })).status).toBe(
      202,
    );
    expect(await groups()).toEqual({ "watched_host:lb9": "OK" });
  });

  test("are not in the journal", async () => {
    await submit(run("lb1", OK));
    const entries = (await call(`http://127.0.0.1:${servers.api.port}/_lab/journal`, "GET")).body as { path: string }[];
    expect(entries.filter(({ path }) => path === "/api/v1/check_run")).toHaveLength(2);
    expect(entries.length).toBeGreaterThan(2);
  });

  test.each<[string, string, unknown, string]>([
    ["an invalid status", "/api/v1/check_run", [{ check: "a", host_name: "h", status: 4 }], "status"],
    ["an unknown field", "/api/v1/check_run", [{ check: "a", host_name: "h", status: 0, colour: "red" }], "colour"],
    [
      "a count",
      "/api/v2/series",
      { series: [{ metric: "a", type: 1, points: [{ timestamp: 1, value: 1 }] }] },
      "gauges",
    ],
    ["a series without a point", "/api/v2/series", { series: [{ metric: "a", type: 3, points: [] }] }, "points"],
  ])("with %s are refused", async (_what, path, body, detail) => {
    const reply = await api("POST", path, body, agent);
    expect(reply.status).toBe(400);
    expect(JSON.stringify(reply.body.errors)).toContain(detail);
  });

  test("of gauges are found by a query of the metric, with their host", async () => {
    const points = [30.5, 29.5].map((value, index) => ({ timestamp: now / second + 15 * index, value }));
    const resources = [{ type: "host", name: "monitor" }];
    const series = [{ metric: "tls.days_left", type: 3, points, resources, tags: ["watched_host:m1"] }];
    expect((await api("POST", "/api/v2/series", { series }, agent)).status).toBe(202);
    const asked = (query: string) => {
      const parameters = new URLSearchParams({ from: `${now / second}`, to: `${now / second + 60}`, query });
      return api("GET", `/api/v1/query?${parameters.toString()}`);
    };
    const { body } = await asked("min:tls.days_left{host:monitor} by {watched_host}");
    expect(body.series).toMatchObject([{ tag_set: ["watched_host:m1"] }]);
    expect((body.series[0].pointlist as [number, number][]).map(([, value]) => value)).toEqual([30.5, 29.5]);
    expect((await asked("sum:tls.days_left{*}")).status).toBe(400);
  });
});
