import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startCloudflare } from "../../../services/cloudflare/main";
import { type AddressSet, updateText } from "../../../services/cloudflare/name-server";
import type { Server } from "../../../services/http";
import { call, type Reply } from "../../call";
import { scratchFolder } from "../../scratch";

const token = "lab-token_0123456789";
const zoneId = "0123456789abcdef0123456789abcdef";
const scratch = scratchFolder();
const published: (readonly AddressSet[])[] = [];
let nameServerFails = false;
let server: Server;

const config = {
  port: 0,
  token,
  zones: [{ id: zoneId, name: "kacangisnuts.com" }],
  nameServer: { address: "127.0.0.1", keyName: "k", keyAlgorithm: "hmac-sha256", keySecret: "AAAA" },
  stateFile: join(scratch, "state.json"),
  journalFile: join(scratch, "journal.jsonl"),
};

function publish(sets: readonly AddressSet[]): Promise<void> {
  if (nameServerFails) {
    return Promise.reject(new Error("REFUSED"));
  }
  published.push(sets);
  return Promise.resolve();
}

function api(method: string, path: string, body?: unknown, authorization = `Bearer ${token}`): Promise<Reply> {
  return call(`http://127.0.0.1:${server.port}/client/v4${path}`, method, { headers: { authorization }, body });
}

const records = `/zones/${zoneId}/dns_records`;
const master1 = { name: "kube-control", type: "A", content: "192.168.2.151", ttl: 60, proxied: false };

beforeAll(async () => {
  server = await startCloudflare(config, publish);
});
beforeEach(async () => {
  nameServerFails = false;
  for (const { id } of (await api("GET", records)).body.result) {
    await api("DELETE", `${records}/${id}`);
  }
  published.length = 0;
});
afterAll(async () => {
  await server.close();
});

test("a record can be created, changed, read, listed and deleted, and changes are published", async () => {
  const created = await api("POST", records, master1);
  expect(created).toMatchObject({ status: 200, body: { success: true, errors: [], messages: [] } });
  const { id } = created.body.result;
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(created.body.result).toMatchObject({ name: "kube-control.kacangisnuts.com", ttl: 60, proxied: false });

  const patched = await api("PATCH", `${records}/${id}`, { content: "192.168.2.140", comment: "virtual address" });
  expect(patched.body.result).toMatchObject({ id, content: "192.168.2.140", ttl: 60, comment: "virtual address" });

  // PUT replaces the record: omitted fields get their defaults
  const put = await api("PUT", `${records}/${id}`, {
    name: "kube-control.kacangisnuts.com",
    type: "A",
    content: "192.168.2.140",
  });
  expect(put.body.result).toMatchObject({ id, ttl: 1, comment: null });

  expect((await api("GET", `${records}/${id}`)).body.result.content).toBe("192.168.2.140");
  const listed = async (query: string) => (await api("GET", `${records}?${query}`)).body.result.length as number;
  expect(await listed("name.exact=kube-control.kacangisnuts.com")).toBe(1);
  expect(await listed("name.exact=kube-control.kacangisnuts.com&page=2")).toBe(0);
  expect(await listed("name=other.kacangisnuts.com")).toBe(0);

  expect((await api("DELETE", `${records}/${id}`)).body.result).toEqual({ id });
  expect(await api("GET", `${records}/${id}`)).toMatchObject({ status: 404, body: { errors: [{ code: 81044 }] } });

  const name = "kube-control.kacangisnuts.com";
  const zone = "kacangisnuts.com";
  expect(published).toEqual([
    [{ zone, name, ttl: 60, addresses: ["192.168.2.151"] }],
    [{ zone, name, ttl: 60, addresses: ["192.168.2.140"] }],
    [{ zone, name, ttl: 300, addresses: ["192.168.2.140"] }],
    [{ zone, name, ttl: 86400, addresses: [] }],
  ]);
});

