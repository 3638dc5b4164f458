import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import {
  adoptedFrom,
  DatadogLogPipeline,
  filePipelineOf,
  type LogPipeline,
  qnapPipeline,
  stackTag,
} from "../../../components/datadog-log-pipeline";
import { type Existing, existingInDatadog, kinds, ListError } from "../../../components/datadog-log-pipeline/existing";
import { isMarked } from "../../../components/datadog-log-pipeline/of-stack";
import { compileQuery } from "../../../grok/index";
import { startDatadog } from "../../../lab/services/datadog/main";
import { UserError } from "../../../host/error";
import { registered } from "../registered";

// Several stacks in one Datadog organisation, and adoption of what a killed run has created there.

const prod = { stack: "prod", fqdn: "kube-control.example.com" };
const test1 = { stack: "test.1", fqdn: "kube-control-test.example.com" };

const made = async (of: typeof prod, adopted = {}) => {
  const resources = await registered(() => {
    new DatadogLogPipeline("qnap-nas", { ...qnapPipeline({ of }), adopted });
  });
  return [...resources.values()].filter(({ type }) => type.startsWith("datadog:"));
};
const nameOf = (inputs: any): string =>
  inputs.name ?? (JSON.parse(String(inputs.dashboard)) as { title: string }).title;

describe("names of two stacks", () => {
  test("no two resources of the stacks have the same name, and each has that of its stack", async () => {
    const [ofProd, ofTest] = [
      (await made(prod)).map(({ inputs }) => nameOf(inputs)),
      (await made(test1)).map(({ inputs }) => nameOf(inputs)),
    ];
    expect(ofProd.filter((name) => ofTest.includes(name))).toEqual([]);
    expect(ofProd.filter((name) => !name.includes("prod"))).toEqual([]);
    expect(ofProd).toEqual(expect.arrayContaining(["QNAP NAS (prod)", "qnap_nas.prod.actions"]));
    expect(ofTest).toEqual(expect.arrayContaining(["QNAP NAS (test.1)", "qnap_nas.test.1.actions"]));
  });

  test.each([
    ["eu-prod", "eu_prod"],
    ["Prod", "prod"],
    ["eu-Prod", "eu-prod"],
  ])("metrics of the stacks %s and %s have different names", async (one, other) => {
    const metricsOf = async (stack: string) =>
      (await made({ ...prod, stack }))
        .filter(({ type }) => type.endsWith(":LogsMetric"))
        .map(({ inputs }) => nameOf(inputs));
    const others = await metricsOf(other);
    expect((await metricsOf(one)).filter((name) => others.includes(name))).toEqual([]);
  });

  test("a metric's name has the stack's name, with a digest if characters are replaced", () => {
    const nameFor = (stack: string) => qnapPipeline({ of: { ...prod, stack } }).metrics?.[0]?.name;
    expect(nameFor("eu_prod.2")).toBe("qnap_nas.eu_prod.2.actions");
    expect(nameFor("eu-prod")).toMatch(/^qnap_nas\.eu_prod_[0-9a-f]{6}\.actions$/);
  });

  test("a metric of an earlier version keeps its name, and so its history", async () => {
    const metrics = (await made(prod)).filter(({ type }) => type.endsWith(":LogsMetric"));
    expect(metrics.map(({ ignoreChanges }) => ignoreChanges)).toEqual([["name"], ["name"], ["name"]]);
  });
});

describe("the filter of a stack's pipeline", () => {
  const fits = compileQuery(qnapPipeline({ of: prod }).filter);
  const line = (...tags: string[]) => ({ message: "x", attributes: {}, service: "qnap-nas", tags });

  test.each([
    ["its own agent's", [stackTag(prod), "env:prod"], true],
    ["another stack's", [stackTag(test1), "env:prod"], false],
    ["an agent's of an earlier version", ["env:prod"], true],
  ])("lines of %s: %j", (_what, tags, expected) => {
    expect(fits(line(...tags))).toBe(expected);
  });

  test("logs of another service do not match", () => {
    expect(fits({ ...line(stackTag(prod)), service: "other" })).toBe(false);
  });
});

/** A fake of Datadog's API. */
async function datadog(
  answers: (path: string, count: number) => { status?: number; headers?: object; body?: unknown },
) {
  const counts = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "", "http://x").pathname;
    const count = (counts.get(path) ?? 0) + 1;
    counts.set(path, count);
    const { status = 200, headers = {}, body = {} } = answers(path, count);
    response.writeHead(status, { ...headers }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { apiUrl: `http://127.0.0.1:${port}`, counts, close: () => server.close() };
}

