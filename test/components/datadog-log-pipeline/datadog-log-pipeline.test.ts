import * as pulumi from "@pulumi/pulumi";
import * as datadog from "@pulumi/datadog";
import {
  DatadogLogPipeline,
  type DatadogLogPipelineArgs,
  explorerOf,
  type LogMonitor,
  type LogPipeline,
  pipelineDefinition,
  qnapPipeline,
} from "../../../components/datadog-log-pipeline";
import { dashboardJson } from "../../../components/datadog-log-pipeline/dashboard";
import { metricArgs } from "../../../components/datadog-log-pipeline/metrics";
import { monitorArgs, monitorQuery } from "../../../components/datadog-log-pipeline/monitors";
import { within } from "../../../components/datadog-log-pipeline/query";
import { compileQuery, runPipeline } from "../../../grok/index";

interface Recorded {
  type: string;
  name: string;
  inputs: Record<string, any>;
  provider?: string;
}
let recorded: Recorded[] = [];

beforeAll(() =>
  pulumi.runtime.setMocks({
    newResource({ type, name, inputs, provider }) {
      recorded.push({ type, name, inputs, provider });
      const url = type.endsWith(":DashboardJson") ? { url: "/dashboard/abc-def-ghi/it" } : {};
      return { id: `${name}-id`, state: { ...inputs, ...url } };
    },
    call: () => ({}),
  }),
);
beforeEach(() => (recorded = []));

const settled = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

const SIMPLE: LogPipeline = {
  name: "Simple",
  filter: "service:simple",
  parser: { name: "Parser", matchRules: "one %{word:user} did %{word:action}", supportRules: "" },
  samples: [{ line: "anna did read" }],
};
const MONITOR: LogMonitor = { key: "k", name: "N", minutes: 5, when: { atLeast: 3 }, message: "M" };
const METRIC = { key: "m", name: "simple.actions" };
const board = (change: object) => ({
  title: "D",
  widgets: [{ type: "top-list" as const, title: "T", by: "@user", columns: 4, rows: 4, ...change }],
});
const make = (change: Partial<DatadogLogPipelineArgs>) => () =>
  new DatadogLogPipeline("simple", { ...SIMPLE, ...change });

function failure(change: Partial<DatadogLogPipelineArgs>): string {
  try {
    make(change)();
  } catch (error) {
    expect(error).toBeInstanceOf(pulumi.ResourceError);
    return (error as Error).message;
  }
  throw new Error("it was accepted");
}

