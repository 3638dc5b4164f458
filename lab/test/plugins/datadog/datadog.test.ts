import { checkMonitorArgs, checkMonitors } from "../../../../components/control-plane-watch/monitors";
import { controlPlaneWidgets } from "../../../../components/control-plane-watch";
import { qnapPipeline } from "../../../../components/datadog-log-pipeline";
import { dashboardJson } from "../../../../components/datadog-log-pipeline/dashboard";
import { metricArgs } from "../../../../components/datadog-log-pipeline/metrics";
import { monitorArgs } from "../../../../components/datadog-log-pipeline/monitors";
import { unknown, type Properties } from "../../../plugins/protocol/value";
import { DatadogAccount, keys } from "./account";

const types = {
  metric: "datadog:index/logsMetric:LogsMetric",
  dashboard: "datadog:index/dashboardJson:DashboardJson",
  monitor: "datadog:index/monitor:Monitor",
} as const;
const account = new DatadogAccount();

const metric: Properties = {
  name: "nas.actions",
  compute: { aggregationType: "count" },
  filter: { query: "service:nas" },
  groupBies: [
    { path: "@action", tagName: "action" },
    { path: "@user", tagName: "user" },
  ],
};
const monitor: Properties = {
  name: "N",
  type: "log alert",
  query: 'logs("service:nas").index("*").rollup("count").last("5m") >= 3',
  message: "M",
  monitorThresholds: { critical: "3" },
  onMissingData: "default",
  requireFullWindow: false,
  enableLogsSample: true,
  tags: ["b:2", "a:1"],
  validate: false,
};
const board = { title: "D", layout_type: "ordered", notify_list: ["b@x.y", "a@x.y"], widgets: [] };
const dashboard: Properties = { dashboard: JSON.stringify(board) };
const serviceCheck: Properties = {
  name: "N",
  type: "service check",
  query: '"http.can_connect".over("a:b").by("watched_host").last(3).count_by_status()',
  message: "M",
  monitorThresholds: { critical: "2", warning: "2", ok: "2" },
  notifyNoData: true,
  noDataTimeframe: 5,
  renotifyInterval: 60,
  tags: ["a:b"],
  validate: false,
};
const of = { stack: "dev", fqdn: "kube-control.example.com" };
const {
  filter,
  metrics = [],
  monitors = [],
  dashboard: drawn,
} = qnapPipeline({ agentHost: "monitor", widgets: controlPlaneWidgets(of) });
const ofTheProgram: [string, keyof typeof types, Properties][] = [
  ...metrics.map((each) => [each.name, "metric", metricArgs(filter, each)] as [string, "metric", any]),
  ...monitors.map((each): [string, "monitor", any] => [
    each.name,
    "monitor",
    monitorArgs({ filter, notify: ["@slack-ops"], tags: ["service:qnap-nas"] }, each),
  ]),
  ...checkMonitors({ of, agentHost: "monitor" }).map((each): [string, "monitor", any] => [
    each.name,
    "monitor",
    checkMonitorArgs(of, ["@slack-ops"], each),
  ]),
  [drawn!.title, "dashboard", { dashboard: dashboardJson(filter, drawn!) }],
];

const checked = (kind: keyof typeof types, given: Properties) => account.checked(types[kind], given);