const paths = {
  pipelines: "/api/v1/logs/config/pipelines",
  metrics: "/api/v2/logs/config/metrics",
  monitors: "/api/v1/monitor",
  dashboards: "/api/v1/dashboard",
} as const;

/** The API of an organisation in which these exist. */
const organisation =
  (existing: Partial<Record<keyof typeof paths, readonly Existing[]>>) =>
  (path: string): { body: unknown } => {
    const { pipelines = [], metrics = [], monitors = [], dashboards = [] } = existing;
    const bodies: Record<string, unknown> = {
      [paths.pipelines]: pipelines.map(({ about, ...one }) => ({ ...one, filter: { query: about } })),
      [paths.metrics]: {
        data: metrics.map(({ name, about }) => ({ id: name, attributes: { filter: { query: about } } })),
      },
      [paths.monitors]: monitors.map(({ about, ...one }) => ({ ...one, query: about })),
      [paths.dashboards]: {
        dashboards: dashboards.map(({ id, name, about }) => ({ id, title: name, description: about })),
      },
    };
    return { body: bodies[path] };
  };

const keys = { apiKey: "a".repeat(32), appKey: "b".repeat(40) };
const front = (name: string, of = prod) => {
  const given = "docs/front-door.yaml";
  return filePipelineOf(of, { name, path: join(__dirname, "../../..", given), given });
};

/** What a run adopts, given the answers of Datadog and the resources in the state. */
async function adopted(
  pipelines: Record<string, LogPipeline>,
  answers: Parameters<typeof datadog>[0],
  isNoted: (type: string, name: string) => boolean = () => false,
) {
  const server = await datadog(answers);
  try {
    const access = { ...keys, apiUrl: server.apiUrl, tag: stackTag(prod), retryFor: 0 };
    const found = await adoptedFrom({ ...access, isNoted, pipelines: Object.entries(pipelines) });
    return { found, asked: [...server.counts.keys()].sort() };
  } finally {
    server.close();
  }
}

