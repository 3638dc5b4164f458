import { pipelineDefinition, qnapPipeline } from "../../../../components/datadog-log-pipeline";
import { resourceArgs } from "../../../../components/datadog-log-pipeline/resource";
import { complete as processors } from "../../../../test/components/datadog-log-pipeline/processors";
import { unknown, type Properties, type Value } from "../../../plugins/protocol/value";
import { DatadogAccount, keys } from "./account";
import { hidden } from "../engine";
import { startRecordingApi } from "../recording-api";

const type = "datadog:index/logsCustomPipeline:LogsCustomPipeline";
const account = new DatadogAccount();
const grokParser = {
  name: "Parser",
  isEnabled: true,
  source: "message",
  samples: ["user bob did Read"],
  grok: { matchRules: "rule user %{word:user} did %{word:action}", supportRules: "" },
};
const inputs: Properties = {
  name: "Test",
  isEnabled: true,
  filters: [{ query: "service:parsed" }],
  processors: [{ grokParser }, { statusRemapper: { name: "Status", isEnabled: true, sources: ["action"] } }],
};
const withProcessor = (processor: Value): Properties => ({ ...inputs, processors: [processor] });

const checked = (given: Properties) => account.checked(type, given);

describe("check", () => {
  test("sets omitted fields to the official plugin's defaults: empty or false", async () => {
    expect(
      await checked({ name: "Test", filters: [{ query: "*" }], processors: [{ dateRemapper: { sources: ["date"] } }] }),
    ).toEqual({
      name: "Test",
      isEnabled: false,
      filters: [{ query: "*" }],
      processors: [{ dateRemapper: { name: "", isEnabled: false, sources: ["date"] } }],
    });
  });

  const { grok: _grok, ...noRules } = grokParser;
  const nested = (processor: Value) =>
    withProcessor({ pipeline: { name: "Inner", filters: [{ query: "*" }], processors: [processor] } });
  const inner = "processors[0].pipeline.processors[0]";
  test.each<[string, Properties, string, RegExp]>([
    ["a missing name", { ...inputs, name: null }, "name", /missing required/],
    ["a missing filter", { ...inputs, filters: null }, "filters", /missing required/],
    ["the API's name for a property", { ...inputs, is_enabled: true }, "is_enabled", /unknown property/],
    ["a text in place of a boolean", { ...inputs, isEnabled: "true" }, "isEnabled", /expected a boolean/],
    ["an object in place of a list of filters", { ...inputs, filters: { query: "*" } }, "filters", /expected a list/],
    ["an unknown processor", withProcessor({ magic: {} }), "processors[0].magic", /unknown property/],
    [
      "a parser without rules",
      withProcessor({ grokParser: noRules }),
      "processors[0].grokParser.grok",
      /missing required/,
    ],
    [
      "an unknown cast",
      withProcessor({
        attributeRemapper: {
          sources: ["a"],
          sourceType: "attribute",
          target: "b",
          targetType: "attribute",
          targetFormat: "float",
        },
      }),
      "processors[0].attributeRemapper.targetFormat",
      /expected one of auto, string, integer, double/,
    ],
    [
      "an unknown operation",
      withProcessor({ arrayProcessor: { operation: { reverse: { source: "a" } } } }),
      "processors[0].arrayProcessor.operation.reverse",
      /unknown property/,
    ],
    [
      "a processor that the stand-in lacks",
      withProcessor({ schemaProcessor: {} }),
      "processors[0].schemaProcessor",
      /unknown/,
    ],
    [
      "a mistake in a nested pipeline",
      nested({ dateRemapper: {} }),
      `${inner}.dateRemapper.sources`,
      /missing required/,
    ],
    ["a pipeline in a nested pipeline", nested({ pipeline: {} }), `${inner}.pipeline`, /unknown property/],
  ])("refuses %s", async (_what, given, property, reason) => {
    const { failures } = await account.plugin.check(type, given);
    expect(failures).toEqual({ [property]: expect.stringMatching(reason) as string });
  });

  test("accepts unknown values, also within a list or an object", async () => {
    await checked({ ...inputs, processors: unknown });
    await checked({ ...inputs, filters: [unknown], processors: [unknown] });
    await checked(withProcessor({ grokParser: { ...grokParser, samples: [unknown], grok: unknown } }));
  });
});