describe("check", () => {
  test.each<[keyof typeof types, Properties, string, RegExp]>([
    ["metric", { ...metric, name: null }, "name", /missing required/],
    ["metric", { ...metric, compute: { aggregationType: "sum" } }, "compute.aggregationType", /count, distribution/],
    ["metric", { ...metric, groupBy: [] }, "groupBy", /unknown property/],
    ["dashboard", {}, "dashboard", /missing required/],
    ["dashboard", { ...dashboard, dashboardLists: [1] }, "dashboardLists", /unknown property/],
    ["monitor", { ...monitor, query: null }, "query", /missing required/],
    ["monitor", { ...monitor, type: "metric alert" }, "type", /one of log alert, service check/],
    ["monitor", { ...monitor, priority: 1 }, "priority", /expected a string/],
    ["monitor", { ...monitor, monitorThresholds: { critical: 3 } }, "monitorThresholds.critical", /a string/],
    ["monitor", { ...monitor, onMissingData: "alert" }, "onMissingData", /one of default/],
    ["monitor", { ...monitor, validate: true }, "validate", /does not call the API at a preview/],
    ["monitor", { ...monitor, restrictedRoles: ["r"] }, "restrictedRoles", /unknown property/],
  ])("of a %s refuses %j", async (kind, given, property, reason) => {
    const { failures } = await account.plugin.check(types[kind], given);
    expect(failures).toEqual({ [property]: expect.stringMatching(reason) as string });
  });

  test("accepts unknown values", async () => {
    await checked("metric", { ...metric, filter: unknown, groupBies: [unknown] });
    await checked("dashboard", { dashboard: unknown });
    await checked("monitor", { ...monitor, query: unknown, monitorThresholds: unknown });
  });
});