test.each([
  ["a body that is not JSON", "{", 9207],
  ["an array", [], 9207],
  ["an unknown field", { ...master1, colour: "red" }, 9207],
  ["an unknown setting", { ...master1, settings: { flatten: true } }, 9207],
  ["a TTL in quotes", { ...master1, ttl: "60" }, 9021],
  ["a TTL too short", { ...master1, ttl: 59 }, 9021],
  ["a TTL too long", { ...master1, ttl: 86401 }, 9021],
  ["a fractional TTL", { ...master1, ttl: 60.5 }, 9021],
  ["no name", { ...master1, name: undefined }, 9000],
  ["an invalid name", { ...master1, name: "kube control" }, 9000],
  ["an invalid IPv4 address", { ...master1, content: "192.168.2.256" }, 9005],
  ["a proxied record", { ...master1, proxied: true }, 9003],
  ["another type", { ...master1, type: "MX" }, 9000],
  ["tags that are not strings", { ...master1, tags: [1] }, 9207],
])("refuses %s", async (_what, body, code) => {
  const reply = await api("POST", records, body);
  expect(reply).toMatchObject({
    status: 400,
    body: { success: false, result: null, messages: [], errors: [{ code }] },
  });
  expect(published).toEqual([]);
});

test("refuses a second record of the same name and content", async () => {
  await api("POST", records, master1);
  const duplicate = await api("POST", records, { ...master1, name: "kube-control.kacangisnuts.com", ttl: 120 });
  expect(duplicate.body.errors[0].code).toBe(81058);
  expect((await api("POST", records, { ...master1, content: "192.168.2.152" })).status).toBe(200);
});

test("refuses a call without the token", async () => {
  const url = `http://127.0.0.1:${server.port}/client/v4${records}`;
  const refused = { status: 403, body: { success: false, errors: [{ code: 10000, message: "Authentication error" }] } };
  expect(await call(url, "GET")).toMatchObject(refused);
  expect(await api("GET", records, undefined, "Bearer wrong")).toMatchObject(refused);
});

test("refuses unknown paths, methods and queries with their names", async () => {
  const refused = async (method: string, path: string) => {
    const { status, body } = await api(method, path);
    return [status, body.errors[0].message as string];
  };
  const unknown = expect.stringMatching(/^this stand-in does not know/) as string;
  for (const path of [`/zones/${"f".repeat(32)}/dns_records`, `/zones/${zoneId}`, "/accounts"]) {
    expect(await refused("GET", path)).toEqual([404, unknown]);
  }
  expect(await refused("DELETE", records)).toEqual([405, unknown]);
  expect(await refused("GET", `${records}?nmae=x`)).toEqual([400, unknown]);
});

test("a record that the name server refused is not stored", async () => {
  nameServerFails = true;
  const refused = await api("POST", records, master1);
  expect(refused).toMatchObject({ status: 500, body: { errors: [{ message: expect.stringContaining("REFUSED") }] } });
  nameServerFails = false;
  expect((await api("GET", records)).body.result).toEqual([]);
});

test("concurrent changes are made one after another", async () => {
  const { id } = (await api("POST", records, master1)).body.result;
  const addresses = Array.from({ length: 10 }, (_, i) => `192.168.2.${i + 1}`);
  await Promise.all(addresses.map((content) => api("PATCH", `${records}/${id}`, { content })));
  const last = published.at(-1)?.[0]?.addresses;
  expect(last).toEqual([(await api("GET", `${records}/${id}`)).body.result.content]);
});

test("records survive a restart and are published again", async () => {
  await api("POST", records, master1);
  await server.close();
  published.length = 0;
  const again = await startCloudflare(config, publish);
  server = again;
  await again.store.publishAll();
  expect((await api("GET", records)).body.result).toHaveLength(1);
  expect(published[0]).toMatchObject([{ addresses: ["192.168.2.151"] }]);
});

test("the journal has the calls with their bodies, and never the token", async () => {
  await api("POST", records, master1);
  await api("GET", records, undefined, "Bearer wrong");
  const journal = (await call(`http://127.0.0.1:${server.port}/_lab/journal`, "GET")).body;
  expect(journal.slice(-2)).toMatchObject([
    { method: "POST", path: `/client/v4${records}`, status: 200, request: master1, response: { success: true } },
    { method: "GET", status: 403, request: null },
  ]);
  expect(Date.parse(journal[0].time)).not.toBeNaN();
  expect(readFileSync(config.journalFile, "utf8")).not.toContain(token);
});

test("one UPDATE message replaces all addresses of a name", () => {
  const sets = [{ zone: "z.org", name: "a.z.org", ttl: 60, addresses: ["192.0.2.1"] }];
  expect(updateText({ address: "192.0.2.53", keyName: "k", keyAlgorithm: "hmac-sha256", keySecret: "x" }, sets)).toBe(
    "server 192.0.2.53\nzone z.org.\nupdate delete a.z.org. A\nupdate add a.z.org. 60 A 192.0.2.1\nsend\n",
  );
});