describe("configuration", () => {
  const url = "http://127.0.0.1:1";
  test.each<[string, Properties, string, RegExp]>([
    ["an unknown name", { ...account.configuration(url), apikey: "x" }, "apikey", /unknown property/],
    ["no address", { ...account.configuration(url), apiUrl: null }, "apiUrl", /missing required/],
    ["validation of the keys", { ...account.configuration(url), validate: "true" }, "validate", /one of false/],
    ["other credentials", { ...account.configuration(url), bearerToken: "canary" }, "bearerToken", /unknown property/],
    ["a key with a line break", { ...account.configuration(url), apiKey: hidden("canary\n") }, "apiKey", /blanks/],
  ])("refuses %s", async (_what, given, property, reason) => {
    const failures = await account.plugin.checkConfig(given);
    expect(failures).toEqual({ [property]: expect.stringMatching(reason) as string });
    expect(JSON.stringify(failures)).not.toContain("canary");
  });

  test("may be unknown in a preview", async () => {
    const given = { ...account.configuration(url), apiKey: unknown, appKey: unknown, apiUrl: unknown };
    expect(await account.plugin.checkConfig(given)).toEqual({});
  });
});

describe("against the stand-in for Datadog's API", () => {
  const api = (method: string, path: string) => account.api(method, `/api/v1/logs/config/pipelines${path}`);
  beforeEach(() => account.connect(account.url));

  test("a pipeline is created, read, updated and deleted", async () => {
    const given = await checked(inputs);
    const { id, state } = await account.plugin.create(type, given);
    expect(state).toEqual(given);
    expect((await api("GET", `/${id}`)).body).toMatchObject({
      name: "Test",
      is_enabled: true,
      filter: { query: "service:parsed" },
      processors: [
        { type: "grok-parser", grok: { match_rules: grokParser.grok.matchRules, support_rules: "" } },
        { type: "status-remapper", sources: ["action"] },
      ],
    });
    expect((await account.plugin.diff(type, state, given)).changed).toBe(false);

    const found = await account.plugin.read(type, id, state, given);
    expect(found).toEqual({ id, state, inputs: given });

    const later = await checked({ ...inputs, name: "Later", processors: [{ grokParser }] });
    const diff = await account.plugin.diff(type, state, later);
    expect(diff.details).toEqual({ name: "UPDATE", "processors[1]": "DELETE" });
    const updated = await account.plugin.update(type, id, state, later);
    expect(updated).toEqual(later);
    expect((await api("GET", `/${id}`)).body).toMatchObject({ id, name: "Later", processors: [{ name: "Parser" }] });

    await account.plugin.delete(type, id, updated);
    expect((await api("GET", `/${id}`)).status).toBe(400);
    await account.plugin.delete(type, id, updated);
    expect((await account.plugin.read(type, id, updated, later)).id).toBe("");
  });

  test("a new description updates the pipeline, and read returns it", async () => {
    const { id, state } = await account.plugin.create(type, await checked(inputs));
    const described = await checked({ ...inputs, description: "of a file" });
    expect((await account.plugin.diff(type, state, described)).details).toEqual({ description: "ADD" });
    const updated = await account.plugin.update(type, id, state, described);
    expect((await api("GET", `/${id}`)).body).toMatchObject({ id, description: "of a file" });
    expect(await account.plugin.read(type, id, updated, described)).toEqual({
      id,
      state: described,
      inputs: described,
    });
    await account.plugin.delete(type, id, updated);
  });

  test("the pipeline of kube-control is created and read without a difference", async () => {
    const definition = pipelineDefinition(qnapPipeline({ timezone: "Asia/Singapore" }));
    // As the SDK sends it, without undefined properties.
    const given = await checked(JSON.parse(JSON.stringify(resourceArgs(definition))) as Properties);
    const { id, state } = await account.plugin.create(type, given);
    expect((await api("GET", `/${id}`)).body.processors).toMatchObject(definition.processors);
    const found = await account.plugin.read(type, id, state, given);
    expect(found.inputs).toEqual(given);
    expect((await account.plugin.diff(type, found.state, given)).changed).toBe(false);
    await account.plugin.delete(type, id, state);
  });

  test("read returns drift; an import returns the inputs of a program", async () => {
    const { id } = await account.plugin.create(type, await checked({ ...inputs, name: "Drifted" }));
    const given = await checked(inputs);
    const found = await account.plugin.read(type, id, given, given);
    expect(found.inputs).toEqual({ ...given, name: "Drifted" });
    const imported = await account.plugin.read(type, id, {});
    expect(imported.inputs).toEqual({ ...inputs, name: "Drifted" });
    await account.plugin.delete(type, id, {});
  });

  test("a secret input stays secret in the state, and the other inputs stay plain", async () => {
    const secretive = { ...inputs, filters: [{ query: hidden("service:canary") }] };
    const given = await checked(secretive);
    const { id, state } = await account.plugin.create(type, given);
    expect(state).toMatchObject({ filters: hidden([{ query: "service:canary" }]), name: "Test" });
    const found = await account.plugin.read(type, id, state, given);
    expect(found.state).toEqual(state);
    expect(found.inputs).toEqual(given);
    await account.plugin.delete(type, id, state);
  });

  test("a refusal of the API is an error with its message", async () => {
    const bad = await checked(
      withProcessor({ grokParser: { ...grokParser, grok: { matchRules: "rule %{nowhere:x}", supportRules: "" } } }),
    );
    await expect(account.plugin.create(type, bad)).rejects.toThrow(
      /^error creating logs pipeline: 400: Invalid Pipeline: .*nowhere/,
    );
  });

  test("a refused key is an error without the key", async () => {
    await account.connect(account.url, { appKey: hidden("canary") });
    const given = await checked(inputs);
    for (const [work, message] of [
      [() => account.plugin.create(type, given), "error creating logs pipeline: 403: Forbidden"],
      [() => account.plugin.read(type, "p1", given, given), "error reading logs pipeline: 403: Forbidden"],
      [() => account.plugin.update(type, "p1", given, given), "error updating logs pipeline: 403: Forbidden"],
      [() => account.plugin.delete(type, "p1", given), "error deleting logs pipeline: 403: Forbidden"],
    ] as const) {
      await expect(work()).rejects.toThrow(message);
      await expect(work()).rejects.not.toThrow(/canary/);
    }
  });
});