describe("adoption", () => {
  const ofNas = { "qnap-nas": qnapPipeline({ of: prod }) };
  const tag = stackTag(prod);

  test.each([
    ["nothing exists", [], {}],
    ["one of this stack", [tag], { "qnap-nas-pipeline": "0" }],
    ["one of another stack", ["theirs"], {}],
    ["one of this stack and one of another", ["theirs", `(${tag})`], { "qnap-nas-pipeline": "1" }],
    ["two of this stack", [tag, tag], {}],
  ])("%s: adopts %j", async (_what, abouts, expected) => {
    const pipelines = abouts.map((about, index) => ({ id: String(index), name: "QNAP NAS (prod)", about }));
    expect((await adopted(ofNas, organisation({ pipelines }))).found).toEqual(expected);
  });

  test("everything that an earlier run created is imported by its id", async () => {
    const left: Record<string, Existing[]> = {};
    const kindOf = {
      ...{ LogsCustomPipeline: "pipelines", LogsMetric: "metrics", Monitor: "monitors", DashboardJson: "dashboards" },
    } as const;
    for (const { type, inputs } of await made(prod)) {
      const name = nameOf(inputs);
      (left[kindOf[type.split(":").at(-1) as "Monitor"]] ??= []).push({
        id: `made ${name}`,
        name,
        about: `x ${tag} y`,
      });
    }
    const { found } = await adopted(ofNas, organisation(left));
    const second = await made(prod, found);
    const idOf = (type: string, name: string) => (type.endsWith(":LogsMetric") ? name : `made ${name}`);
    expect(second.map(({ importId }) => importId)).toEqual(
      second.map(({ type, inputs }) => idOf(type, nameOf(inputs))),
    );
    const others = await adopted({ "qnap-nas": qnapPipeline({ of: test1 }) }, organisation(left));
    expect(others.found).toEqual({});
  });

  test("what is in the state is neither listed nor adopted", async () => {
    const existing = { pipelines: [{ id: "1", name: "QNAP NAS (prod)", about: tag }] };
    const all = await adopted(ofNas, organisation(existing), () => true);
    expect(all).toEqual({ found: {}, asked: [] });
    const butMonitors = await adopted(
      ofNas,
      organisation(existing),
      (type) => type !== "datadog:index/monitor:Monitor",
    );
    expect(butMonitors).toEqual({ found: {}, asked: [paths.monitors] });
    const known: string[] = [];
    await adopted(ofNas, organisation(existing), (type, name) => known.push(`${type} ${name}`) > 0);
    expect(known.sort()).toEqual((await made(prod)).map(({ type, name }) => `${type} ${name}`).sort());
  });

  test("pipelines of a renamed file, of another stack or without a mark are not adopted", async () => {
    const { name, filter: about } = front("gate");
    const existing = (description?: string) =>
      organisation({ pipelines: [{ id: "1", name, about, ...(description === undefined ? {} : { description }) }] });
    const gate = { gate: front("gate") };
    expect((await adopted(gate, existing(front("door").description))).found).toEqual({});
    expect((await adopted(gate, existing(front("gate", { ...prod, fqdn: test1.fqdn }).description))).found).toEqual({});
    expect((await adopted(gate, existing())).found).toEqual({});
    expect((await adopted(gate, existing(front("gate").description))).found).toEqual({ "gate-pipeline": "1" });
  });

  test("the pipeline of a file has the description by which it is found", async () => {
    const resources = await registered(() => {
      new DatadogLogPipeline("gate", front("gate"));
    });
    expect(resources.get("gate-pipeline")?.inputs).toMatchObject({
      description: "Written by kube-control from the pipeline file gate (kube_control:kube-control.example.com).",
    });
    const [nas] = await made(prod);
    expect(nas?.inputs).not.toHaveProperty("description");
  });

  test("a stack whose control plane's name starts with this one's is another stack", () => {
    expect(isMarked(prod, qnapPipeline({ of: prod }).filter)).toBe(true);
    expect(isMarked(prod, qnapPipeline({ of: { ...prod, fqdn: `${prod.fqdn}.au` } }).filter)).toBe(false);
  });

  test("an existing metric of another stack is an error, unless it is in the state", async () => {
    const metric = { id: "x", name: "qnap_nas.prod.actions", about: "service:qnap-nas kube_control:other" };
    const failure: unknown = await adopted(ofNas, organisation({ metrics: [metric] })).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect((failure as Error).message).toMatch(
      /qnap_nas\.prod\.actions already exists and counts other logs[^]*kube-control:nas\.service to a value that only this stack uses/,
    );
    await adopted(ofNas, organisation({ metrics: [metric] }), (_type, name) => name === "qnap-nas-metric-actions");
  });
});

