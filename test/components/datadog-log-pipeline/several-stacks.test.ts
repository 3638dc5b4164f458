import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { DatadogLogPipeline, heldByDatadog, qnapPipeline, stackTag } from "../../../components/datadog-log-pipeline";
import { adoptable, type HeldByDatadog, nothingHeld } from "../../../components/datadog-log-pipeline/held";
import { isMarked } from "../../../components/datadog-log-pipeline/of-stack";
import { compileQuery } from "../../../grok";
import { startDatadog } from "../../../lab/services/datadog/main";
import { registered } from "../registered";

// Several stacks in one organisation of Datadog's, and what a run that was killed has made there.

const prod = { stack: "prod", fqdn: "kube-control.example.com" };
const test1 = { stack: "test.1", fqdn: "kube-control-test.example.com" };

const made = async (of: typeof prod, held: HeldByDatadog = nothingHeld) => {
  const resources = await registered(() => {
    new DatadogLogPipeline("qnap-nas", { ...qnapPipeline({ of }), held });
  });
  return [...resources.values()].filter(({ type }) => type.startsWith("datadog:"));
};
const nameOf = (inputs: any): string =>
  inputs.name ?? (JSON.parse(String(inputs.dashboard)) as { title: string }).title;

describe("names of two stacks", () => {
  test("no two things of the stacks have one name, and each carries the stack's", async () => {
    const [ofProd, ofTest] = [
      (await made(prod)).map(({ inputs }) => nameOf(inputs)),
      (await made(test1)).map(({ inputs }) => nameOf(inputs)),
    ];
    expect(ofProd.filter((name) => ofTest.includes(name))).toEqual([]);
    expect(ofProd.filter((name) => !name.includes("prod"))).toEqual([]);
    expect(ofProd).toEqual(expect.arrayContaining(["QNAP NAS (prod)", "qnap_nas.prod.actions"]));
    expect(ofTest).toEqual(expect.arrayContaining(["QNAP NAS (test.1)", "qnap_nas.test.1.actions"]));
  });

  test("a metric that an earlier version made keeps its name, and so its past", async () => {
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

  test("another service's lines do not count", () => {
    expect(fits({ ...line(stackTag(prod)), service: "other" })).toBe(false);
  });
});

describe("what Datadog has already", () => {
  const ours = (about: string) => about.includes("ours");
  const held = (...abouts: string[]) => abouts.map((about, index) => ({ id: String(index), name: "n", about }));

  test.each([
    ["nothing", [], undefined],
    ["one of this stack's", held("ours"), "0"],
    ["one of others", held("theirs"), undefined],
    ["one of this stack's beside one of others", held("theirs", "ours"), "1"],
    ["two of this stack's, of which the state may hold either", held("ours", "ours"), undefined],
  ])("%s: adopts %s", (_what, list, id) => {
    expect(adoptable(list, "n", ours)).toBe(id);
    expect(adoptable(list, "other", ours)).toBeUndefined();
  });

  test("everything that an earlier run has made is registered with its id", async () => {
    const tag = stackTag(prod);
    const first = await made(prod);
    const kindOf = {
      LogsCustomPipeline: "pipelines",
      LogsMetric: "metrics",
      Monitor: "monitors",
      DashboardJson: "dashboards",
    } as const;
    const left: Record<string, { id: string; name: string; about: string }[]> = {};
    for (const { type, name, inputs } of first) {
      const kind = kindOf[type.split(":").at(-1) as "Monitor"];
      (left[kind] ??= []).push({ id: `made-${name}`, name: nameOf(inputs), about: `x ${tag} y` });
    }
    const second = await made(prod, left as unknown as HeldByDatadog);
    expect(second.map(({ importId }) => importId)).toEqual(second.map(({ name }) => `made-${name}`));
    const others = await made(test1, left as unknown as HeldByDatadog);
    expect(others.map(({ importId }) => importId).filter((id) => id !== "")).toEqual([]);
  });

  test("a stack whose control plane's name only begins like this one's is another", () => {
    expect(isMarked(prod, qnapPipeline({ of: prod }).filter)).toBe(true);
    expect(isMarked(prod, qnapPipeline({ of: { ...prod, fqdn: `${prod.fqdn}.au` } }).filter)).toBe(false);
  });

  test("a metric of that name which counts others' lines is warned of, and not adopted", async () => {
    const warn = jest.spyOn(pulumi.log, "warn").mockResolvedValue();
    const metric = {
      id: "qnap_nas.prod.actions",
      name: "qnap_nas.prod.actions",
      about: "service:qnap-nas kube_control:other",
    };
    const resources = await made(prod, { ...nothingHeld, metrics: [metric] });
    expect(resources.map(({ importId }) => importId).filter((id) => id !== "")).toEqual([]);
    expect(warn.mock.calls.map(([text]) => text)).toEqual([
      expect.stringMatching(/qnap_nas\.prod\.actions that counts others' lines .*kube-control:nas\.service of its own/),
    ]);
    warn.mockRestore();
  });
});

describe("asking Datadog", () => {
  let folder: string;
  let servers: Awaited<ReturnType<typeof startDatadog>>;
  const keys = { apiKey: "a".repeat(32), appKey: "b".repeat(40) };
  const access = (change: object = {}) => ({
    ...{ ...keys, tag: stackTag(prod), apiUrl: `http://127.0.0.1:${servers.api.port}/` },
    ...change,
  });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "kube-control-held-"));
    const file = (name: string) => join(folder, name);
    servers = await startDatadog({
      ...{ ...keys, port: 0, intakePort: 0, stateFile: file("account.json"), logsFile: file("logs.jsonl") },
      ...{ pointsFile: file("points.jsonl"), journalFile: file("api.jsonl"), intakeJournalFile: file("intake.jsonl") },
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

  test("tells pipelines, metrics, monitors and dashboards, with what each is known by", async () => {
    expect(await heldByDatadog(access())).toEqual(nothingHeld);
    await post("/api/v1/logs/config/pipelines", { name: "P", filter: { query: "service:p" } });
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
    const found = await heldByDatadog(access());
    const without = Object.fromEntries(
      Object.entries(found).map(([kind, all]) => [kind, all.map(({ name, about }) => [name, about])]),
    );
    expect(without).toEqual({
      pipelines: [["P", "service:p"]],
      metrics: [["a.b", "service:m"]],
      monitors: [["M", query]],
      dashboards: [["D", "of ours"]],
    });
    expect(found.metrics[0]?.id).toBe("a.b");
  });

  test.each([
    ["refuses the keys", { appKey: "wrong" }, /answers 403/],
    ["is not there", { apiUrl: "http://127.0.0.1:1" }, /fetch failed|ECONNREFUSED/],
  ])("a Datadog that %s is warned of, and nothing is adopted", async (_what, change, why) => {
    const warn = jest.spyOn(pulumi.log, "warn").mockResolvedValue();
    expect(await heldByDatadog(access(change))).toEqual(nothingHeld);
    const [text = ""] = warn.mock.calls.map(([said]) => said);
    expect(text).toMatch(why);
    expect(text).not.toContain(keys.apiKey);
    warn.mockRestore();
  });
});

test("a preview asks nobody", async () => {
  await pulumi.runtime.setMocks(
    { newResource: ({ name }) => ({ id: name, state: {} }), call: () => ({}) },
    "p",
    "prod",
    true,
  );
  const dial = jest.spyOn(globalThis, "fetch");
  expect(await heldByDatadog({ apiUrl: "http://127.0.0.1:1", apiKey: "a", appKey: "b", tag: "t:x" })).toEqual(
    nothingHeld,
  );
  expect(dial).not.toHaveBeenCalled();
  dial.mockRestore();
});