describe("the pipeline of the QNAP NAS", () => {
  async function up() {
    const provider = new datadog.Provider("lab", { apiKey: "k", appKey: "a" });
    const component = new DatadogLogPipeline(
      "qnap-nas",
      { ...qnapPipeline({ timezone: "Asia/Singapore", agentHost: "monitor" }), notify: ["@ops@example.com"] },
      { provider },
    );
    const id = await settled(component.pipelineId);
    await Promise.all([...Object.values(component.monitors), component.dashboardUrl!].map(settled));
    return {
      component,
      id,
      pipeline: recorded.find(({ type }) => type === "datadog:index/logsCustomPipeline:LogsCustomPipeline")!,
    };
  }

  const made = (type: string) => recorded.filter((resource) => resource.type.endsWith(`:${type}`));
  const byName = (type: string) => Object.fromEntries(made(type).map(({ name, inputs }) => [name, inputs]));

  test("creates its resources with the expected names and the given provider", async () => {
    const { component, id, pipeline } = await up();
    expect(recorded.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`).sort()).toEqual([
      "DashboardJson qnap-nas-dashboard",
      "DatadogLogPipeline qnap-nas",
      "LogsCustomPipeline qnap-nas-pipeline",
      ...["actions", "events", "failed-logins"].map((key) => `LogsMetric qnap-nas-metric-${key}`),
      ...["failed-logins", "hardware", "imitated", "silent", "unread"].map((key) => `Monitor qnap-nas-monitor-${key}`),
      "datadog lab",
    ]);
    const resources = recorded.filter(({ type }) => type.startsWith("datadog:"));
    for (const { provider } of resources) expect(provider).toContain("lab");
    expect(pipeline.inputs).toMatchObject({
      name: "QNAP NAS",
      isEnabled: true,
      filters: [{ query: "service:qnap-nas" }],
    });
    expect(id).toBe("qnap-nas-pipeline-id");
    const urn = await settled(component.urn);
    expect(urn).toContain("kube-control:index:DatadogLogPipeline::qnap-nas");
  });

  test("has a parser, remappers and processors in the expected order", async () => {
    const { pipeline } = await up();
    const [parser, date, category, status, user, code, login, outcome, ...others] = pipeline.inputs.processors;
    const [action, type, ...remappers] = others;
    expect(user.stringBuilderProcessor.target).toBe("user");
    expect([code.stringBuilderProcessor.target, login.categoryProcessor.target]).toEqual(["action", "action"]);
    expect(outcome.categoryProcessor.target).toBe("evt.outcome");
    expect([action, type].map(({ categoryProcessor: { target } }) => target)).toEqual([
      "known_action",
      "known_connection_type",
    ]);
    expect(remappers.map(({ attributeRemapper }: any) => attributeRemapper)).toEqual(
      [
        ["user", "usr.name"],
        ["source_ip", "network.client.ip"],
        ["action", "evt.name"],
      ].map(([source, target]) => ({
        name: `${source} as ${target}`,
        isEnabled: true,
        sources: [source],
        sourceType: "attribute",
        target,
        targetType: "attribute",
        preserveSource: true,
        overrideOnConflict: false,
      })),
    );
    expect(parser.grokParser).toMatchObject({ name: "QNAP NAS Log Parser", isEnabled: true, source: "message" });
    expect(date.dateRemapper.sources).toEqual(["date"]);
    expect(category.categoryProcessor.target).toBe("severity");
    expect(category.categoryProcessor.categories.map(({ name }: { name: string }) => name)).toEqual([
      "emergency",
      "alert",
      "critical",
      "error",
      "warning",
      "notice",
      "informational",
      "debug",
    ]);
    expect(category.categoryProcessor.categories[4].filter.query).toMatch(/^@priority:\(4 OR 12 OR 20 OR 28 .* 188\)$/);
    expect(status.statusRemapper.sources).toEqual(["severity"]);
  });

  test("has the match rules in order, the support rules, and samples within Datadog's limits", async () => {
    const { pipeline } = await up();
    const { grok, samples } = pipeline.inputs.processors[0].grokParser;
    const names = (rules: string) =>
      rules
        .split("\n")
        .filter((line) => /^\w/.test(line))
        .map((line) => line.split(" ")[0]);
    expect(names(grok.matchRules)).toEqual([
      "QNAP_Access",
      ...["QNAP_Conn", "QNAP_Event", "QNAP_Notice", "QNAP_Conn_body", "QNAP_Event_body"],
    ]);
    expect(grok.matchRules).toContain(
      "QNAP_Conn %{QNAP_initial} %{QNAP_conn_log}\nQNAP_Event %{QNAP_initial} %{QNAP_event_log}",
    );
    expect(names(grok.supportRules)).toEqual(
      expect.arrayContaining(["QNAP_initial", "QNAP_conn_log", "QNAP_event_log"]),
    );
    expect(grok.supportRules).toContain('%{date("MMM dd HH:mm:ss", "Asia/Singapore"):date}');
    expect(samples.length).toBeGreaterThan(0);
    expect(samples.length).toBeLessThanOrEqual(5);
    for (const sample of samples) expect(sample.trim()).not.toBe("");
  });

  test("has a link to the explorer for each facet", async () => {
    const { component } = await up();
    expect(component.facets.map(({ attribute }) => attribute)).toEqual([
      "action",
      "computer_name",
      "connection_type",
      "host",
      "source_ip",
      "user",
    ]);
    const url = new URL(component.facets[0]!.explorerUrl);
    expect(url.origin + url.pathname).toBe("https://app.datadoghq.com/logs");
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      query: "service:qnap-nas",
      agg_q: "@action",
      viz: "toplist",
    });
  });

  test("has metrics of actions, failed logins and events, with tags from fixed sets only", async () => {
    await up();
    const paths = made("LogsMetric").flatMap(({ inputs }) =>
      inputs["groupBies"].map(({ path }: { path: string }) => path),
    );
    for (const path of paths) expect(["@known_action", "@known_connection_type", "@severity"]).toContain(path);
    expect(byName("LogsMetric")).toMatchSnapshot();
  });

  test("has monitors that notify the given recipients", async () => {
    const { component } = await up();
    expect(byName("Monitor")).toMatchSnapshot();
    expect(await settled(component.monitors["silent"]!)).toBe("qnap-nas-monitor-silent-id");
  });

  test("has a dashboard", async () => {
    const { component } = await up();
    expect(JSON.parse(made("DashboardJson")[0]!.inputs["dashboard"])).toMatchSnapshot();
    expect(await settled(component.dashboardUrl!)).toBe("https://app.datadoghq.com/dashboard/abc-def-ghi/it");
  });

  test("every search of it is valid and finds the expected lines", () => {
    const { filter, metrics = [], monitors = [], dashboard } = qnapPipeline();
    const widgets = dashboard!.widgets.flatMap((widget) => (widget.type === "check" ? [] : [widget]));
    const line = (text: string, priority: number) => `<${priority}>Nov 24 05:59:00 nas qulogd[1]: ${text}`;
    const who = "Users: eve, Source IP: 10.0.0.9, Computer name: ---";
    const logs = [
      line(`conn log: ${who}, Connection type: SSH, Accessed resources: ---, Action: Login Fail`, 28),
      line(`conn log: ${who}, Connection type: SAMBA, Accessed resources: disk/UPS failure.txt, Action: Read`, 28),
      line(`event log: ${who}, Content: [External Device] UPS power failure.`, 28),
      line(`event log: ${who}, Application: Storage & Snapshots, Category: Disk, Content: Started rapid test.`, 30),
      '<30>1 2026-11-24T05:59:00+00:00 nas qulogd: 1 - [QuLog@Access ip="10.0.0.9" user="eve" action="512" action_result="1"] Administration',
      line(
        `conn log: Users: eve, Source IP: 1.1.1.1, Computer name: x, ${who.slice(12)}, Connection type: SSH, Accessed resources: ---, Action: Login Fail`,
        30,
      ),
      line("conn log: Users: eve, Source IP: 10.0", 30),
    ].map((message) => {
      const { log } = runPipeline(
        pipelineDefinition(qnapPipeline()),
        { message, service: "qnap-nas", status: "info" },
        { now: Date.parse("2026-11-24T06:00:00Z") },
      );
      return log;
    });
    const found = [...metrics, ...monitors, ...widgets].map((searched) => {
      const holds = compileQuery(within(filter, searched.query));
      return ["key" in searched ? searched.key : searched.title, logs.map((log) => (holds(log) ? "x" : ".")).join("")];
    });
    expect(found).toEqual([
      ["actions", "xx..xx."],
      ["failed-logins", "x...xx."],
      ["events", "..xx..."],
      ["failed-logins", "x...xx."],
      ["hardware", "..x...."],
      ["unread", "......x"],
      ["imitated", ".....x."],
      ["silent", "xxxxxxx"],
      ["Top actions", "xxxxxxx"],
      ["Failed logins by source", "x...xx."],
      ["Most active users", "xx..xx."],
      ["Events by severity", "..xx..."],
      ["Lines from the NAS", "xxxxxxx"],
      ["Warnings and errors", "xxx...."],
    ]);
  });

  test("thresholds, windows and names follow the arguments", () => {
    const {
      monitors = [],
      metrics = [],
      dashboard,
    } = qnapPipeline({
      service: "qnap-2.cellar",
      failedLogins: 20,
      silentMinutes: 15,
    });
    expect(monitors.map((monitor) => monitorQuery("service:x", monitor))).toEqual([
      expect.stringContaining('.by("@source_ip").last("5m") >= 20'),
      expect.stringContaining('.last("5m") >= 1'),
      'logs("service:x -@action:* -@msg:*").index("*").rollup("count").last("5m") >= 1',
      expect.stringContaining('.last("5m") >= 1'),
      'logs("service:x").index("*").rollup("count").last("15m") < 1',
    ]);
    expect(metrics.map(({ name }) => name)).toEqual([
      "qnap_2.cellar.actions",
      "qnap_2.cellar.failed_logins",
      "qnap_2.cellar.events",
    ]);
    expect(dashboard!.widgets.map(({ type }) => type)).not.toContain("check");
  });
});

describe("rendering", () => {
  test.each([
    ["service:a", undefined, "service:a"],
    ["service:a", "@b:c", "service:a @b:c"],
    ["*", "@b:c", "@b:c"],
    ["", "", "*"],
    ["service:a OR service:b", "@c:d OR e", "(service:a OR service:b) (@c:d OR e)"],
    ["service:(a OR b)", '"this OR that"', 'service:(a OR b) "this OR that"'],
  ])("within %j, %j is %j", (filter, query, expected) => expect(within(filter, query)).toBe(expected));

  const monitor: LogMonitor = { key: "k", name: "N", minutes: 10, when: { atLeast: 3 }, message: "M" };
  test("a monitor's query is escaped, and grouped if `by` is set", () => {
    const query = monitorQuery("service:a", { ...monitor, query: '@b:"c\\\\d"', by: ["@e", "host"] });
    expect(query).toBe(
      String.raw`logs("service:a @b:\"c\\\\d\"").index("*").rollup("count").by("@e,host").last("10m") >= 3`,
    );
  });

  test("a monitor without recipients has only its message", () => {
    const args = monitorArgs({ filter: "*", notify: [], tags: [] }, monitor);
    expect(args).toMatchObject({ message: "M", tags: [], monitorThresholds: { critical: "3" } });
    expect(args).not.toHaveProperty("priority");
  });

  test("a metric of values is a distribution", () => {
    expect(metricArgs("service:a", { key: "k", name: "n", valuesOf: "@bytes" })).toEqual({
      name: "n",
      compute: { aggregationType: "distribution", path: "@bytes" },
      filter: { query: "service:a" },
      groupBies: [],
    });
  });

  test("widgets fill a row, and the next row starts below the highest", () => {
    const widget = (columns: number, rows: number) => ({ type: "lines", title: "T", columns, rows }) as const;
    const { widgets } = JSON.parse(
      dashboardJson("*", { title: "D", widgets: [widget(6, 2), widget(6, 5), widget(4, 1), widget(9, 1)] }),
    );
    expect(widgets.map(({ layout: { x, y } }: any) => [x, y])).toEqual([
      [0, 0],
      [6, 0],
      [0, 5],
      [0, 6],
    ]);
  });
});

test("the explorer is that of the site, or the given one", () => {
  expect(explorerOf("datadoghq.eu")).toBe("https://app.datadoghq.eu/logs");
  expect(explorerOf("us3.datadoghq.com")).toBe("https://us3.datadoghq.com/logs");
  const { facets } = make({ facets: ["user"], explorerUrl: "http://192.168.2.10:8082/logs" })();
  expect(facets[0]!.explorerUrl).toMatch(/^http:\/\/192\.168\.2\.10:8082\/logs\?/);
});

test("the example of docs/datadog.md creates its resources", async () => {
  const component = new DatadogLogPipeline("door", {
    name: "Front door",
    filter: "service:door",
    parser: { name: "Door parser", matchRules: "Door %{word:user} %{word:action} %{word:door}" },
    remap: { "usr.name": ["user"], "evt.name": ["action"] },
    samples: [{ line: "anna opened front", attributes: { user: "anna", action: "opened", "usr.name": "anna" } }],
    facets: ["user", "door"],
    metrics: [{ key: "openings", name: "door.openings", query: "@action:opened", groupBy: { door: "@door" } }],
    monitors: [
      {
        key: "busy",
        name: "The front door is busy",
        query: "@action:opened",
        by: ["@door"],
        minutes: 10,
        when: { atLeast: 50 },
        message: "{{@door.name}} was opened {{value}} times in ten minutes.",
      },
    ],
    dashboard: { title: "Doors", widgets: [{ type: "top-list", title: "Who", by: "@user", columns: 12, rows: 4 }] },
    notify: ["@slack-home"],
  });
  await Promise.all([component.monitors["busy"]!, component.dashboardUrl!].map(settled));
  expect(recorded.flatMap(({ name }) => (name.startsWith("door") ? [name] : [])).sort()).toEqual([
    "door",
    "door-dashboard",
    "door-metric-openings",
    "door-monitor-busy",
    "door-pipeline",
  ]);
});

describe("refused before anything is created", () => {
  afterEach(() => expect(recorded.filter(({ type }) => type.startsWith("datadog:"))).toEqual([]));

  test("a sample that no rule matches, with a caret where matching stopped", () => {
    expect(failure({ samples: [{ line: "anna did read" }, { line: "anna dod write" }] })).toBe(
      [
        'log pipeline "Simple", sample 2: no rule matches this line:',
        "    anna dod write",
        "          ^",
        '    column 7: rule one (column 13) expected " did "',
        '    but found "od write"',
        "  correct the rule or remove the sample",
      ].join("\n"),
    );
  });

  test("a sample with other values than expected", () => {
    expect(failure({ samples: [{ line: "anna did read", attributes: { user: "anna", action: "write" } }] })).toContain(
      'sample 1: rule one gives action = "read" instead of "write" in\n    anna did read',
    );
    expect(failure({ samples: [{ line: "anna did read", attributes: { user: null } }] })).toContain(
      'user = "anna" instead of null',
    );
  });

  test("a facet that the pipeline does not set, with the most similar attribute", () => {
    expect(failure({ facets: ["user", "acton"] })).toContain(
      "facet acton: the pipeline does not set the attribute acton; did you mean action?",
    );
    expect(failure({ facets: ["acton"] })).toContain("it sets action, user");
  });

  test("a group by an attribute that the pipeline does not set", () => {
    const reason = "the pipeline does not set the attribute usr; did you mean user?";
    expect(failure({ metrics: [{ key: "m", name: "m", groupBy: { user: "@usr" } }] })).toContain(`metric m: ${reason}`);
    expect(failure({ metrics: [{ key: "m", name: "m", valuesOf: "@usr" }] })).toContain(`metric m: ${reason}`);
    expect(failure({ monitors: [{ ...MONITOR, by: ["host", "@usr"] }] })).toContain(`monitor k: ${reason}`);
    expect(failure({ dashboard: board({ by: "@usr" }) })).toContain(`widget "T": ${reason}`);
  });

  test("an invalid rule, with a caret in the rule", () => {
    expect(failure({ parser: { name: "P", matchRules: "one a %{wrd:user}" } })).toBe(
      [
        'log pipeline "Simple", parser "P": rule one, column 3: unknown matcher or rule wrd; did you mean word?',
        "    a %{wrd:user}",
        "      ^",
      ].join("\n"),
    );
  });

  test.each<[string, Partial<DatadogLogPipelineArgs>, string]>([
    ["no sample", { samples: [] }, "it has no samples"],
    [
      "six own samples of a parser",
      {
        processors: [
          { type: "grok-parser", name: "Q", source: "user", samples: Array(6).fill("a"), grok: { match_rules: "r a" } },
        ],
      },
      "processor 2 (Q): it has 6 samples",
    ],
    [
      "an empty own sample of a parser",
      {
        processors: [
          { type: "grok-parser", name: "Q", source: "user", samples: ["a", " "], grok: { match_rules: "r a" } },
        ],
      },
      "processor 2 (Q): its own sample 2 is empty or too long",
    ],
    ["an empty sample", { samples: [{ line: "  " }] }, "sample 1: the line is empty"],
    [
      "a sample that is too long",
      { samples: [{ line: `a did ${"b".repeat(5000)}` }] },
      "sample 1: the line has 5006 characters",
    ],
    [
      "an invalid processor",
      {
        processors: [
          { type: "category-processor", name: "c", target: "t", categories: [{ name: "x", filter: { query: "(" } }] },
        ],
      },
      "processor 2 (c), category x: column 2",
    ],
    [
      "a processor of an unknown type",
      { processors: [{ type: "date-remaper" }] },
      'log pipeline "Simple": processors[0].type: unknown processor type "date-remaper"; did you mean date-remapper?',
    ],
    [
      "a processor without its sources",
      { processors: [{ type: "date-remapper" }] },
      "processors[0].sources: expected array, received undefined",
    ],
    [
      "a processor of a nested pipeline without its sources",
      { processors: [{ type: "pipeline", processors: [{ type: "date-remapper" }] }] },
      "processors[0].processors[0].sources: expected array, received undefined",
    ],
    ["a pipeline without a name", { name: "" }, "name: is empty"],
    [
      "a monitor with two thresholds",
      { monitors: [{ ...MONITOR, when: { atLeast: 1, fewerThan: 2 } }] },
      "monitor k: its threshold has both `atLeast` and `fewerThan`",
    ],
    [
      "a monitor without a threshold",
      { monitors: [{ ...MONITOR, when: {} }] },
      "monitor k: its threshold has neither `atLeast` nor `fewerThan`",
    ],
    [
      "a widget without its attribute",
      { dashboard: board({ by: undefined }) },
      'log pipeline "Simple", widget "T": it has no `by`, which top-list requires',
    ],
    [
      "an order with two positions",
      { order: { before: "a", after: "b" } },
      'log pipeline "Simple", order: it has 2 of end, before and after',
    ],
    ["an order without a position", { order: {} }, "order: it has 0 of end, before and after"],
    [
      "a metric's name",
      { metrics: [{ ...METRIC, name: "a-b" }] },
      'metric m: "a-b" is not a valid Datadog metric name',
    ],
    ["a metric's long name", { metrics: [{ ...METRIC, name: "a".repeat(201) }] }, "is not a valid Datadog metric name"],
    [
      "a metric's tag",
      { metrics: [{ ...METRIC, groupBy: { "a b": "@user" } }] },
      '"a b" is not a valid Datadog tag name',
    ],
    ["a metric's search", { metrics: [{ ...METRIC, query: "(" }] }, "metric m: the search is not valid: column 2"],
    ["a filter", { filter: "service:(a" }, "filter: the search is not valid"],
    ["two metrics with the same key", { metrics: [METRIC, METRIC] }, "two metrics have the key m"],
    ["a key with a blank", { monitors: [{ ...MONITOR, key: "a b" }] }, '"a b" is not a valid key of a monitor'],
    ["a monitor without a name", { monitors: [{ ...MONITOR, name: " " }] }, "monitor k: it has no name"],
    ["a monitor with a window of 0 minutes", { monitors: [{ ...MONITOR, minutes: 0 }] }, "its window is 0 minutes"],
    [
      "a monitor with a window that is too long",
      { monitors: [{ ...MONITOR, minutes: 2881 }] },
      "its window is 2881 minutes",
    ],
    ["a monitor's threshold", { monitors: [{ ...MONITOR, when: { fewerThan: 0 } }] }, "its threshold is 0"],
    ["a monitor's priority", { monitors: [{ ...MONITOR, priority: 6 }] }, "monitor k: its priority is 6"],
    ["a monitor's search", { monitors: [{ ...MONITOR, query: "@a:(" }] }, "monitor k: the search is not valid"],
    ["five groups of a monitor", { monitors: [{ ...MONITOR, by: Array(5).fill("@user") }] }, "it has 5 groups"],
    ["a widget's search", { dashboard: board({ query: '"' }) }, 'widget "T": the search is not valid'],
    ["a widget that is too wide", { dashboard: board({ columns: 13 }) }, 'widget "T": its size is not valid'],
  ])("%s", (_what, change, message) => {
    expect(failure(change)).toContain(message);
  });

  test("more rules and processors than Datadog recommends are a warning", () => {
    const date = { type: "date-remapper", sources: ["d"] };
    const matchRules = Array.from({ length: 11 }, (_, index) => `r${index} %{data:user}`).join("\n");
    const warn = jest.spyOn(pulumi.log, "warn").mockResolvedValue();
    make({
      parser: { name: "P", matchRules },
      processors: [{ type: "pipeline", name: "In", processors: Array(21).fill(date) }, ...Array(20).fill(date)],
    })();
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      'log pipeline "Simple": it has 22 processors, and Datadog recommends at most 20 in a pipeline',
      'log pipeline "Simple": processor 1 (P): it has 11 match rules, and Datadog recommends at most 10 in a parser',
      'log pipeline "Simple": processor 2 (In): it has 21 processors, and Datadog recommends at most 20 in a pipeline',
    ]);
    warn.mockRestore();
  });

  test("an invalid time zone", () => {
    expect(() => new DatadogLogPipeline("q", qnapPipeline({ timezone: "Asia/Singapur" }))).toThrow(
      /rule QNAP_date.*"Asia\/Singapur" is not a time zone/,
    );
  });
});
