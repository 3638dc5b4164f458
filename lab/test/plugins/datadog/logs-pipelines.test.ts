import { type Properties } from "../../../plugins/protocol/value";
import { DatadogAccount } from "./account";

const type = "datadog:index/logsPipelineOrder:LogsPipelineOrder";
const getOrder = "datadog:index/getLogsPipelinesOrder:getLogsPipelinesOrder";
const getPipelines = "datadog:index/getLogsPipelines:getLogsPipelines";
const pipelinesPath = "/api/v1/logs/config/pipelines";
const orderPath = "/api/v1/logs/config/pipeline-order";
const account = new DatadogAccount();
const checked = (given: Properties) => account.checked(type, given);

describe("against the stand-in for Datadog's API", () => {
  let ids: string[];
  const present = async () => (await account.api("GET", orderPath)).body.pipeline_ids as string[];
  beforeEach(async () => {
    await account.connect(account.url);
    for (const id of await present()) await account.api("DELETE", `${pipelinesPath}/${id}`);
    ids = [];
    for (const name of ["A", "B", "C"]) {
      const filter = { query: `service:${name}` };
      ids.push((await account.api("POST", pipelinesPath, { name, filter, is_enabled: true })).body.id as string);
    }
  });

  test("the functions return the order and the pipelines' names", async () => {
    const order = await account.plugin.invoke(getOrder, {});
    expect(order).toMatchObject({ outputs: { pipelineIds: ids }, failures: {} });
    const all = (await account.plugin.invoke(getPipelines, {})).outputs;
    expect(all["logsPipelines"]).toEqual(["A", "B", "C"].map((name, index) => ({ id: ids[index], name })));
  });

  test("an unknown argument and an unknown function are refused", async () => {
    expect((await account.plugin.invoke(getPipelines, { readOnly: true })).failures).toEqual({
      readOnly: expect.stringMatching(/unknown property/) as string,
    });
    await expect(account.plugin.invoke("datadog:index/getRole:getRole", {})).rejects.toThrow(/does not know.*getRole/);
  });

  test("the order is set, read and changed, and stays after the resource is deleted", async () => {
    const [a, b, c] = ids as [string, string, string];
    const given = await checked({ name: "order", pipelines: [c, a, b] });
    const { id, state } = await account.plugin.create(type, given);
    expect([id, state]).toEqual(["order", given]);
    expect(await present()).toEqual([c, a, b]);
    expect((await account.plugin.diff(type, state, given)).changed).toBe(false);

    const later = await checked({ name: "order", pipelines: [c, b, a] });
    expect((await account.plugin.diff(type, state, later)).details).toEqual({
      "pipelines[1]": "UPDATE",
      "pipelines[2]": "UPDATE",
    });
    await account.plugin.update(type, id, state, later);
    await account.api("PUT", orderPath, { pipeline_ids: [b, a, c] });
    const found = await account.plugin.read(type, id, state, later);
    expect(found.inputs).toEqual({ name: "order", pipelines: [b, a, c] });
    await account.plugin.delete(type, id, state);
    expect(await present()).toEqual([b, a, c]);
  });

  test("a list without all pipelines is refused", async () => {
    const [a, b] = ids as [string, string];
    await expect(account.plugin.create(type, await checked({ name: "order", pipelines: [b, a] }))).rejects.toThrow(
      "error updating logs pipeline order: 422: Cannot map pipelines to existing ones",
    );
  });
});

describe("against an API that records its calls", () => {
  beforeEach(async () => {
    account.recording.calls.length = 0;
    account.recording.answer = ({ body }) => ({ body: body ?? { pipeline_ids: ["a"] } });
    await account.connect(account.recording.url, { httpClientRetryEnabled: "false" });
  });

  test("create and update send one call each, and delete sends none", async () => {
    const given = await checked({ name: "order", pipelines: ["b", "a"] });
    await account.plugin.create(type, given);
    await account.plugin.update(type, "order", given, given);
    await account.plugin.delete(type, "order", given);
    const put = { method: "PUT", path: orderPath, body: { pipeline_ids: ["b", "a"] } };
    expect(account.sent()).toEqual([put, put]);
  });

  test("a refusal is an error that names the attempted operation", async () => {
    account.recording.answer = () => ({ status: 403, body: { errors: ["Forbidden"] } });
    const given = { name: "order", pipelines: ["a"] };
    await expect(account.plugin.create(type, given)).rejects.toThrow(
      "error updating logs pipeline order: 403: Forbidden",
    );
    await expect(account.plugin.read(type, "order", given, given)).rejects.toThrow(
      /^error getting logs pipeline order: 403/,
    );
    await expect(account.plugin.invoke(getOrder, {})).rejects.toThrow(
      /^error while fetching logs pipelines order: 403/,
    );
    await expect(account.plugin.invoke(getPipelines, {})).rejects.toThrow(/^error querying log pipelines: 403/);
  });
});