describe("against the stand-in for Datadog's API", () => {
  const get = (path: string) => account.api("GET", path);
  beforeEach(() => account.connect(account.url));

  test.each(ofTheProgram)(
    "a resource of kube-control is created and read without a difference: %s",
    async (_n, kind, args) => {
      const type = types[kind];
      const given = await checked(kind, args);
      const { id, state } = await account.plugin.create(type, given);
      expect((await account.plugin.diff(type, state, given)).changed).toBe(false);
      const found = await account.plugin.read(type, id, state, given);
      expect(found).toMatchObject({ id, state });
      expect((await account.plugin.diff(type, found.state, given)).changed).toBe(false);
      expect((await account.plugin.diff(type, found.state, found.inputs)).changed).toBe(false);
      const updated = await account.plugin.update(type, id, state, given);
      expect(updated).toEqual(state);
      await account.plugin.delete(type, id, state);
      expect((await account.plugin.read(type, id, state, given)).id).toBe("");
      await account.plugin.delete(type, id, state);
    },
  );

  test("a metric is updated, and replaced if its computation changes", async () => {
    const given = await checked("metric", metric);
    const { id, state } = await account.plugin.create(types.metric, given);
    expect(id).toBe("nas.actions");
    const groups = [...(metric["groupBies"] as Properties[])].reverse();
    const turned = await checked("metric", { ...metric, groupBies: groups });
    expect((await account.plugin.diff(types.metric, state, turned)).changed).toBe(false);
    const later = await checked("metric", { ...metric, filter: { query: "service:b" }, groupBies: [] });
    expect((await account.plugin.diff(types.metric, state, later)).details).toEqual({
      "filter.query": "UPDATE",
      "groupBies[0]": "DELETE",
      "groupBies[1]": "DELETE",
    });
    await account.plugin.update(types.metric, id, state, later);
    expect((await get(`/api/v2/logs/config/metrics/${id}`)).body.data.attributes).toEqual({
      compute: { aggregation_type: "count" },
      filter: { query: "service:b" },
      group_by: [],
    });
    const values = await checked("metric", { ...metric, compute: { aggregationType: "distribution", path: "@n" } });
    expect((await account.plugin.diff(types.metric, state, values)).details).toEqual({
      "compute.aggregationType": "UPDATE_REPLACE",
      "compute.path": "ADD_REPLACE",
    });
    await account.plugin.delete(types.metric, id, state);
  });

  test("a dashboard's drift is found; the format of its JSON is not a difference", async () => {
    const given = await checked("dashboard", dashboard);
    const { id, state } = await account.plugin.create(types.dashboard, given);
    expect(state["url"]).toBe(`/dashboard/${id}/d`);
    const { widgets, ...rest } = board;
    const written = JSON.stringify({ widgets, id: "x", ...rest, description: null, template_variables: [] }, null, 2);
    expect((await account.plugin.diff(types.dashboard, state, { dashboard: written })).changed).toBe(false);
    const titled = { dashboard: JSON.stringify({ ...board, title: "E" }) };
    expect((await account.plugin.diff(types.dashboard, state, titled)).details).toEqual({ dashboard: "UPDATE" });
    const updated = await account.plugin.update(types.dashboard, id, state, titled);
    const found = await account.plugin.read(types.dashboard, id, state, given);
    expect(found.state).toEqual(updated);
    expect(JSON.parse(found.inputs["dashboard"] as string)).toMatchObject({ title: "E" });
    const former = { dashboard: JSON.stringify({ ...board, template_variables: [], is_read_only: false }) };
    expect((await account.plugin.diff(types.dashboard, former, { dashboard: written })).changed).toBe(false);
    await account.plugin.delete(types.dashboard, id, state);
  });

  test("a monitor is updated, and its thresholds are compared as numbers", async () => {
    const given = await checked("monitor", { ...monitor, priority: "2" });
    const { id, state } = await account.plugin.create(types.monitor, given);
    const former = { ...state, draftStatus: "published", includeTags: true, newHostDelay: 300, noDataTimeframe: 10 };
    expect((await account.plugin.diff(types.monitor, former, { ...given, tags: ["a:1", "b:2"] })).changed).toBe(false);
    const query = 'logs("service:nas").index("*").rollup("count").last("5m") >= 4';
    const later = { ...given, query, monitorThresholds: { critical: "4" }, priority: null };
    expect((await account.plugin.diff(types.monitor, state, later)).details).toEqual({
      query: "UPDATE",
      "monitorThresholds.critical": "UPDATE",
      priority: "DELETE",
    });
    await account.plugin.update(types.monitor, id, state, await checked("monitor", later));
    expect((await get(`/api/v1/monitor/${id}`)).body).toMatchObject({ query, priority: null });
    const found = await account.plugin.read(types.monitor, id, state, given);
    expect(found.inputs).toMatchObject({ query, monitorThresholds: { critical: "4" } });
    const imported = await account.plugin.read(types.monitor, id, {});
    await checked("monitor", imported.inputs);
    expect((await account.plugin.diff(types.monitor, imported.state, imported.inputs)).changed).toBe(false);
    await account.plugin.delete(types.monitor, id, state);
  });

  test("another noDataTimeframe is a difference only with notifyNoData", async () => {
    const given = await checked("monitor", serviceCheck);
    const { id, state } = await account.plugin.create(types.monitor, given);
    const quiet = await checked("monitor", { ...serviceCheck, notifyNoData: null, noDataTimeframe: null });
    expect((await account.plugin.diff(types.monitor, { ...quiet, noDataTimeframe: 10 }, quiet)).changed).toBe(false);
    const later = { ...given, noDataTimeframe: 7 };
    expect((await account.plugin.diff(types.monitor, state, later)).details).toEqual({ noDataTimeframe: "UPDATE" });
    await account.plugin.update(types.monitor, id, state, later);
    expect((await get(`/api/v1/monitor/${id}`)).body.options).toMatchObject({ no_data_timeframe: 7 });
    await account.plugin.delete(types.monitor, id, state);
  });

  test("a refusal of the API is an error with its message", async () => {
    const bad = await checked("monitor", { ...monitor, query: 'logs("(").index("*").rollup("count").last("5m") > 3' });
    await expect(account.plugin.create(types.monitor, bad)).rejects.toThrow(
      /^error creating monitor: 400: Invalid monitor: query: .* column/,
    );
    const first = await checked("metric", metric);
    await account.plugin.create(types.metric, first);
    await expect(account.plugin.create(types.metric, first)).rejects.toThrow(
      "error creating LogsMetric: 409: already_exists(Metric with name 'nas.actions' already exists)",
    );
    await account.plugin.delete(types.metric, "nas.actions", first);
  });
});