describe("listing what exists in Datadog", () => {
  let folder: string;
  let servers: Awaited<ReturnType<typeof startDatadog>>;
  const access = (change: object = {}) => ({
    ...{ ...keys, tag: stackTag(prod), apiUrl: `http://127.0.0.1:${servers.api.port}/` },
    ...change,
  });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "kube-control-datadog-"));
    const file = (name: string) => join(folder, name);
    servers = await startDatadog({
      ...{ ...keys, port: 0, intakePort: 0, stateFile: file("account.json"), logsFile: file("logs.jsonl") },
      ...{ pointsFile: file("points.jsonl"), journalFile: file("api.jsonl"), intakeJournalFile: file("intake.jsonl") },
      runsFile: file("runs.jsonl"),
    });
    await pulumi.runtime.setMocks(
      { newResource: ({ name }) => ({ id: name, state: {} }), call: () => ({}) },
      "p",
      "prod",
      false,
    );
  });
  afterAll(async () => {
    await servers.api.close();
    await servers.intake.close();
    rmSync(folder, { recursive: true });
  });

  const post = async (path: string, body: object) => {
    const headers = { "dd-api-key": keys.apiKey, "dd-application-key": keys.appKey };
    const answer = await fetch(`http://127.0.0.1:${servers.api.port}${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
  };

  test("gives pipelines, metrics, monitors and dashboards with what identifies their stack", async () => {
    expect(await existingInDatadog(access(), kinds)).toEqual({
      pipelines: [],
      metrics: [],
      monitors: [],
      dashboards: [],
    });
    await post("/api/v1/logs/config/pipelines", { name: "P", description: "of x", filter: { query: "service:p" } });
    const attributes = { compute: { aggregation_type: "count" }, filter: { query: "service:m" }, group_by: [] };
    await post("/api/v2/logs/config/metrics", { data: { type: "logs_metrics", id: "a.b", attributes } });
    await post("/api/v1/dashboard", { title: "D", description: "of ours", layout_type: "ordered", widgets: [] });
    const query = 'logs("service:x").index("*").rollup("count").last("5m") >= 3';
    const options = { thresholds: { critical: 3 } };
    await post("/api/v1/monitor", {
      ...{ name: "M", type: "log alert", query, message: "m", tags: [] },
      priority: null,
      options,
    });
    const found = (await existingInDatadog(access(), kinds)) as Record<string, readonly Existing[]>;
    const without = Object.fromEntries(
      Object.entries(found).map(([kind, all]) => [kind, all.map(({ name, about }) => [name, about])]),
    );
    expect(found["pipelines"]?.[0]?.description).toBe("of x");
    expect(without).toEqual({
      pipelines: [["P", "service:p"]],
      metrics: [["a.b", "service:m"]],
      monitors: [["M", query]],
      dashboards: [["D", "of ours"]],
    });
    expect(found["metrics"]?.[0]?.id).toBe("a.b");
  });

  const pipelines = [["qnap-nas", qnapPipeline({ of: prod })]] as const;
  const failureOf = async (change: object, isNoted: (type: string) => boolean = () => false): Promise<string> => {
    const failure: unknown = await adoptedFrom({ ...access({ retryFor: 0, ...change }), pipelines, isNoted }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(UserError);
    expect((failure as Error).message).not.toContain(keys.apiKey);
    return (failure as Error).message;
  };

  test("keys that are refused are an error with the required permissions", async () => {
    expect(await failureOf({ appKey: "wrong" })).toMatch(
      /status 403[^]*kube-control:datadogAppKey[^]*logs_read_config, monitors_read, dashboards_read/,
    );
  });

  test("an unreachable Datadog is an error that names an unused proxy", async () => {
    const before = process.env["HTTPS_PROXY"];
    process.env["HTTPS_PROXY"] = "http://proxy.example.com:3128";
    try {
      expect(await failureOf({ apiUrl: "http://127.0.0.1:1" })).toMatch(
        /qnap-nas-pipeline[^]*(fetch failed|ECONNREFUSED)[^]*Run the same command again[^]*HTTPS_PROXY[^]*NODE_USE_ENV_PROXY=1/,
      );
    } finally {
      if (before === undefined) delete process.env["HTTPS_PROXY"];
      else process.env["HTTPS_PROXY"] = before;
    }
  });

  test("a kind that cannot be listed is an error only if the state does not have all of it", async () => {
    const server = await datadog((path) => (path === paths.dashboards ? { status: 403 } : organisation({})(path)));
    try {
      const change = { apiUrl: server.apiUrl, retryFor: 0 };
      const noted = (type: string) => type === "datadog:index/dashboardJson:DashboardJson";
      expect(await adoptedFrom({ ...access(change), pipelines, isNoted: noted })).toEqual({});
      const message = await failureOf(change);
      expect(message).toMatch(/cannot list the dashboards[^]*qnap-nas-dashboard[^]*dashboards_read/);
      expect(message).not.toMatch(/qnap-nas-pipeline|logs_read_config/);
    } finally {
      server.close();
    }
  });

  test.each([
    ["too many requests, with Datadog's header", { status: 429, headers: { "x-ratelimit-reset": "2" } }, 2000],
    ["too many requests, with Retry-After", { status: 429, headers: { "retry-after": "2" } }, 2000],
    ["a server error", { status: 503 }, 1000],
  ])("%s: retries after the time", async (_what, first, least) => {
    const server = await datadog((path, count) => (count === 1 ? first : organisation({})(path)));
    const begin = Date.now();
    try {
      const change = { apiUrl: server.apiUrl, retryFor: 10_000 };
      expect(await existingInDatadog(access(change), ["monitors"])).toEqual({ monitors: [] });
      expect(Date.now() - begin).toBeGreaterThanOrEqual(least - 10);
      expect(server.counts.get(paths.monitors)).toBe(2);
    } finally {
      server.close();
    }
  });

  test("a time to wait that exceeds the limit is not waited for", async () => {
    const server = await datadog(() => ({ status: 429, headers: { "retry-after": "3600" } }));
    try {
      const { monitors } = await existingInDatadog(access({ apiUrl: server.apiUrl }), ["monitors"]);
      expect(monitors).toBeInstanceOf(ListError);
      expect(server.counts.get(paths.monitors)).toBe(1);
    } finally {
      server.close();
    }
  });
});
