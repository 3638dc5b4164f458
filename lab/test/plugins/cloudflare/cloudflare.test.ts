import { type Properties } from "../../../plugins/protocol/value";
import { hidden, Plugin, reveal } from "../engine";
import { startRecordingApi, type RecordingApi } from "../recording-api";

const type = "cloudflare:index/dnsRecord:DnsRecord";
const inputs: Properties = {
  zoneId: "zone1",
  name: "kube-control.kacangisnuts.com",
  type: "A",
  content: "192.168.2.151",
  ttl: 60,
  proxied: false,
};
const stored = {
  id: "rec1",
  name: "kube-control.kacangisnuts.com",
  type: "A",
  content: "192.168.2.151",
  proxiable: false,
  proxied: false,
  ttl: 60,
  settings: {},
  meta: { source: "primary" },
  comment: null,
  tags: [],
  created_on: "2026-01-01T00:00:00Z",
  modified_on: "2026-01-01T00:00:00Z",
};

let plugin: Plugin;
let api: RecordingApi;

beforeAll(async () => {
  api = await startRecordingApi();
  plugin = await Plugin.start("cloudflare", { CLOUDFLARE_API_TOKEN: "", CLOUDFLARE_BASE_URL: "" });
  const configuration = { apiToken: hidden("canary-token"), baseUrl: `${api.url}/client/v4` };
  expect(await plugin.checkConfig(configuration)).toEqual({});
  await plugin.configure(configuration);
});

beforeEach(() => {
  api.calls.length = 0;
  api.answer = () => ({ body: { success: true, errors: [], messages: [], result: stored } });
});

afterAll(async () => {
  await plugin.stop();
  await api.close();
});

test.each<[string, Properties, string, RegExp]>([
  ["a missing zone", { ...inputs, zoneId: null }, "zoneId", /missing required/],
  ["an unknown name", { ...inputs, value: "192.168.2.151" }, "value", /unknown property/],
  ["a mistyped ttl", { ...inputs, ttl: "60" }, "ttl", /expected a number/],
  ["another type", { ...inputs, type: "AAAA" }, "type", /one of A/],
  ["an input that the stand-in lacks", { ...inputs, data: {} }, "data", /unknown property/],
])("check refuses %s", async (_what, given, property, reason) => {
  const { failures } = await plugin.check(type, given);
  expect(failures).toEqual({ [property]: expect.stringMatching(reason) as string });
  expect(api.calls).toEqual([]);
});

test("an unknown key of the provider's configuration is refused", async () => {
  expect(await plugin.checkConfig({ apiToken: "x", apiTokn: "x" })).toEqual({
    apiTokn: expect.stringContaining("unknown property") as string,
  });
});

test("create sends a POST with the record and the bearer token", async () => {
  const { id, state } = await plugin.create(type, inputs);
  expect(id).toBe("rec1");
  expect(api.calls).toMatchObject([
    {
      method: "POST",
      path: "/client/v4/zones/zone1/dns_records",
      headers: { authorization: "Bearer canary-token" },
      body: { content: "192.168.2.151", name: stored.name, proxied: false, ttl: 60, type: "A" },
    },
  ]);
  expect(Object.keys(api.calls[0]!.body as object).sort()).toEqual(["content", "name", "proxied", "ttl", "type"]);
  expect(state).toEqual(inputs);
});

test("read returns drift in the state and in the inputs", async () => {
  api.answer = () => ({ body: { success: true, errors: [], result: { ...stored, content: "192.168.2.140" } } });
  const found = await plugin.read(type, "rec1", inputs, inputs);
  expect(api.calls).toMatchObject([{ method: "GET", path: "/client/v4/zones/zone1/dns_records/rec1" }]);
  expect(found.state).toMatchObject({ content: "192.168.2.140" });
  expect(found.inputs).toEqual({ ...inputs, content: "192.168.2.140" });
});

test("read of a missing record finds nothing; an import takes zone and record", async () => {
  const imported = await plugin.read(type, "zone1/rec1", {});
  // later calls use the record's own id
  expect(imported.id).toBe("rec1");
  expect(imported.inputs).toEqual(inputs);
  api.answer = () => undefined;
  expect((await plugin.read(type, "rec1", inputs, inputs)).id).toBe("");
});

test("update sends a PUT with the complete record", async () => {
  await plugin.update(type, "rec1", inputs, { ...inputs, ttl: 120, comment: "swapped" });
  expect(api.calls).toMatchObject([
    {
      method: "PUT",
      path: "/client/v4/zones/zone1/dns_records/rec1",
      body: { content: "192.168.2.151", name: stored.name, proxied: false, ttl: 120, type: "A", comment: "swapped" },
    },
  ]);
});

test("delete sends a DELETE", async () => {
  await plugin.delete(type, "rec1", inputs);
  expect(api.calls).toMatchObject([{ method: "DELETE", path: "/client/v4/zones/zone1/dns_records/rec1" }]);
});

test("diff: another zone replaces the record, other changes update it", async () => {
  const diff = await plugin.diff(type, inputs, { ...inputs, zoneId: "zone2", content: "192.168.2.140", name: "other" });
  expect(diff.details).toEqual({ zoneId: "UPDATE_REPLACE", content: "UPDATE", name: "UPDATE" });
  expect((await plugin.diff(type, inputs, { ...inputs, content: "x" }, ["content"])).changed).toBe(false);
});

test("state of an earlier version is not a difference, and is kept", async () => {
  const state = { ...inputs, tags: [], settings: {}, createdOn: "then", meta: "{}" };
  expect((await plugin.diff(type, state, inputs)).changed).toBe(false);
  expect((await plugin.read(type, "rec1", state, inputs)).state).toEqual(state);
});

test("an error of the API is shown with its message and without the token", async () => {
  api.answer = () => ({
    status: 400,
    body: { success: false, errors: [{ code: 81058, message: "An identical record already exists." }], result: null },
  });
  const failed = plugin.create(type, inputs);
  await expect(failed).rejects.toThrow(
    "failed to make http request: POST dns_records: 400: 81058: An identical record already exists.",
  );
  await expect(failed).rejects.not.toThrow(/canary/);
});

test("a secret input stays secret in the state", async () => {
  const { state } = await plugin.create(type, { ...inputs, comment: hidden("canary") });
  expect(state["comment"]).toBeUndefined();
  api.answer = () => ({ body: { success: true, errors: [], result: { ...stored, comment: "canary" } } });
  const again = await plugin.create(type, { ...inputs, comment: hidden("canary") });
  expect(again.state["comment"]).toEqual(hidden("canary"));
  expect(reveal(again.state["comment"]!)).toBe("canary");
});