describe("against an API that records its calls", () => {
  beforeEach(async () => {
    account.recording.calls.length = 0;
    account.recording.answer = ({ body }) => ({ body: { id: 7, ...(body as object) } });
    await account.connect(account.recording.url);
  });

  test("a monitor is sent as the official plugin sends it", async () => {
    await account.plugin.create(types.monitor, await checked("monitor", monitor));
    const body = {
      name: "N",
      type: "log alert",
      query: monitor["query"],
      message: "M",
      priority: null,
      tags: ["b:2", "a:1"],
      draft_status: "published",
      restricted_roles: null,
      options: {
        enable_logs_sample: true,
        include_tags: true,
        new_host_delay: 300,
        notify_no_data: false,
        renotify_statuses: null,
        on_missing_data: "default",
        require_full_window: false,
        thresholds: { critical: 3 },
      },
    };
    await account.plugin.update(types.monitor, "7", {}, await checked("monitor", { ...monitor, priority: "3" }));
    expect(account.sent()).toEqual([
      { method: "POST", path: "/api/v1/monitor", body },
      { method: "PUT", path: "/api/v1/monitor/7", body: { ...body, priority: 3 } },
    ]);
    const headers = { ...keys, "content-type": "application/json" };
    expect(account.recording.calls).toMatchObject([{ headers }, { headers }]);
  });

  test("a monitor of a service check is sent as the official plugin sends it", async () => {
    await account.plugin.create(types.monitor, await checked("monitor", serviceCheck));
    const { notifyNoData: _notify, noDataTimeframe: _minutes, renotifyInterval: _repeat, ...bare } = serviceCheck;
    await account.plugin.create(types.monitor, await checked("monitor", bare));
    const options = {
      include_tags: true,
      new_host_delay: 300,
      renotify_statuses: null,
      require_full_window: true,
      thresholds: { critical: 2, warning: 2, ok: 2 },
    };
    expect(account.sent().map(({ body }) => (body as { options: object }).options)).toEqual([
      { ...options, notify_no_data: true, no_data_timeframe: 5, renotify_interval: 60 },
      { ...options, notify_no_data: false, no_data_timeframe: 10 },
    ]);
  });

  test("a metric is sent as the official plugin sends it", async () => {
    account.recording.answer = ({ body }) => ({ body });
    await account.plugin.create(types.metric, await checked("metric", metric));
    const changeable = {
      filter: { query: "service:nas" },
      group_by: [
        { path: "@action", tag_name: "action" },
        { path: "@user", tag_name: "user" },
      ],
    };
    const attributes = { ...changeable, compute: { aggregation_type: "count" } };
    const metricOf = { type: "logs_metrics", id: "nas.actions", attributes };
    account.recording.answer = () => ({ body: { data: metricOf } });
    await account.plugin.update(types.metric, "nas.actions", {}, await checked("metric", metric));
    const path = "/api/v2/logs/config/metrics";
    expect(account.sent()).toEqual([
      { method: "POST", path, body: { data: metricOf } },
      {
        method: "PATCH",
        path: `${path}/nas.actions`,
        body: { data: { type: "logs_metrics", attributes: changeable } },
      },
    ]);
  });

  test("a dashboard is sent unchanged", async () => {
    account.recording.answer = () => ({
      body: { id: "a-b-c", url: "/dashboard/a-b-c", is_read_only: false, ...board },
    });
    const { state } = await account.plugin.create(types.dashboard, dashboard);
    expect(account.sent()).toEqual([{ method: "POST", path: "/api/v1/dashboard", body: board }]);
    expect(state).toEqual({ ...dashboard, url: "/dashboard/a-b-c" });
  });

  test.each([
    ["metric", metric, "LogsMetric"],
    ["dashboard", dashboard, "dashboard"],
    ["monitor", monitor, "monitor"],
  ] as const)("a refused %s is an error with the status and without a key", async (kind, inputs, what) => {
    await account.connect(account.recording.url, { httpClientRetryEnabled: "false" });
    account.recording.answer = () => ({ status: 403, body: { errors: ["Forbidden"] } });
    const given = await checked(kind, inputs);
    const type = types[kind];
    const works = [
      () => account.plugin.create(type, given),
      () => account.plugin.read(type, "1", given, given),
      () => account.plugin.update(type, "1", given, given),
      () => account.plugin.delete(type, "1", given),
    ];
    for (const [index, doing] of ["creating", "reading", "updating", "deleting"].entries()) {
      await expect(works[index]!()).rejects.toThrow(new RegExp(`^error ${doing} ${what}: 403: Forbidden$`));
    }
  });
});