describe("against an API that records its calls", () => {
  beforeEach(async () => {
    account.recording.calls.length = 0;
    account.recording.answer = ({ body }) => ({
      body: { id: "p1", type: "pipeline", is_read_only: false, ...(body as object) },
    });
    await account.connect(account.recording.url);
  });

  const lacking = ["schema-processor", "lookup-processor with a reference table"];
  test.each(processors.filter(([what]) => !lacking.includes(what)))(
    "%s is sent with the API's names and returned with the SDK's names",
    async (_what, expected, argument) => {
      const processor = argument as Value;
      const given = await checked(withProcessor(processor));
      expect(given["processors"]).toEqual([processor]);
      const { state } = await account.plugin.create(type, given);
      expect(account.recording.calls[0]!.body).toEqual({
        name: "Test",
        is_enabled: true,
        filter: { query: "service:parsed" },
        processors: [expected],
      });
      expect(state).toEqual(given);
    },
  );

  test("every change sends one call with both keys", async () => {
    const { id, state } = await account.plugin.create(type, await checked(inputs));
    await account.plugin.update(type, id, state, await checked({ ...inputs, isEnabled: false }));
    await account.plugin.delete(type, id, state);
    const path = "/api/v1/logs/config/pipelines";
    expect(account.recording.calls).toMatchObject([
      { method: "POST", path, headers: keys },
      { method: "PUT", path: `${path}/p1`, headers: keys },
      { method: "DELETE", path: `${path}/p1`, headers: keys },
    ]);
  });

  test("state of an earlier version is not a difference", async () => {
    const given = await checked(inputs);
    expect((await account.plugin.diff(type, { ...given, description: "", tags: [] }, given)).changed).toBe(false);
  });

  test("a processor with two types is refused before a call", async () => {
    const two = withProcessor({ grokParser, dateRemapper: { sources: ["date"] } });
    await expect(account.plugin.create(type, await checked(two))).rejects.toThrow(
      /must have one property, got dateRemapper and grokParser/,
    );
    expect(account.recording.calls).toEqual([]);
  });

  test("check and diff with unknown values call no API", async () => {
    expect(await checked({ ...inputs, name: unknown })).toMatchObject({ name: unknown, isEnabled: true });
    const given = await checked({ ...inputs, processors: [{ grokParser: { ...grokParser, source: unknown } }] });
    const before = await checked(inputs);
    expect((await account.plugin.diff(type, before, given)).details).toEqual({
      "processors[0].grokParser.source": "UPDATE",
      "processors[1]": "DELETE",
    });
    expect(account.recording.calls).toEqual([]);
  });

  test.each([
    [429, { errors: ["Rate limit"] }, "429: Rate limit"],
    [409, { errors: ["Busy"] }, "409: Busy"],
    [500, { errors: ["Broken"] }, "500: Broken"],
  ])("status %d is an error with the API's message", async (status, body, message) => {
    await account.connect(account.recording.url, { httpClientRetryEnabled: "false" });
    account.recording.answer = () => ({ status, body });
    await expect(account.plugin.create(type, await checked(inputs))).rejects.toThrow(
      `error creating logs pipeline: ${message}`,
    );
    expect(account.recording.calls).toHaveLength(1);
  });

  test("an unreachable API is an error with its address", async () => {
    const gone = await startRecordingApi();
    await gone.close();
    await account.connect(gone.url);
    const { host } = new URL(gone.url);
    await expect(account.plugin.create(type, await checked(inputs))).rejects.toThrow(
      `error creating logs pipeline: fetch failed: connect ECONNREFUSED ${host}`,
    );
  });

  test("a processor that the plugin does not know is an error", async () => {
    account.recording.answer = () => ({ body: { id: "p1", name: "Test", processors: [{ type: "magic" }] } });
    await expect(account.plugin.read(type, "p1", inputs, inputs)).rejects.toThrow(/does not know: "magic"/);
  });
});
