import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { startCloudflare } from "../../lab/services/cloudflare/main";
import * as claim from "../../provider/cloudflare-claim";
import { explain, isGone, type LiveRecord } from "../../provider/cloudflare-client";
import * as swap from "../../provider/cloudflare-swap";
import { secretMark } from "../../provider/secrets";

// Runs the provider's functions against an API on loopback, which records the calls.

const zoneId = "0123456789abcdef0123456789abcdef";
const fqdn = "kube-control.example.com";
const initial = "192.168.2.151";
const vip = "192.168.2.140";
const token = "CANARY-token";

/** A secret as the engine sends it. The types of the provider's functions do not know the mark. */
const secret = (value: string) => ({ [secretMark]: "1b47061264138c4ac30d75fd1eb44270", value }) as unknown as string;

/** A state of versions before 0.2, in which the resources were dynamic ones. */
const dynamic = <Outputs extends object>(outs: Outputs) => ({
  ...outs,
  version: 1,
  __provider: "exports.handler = () => { throw new Error('not to be run') };",
});

let folder: string;
let api: Awaited<ReturnType<typeof startCloudflare>>;
let access: { apiToken: string; baseUrl: string; zoneId: string };

const claimInputs = () => ({ ...access, fqdn, address: initial, adoptable: [vip], ttl: 60, comment: "api" });
const swapInputs = (recordId: string, change: object = {}) => ({
  ...access,
  ...{ recordId, fqdn, address: vip, birthAddress: initial, ttl: 60, comment: "api", nameServers: [] },
  ...change,
});

/** The calls since the last time that this function was called: method, sent address, sent TTL and status. */
let looked = 0;
function calls() {
  const all = readFileSync(join(folder, "journal"), "utf8").trim().split("\n");
  const since = all.slice(looked).map((line) => {
    const { method, request, status } = JSON.parse(line) as {
      method: string;
      status: number;
      request: { content?: string; ttl?: number } | null;
    };
    return [method, request?.content, request?.ttl, status];
  });
  looked = all.length;
  return since;
}

/** A change of the zone by another client. calls() does not return it. */
async function ask(method: string, path: string, body?: object) {
  const answer = await fetch(`${access.baseUrl}/zones/${zoneId}/dns_records${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const { result } = (await answer.json()) as { result: { id: string; content: string; ttl: number } };
  calls();
  return result;
}

const newRecord = (content = initial, name = fqdn) => ask("POST", "", { type: "A", name, content, ttl: 60 });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kube-control-cloudflare-"));
  looked = 0;
  api = await startCloudflare(
    {
      port: 0,
      token,
      zones: [{ id: zoneId, name: "example.com" }],
      nameServer: { address: "127.0.0.1", keyName: "", keyAlgorithm: "", keySecret: "" },
      stateFile: join(folder, "state.json"),
      journalFile: join(folder, "journal"),
    },
    () => Promise.resolve(),
  );
  access = { apiToken: secret(token), baseUrl: `http://127.0.0.1:${api.port}/client/v4`, zoneId };
});

afterEach(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

describe("the swap", () => {
  test("changes the record with one PATCH, and its deletion restores the record", async () => {
    const { id } = await newRecord();
    const made = await swap.create(swapInputs(id));
    expect(made.id).toBe(id);
    expect(made.outs["seen"]).toMatchObject({ content: vip, ttl: 60, comment: "api", proxied: false });
    expect(calls()).toEqual([["PATCH", vip, 60, 200]]);
    await swap.remove(made.outs);
    expect(calls()).toEqual([["PATCH", initial, 60, 200]]);
  });

  test("no later change sends the initial address", async () => {
    const { id } = await newRecord();
    let { outs } = await swap.create(swapInputs(id));
    for (const change of [{ ttl: 120 }, { comment: "other" }, { birthAddress: "192.168.2.152" }]) {
      const inputs = swapInputs(id, change);
      expect(swap.diff(outs, inputs)).toEqual({ changes: true, replaces: [] });
      ({ outs } = await swap.update(inputs));
      expect(swap.diff(outs, inputs)).toEqual({ changes: false, replaces: [] });
    }
    for (const [method, content] of calls()) {
      expect([method, content]).toEqual(["PATCH", vip]);
    }
    expect(await ask("GET", `/${id}`)).toMatchObject({ content: vip, ttl: 60 });
  });

  test("has no change and calls no API if the stack is unchanged", async () => {
    const { id } = await newRecord();
    const { outs } = await swap.create(swapInputs(id));
    calls();
    expect(swap.diff(outs, swapInputs(id))).toEqual({ changes: false, replaces: [] });
    expect(calls()).toEqual([]);
  });

  test.each([
    ["address", { content: "192.168.2.99" }],
    ["TTL", { ttl: 3600 }],
    ["comment", { comment: "by hand" }],
  ])("finds a changed %s at a refresh and corrects it at an update", async (_what, byHand) => {
    const { id } = await newRecord();
    const { outs } = await swap.create(swapInputs(id));
    await ask("PATCH", `/${id}`, byHand);
    const { props = {} } = await swap.read(id, outs);
    expect(props["seen"]).toMatchObject(byHand);
    expect(swap.diff(props, swapInputs(id)).changes).toBe(true);
    calls();
    const mended = await swap.update(swapInputs(id));
    expect(mended.outs["seen"]).toMatchObject({ content: vip, ttl: 60, comment: "api" });
    expect(calls()).toEqual([["PATCH", vip, 60, 200]]);
  });

  test("of a dynamic resource is updated in place, without its code and the initial address", async () => {
    const { id } = await newRecord();
    const outs = dynamic((await swap.create(swapInputs(id))).outs);
    calls();
    expect(swap.diff(outs, swapInputs(id))).toEqual({ changes: true, replaces: [] });
    expect(calls()).toEqual([]);
    const updated = await swap.update(swapInputs(id));
    expect(calls()).toEqual([["PATCH", vip, 60, 200]]);
    expect(Object.keys(updated.outs).sort()).toEqual([...Object.keys(swapInputs(id)), "seen"].sort());
    expect(swap.diff(updated.outs, swapInputs(id))).toEqual({ changes: false, replaces: [] });
  });

  test("of a dynamic resource is read and deleted without its code", async () => {
    const { id } = await newRecord();
    const outs = dynamic((await swap.create(swapInputs(id))).outs);
    expect((await swap.read(id, outs)).props).toEqual(outs);
    calls();
    await swap.remove(outs);
    expect(calls()).toEqual([["PATCH", initial, 60, 200]]);
  });

  test("keeps the mark of the secret token in its outputs", async () => {
    const { id } = await newRecord();
    const { outs } = await swap.create(swapInputs(id));
    const read = await swap.read(id, outs);
    const updated = await swap.update(swapInputs(id));
    for (const state of [outs, read.props, updated.outs]) {
      expect(state.apiToken).toEqual(secret(token));
      expect(JSON.stringify({ ...state, apiToken: "" })).not.toContain(token);
    }
    // only the engine decides what is a secret
    expect(swap.diff({ ...outs, apiToken: token }, swapInputs(id))).toEqual({ changes: false, replaces: [] });
  });

  test("is replaced if the record is another one", async () => {
    const { id } = await newRecord();
    const { outs } = await swap.create(swapInputs(id));
    expect(swap.diff(outs, swapInputs("feed"))).toEqual({ changes: true, replaces: ["recordId"] });
  });

  test("reads a missing record as missing, and can then be deleted", async () => {
    const { id } = await newRecord();
    const { outs } = await swap.create(swapInputs(id));
    await ask("DELETE", `/${id}`);
    expect(await swap.read(id, outs)).toEqual({});
    await swap.remove(outs);
  });

  test("reports a refused token with a remedy and without showing it", async () => {
    const { id } = await newRecord();
    const refused = swap.create(swapInputs(id, { apiToken: secret("CANARY-wrong") }));
    await expect(refused).rejects.toThrow(
      /pointing kube-control.example.com at .* failed at Cloudflare: 403 .*set it with/s,
    );
    await expect(refused).rejects.not.toThrow(/CANARY/);
  });
});

describe("a call that Cloudflare refuses", () => {
  const setToken = /pulumi config set --secret kube-control:cloudflareApiToken/;
  const zone = /kube-control:endpoint.cloudflare.zoneId/;

  test.each([
    [
      "a Global API Key in place of a token",
      400,
      [6003, 6111],
      /not an API token: it may be a Global API Key/,
      setToken,
    ],
    ["invalid headers", 400, [6003, 6103], /not an API token/, setToken],
    ["an unknown token", 403, [9109], /unknown or has expired/, setToken],
    ["a token without this zone", 403, [9109], /permission Zone\.DNS Edit on the zone/, zone],
    ["a token without the permission", 403, [10000], /permission to edit DNS/, setToken],
    ["a token that is no longer valid", 401, [1000], /permission to edit DNS/, setToken],
    ["no authentication, with status 400", 400, [9106], /permission to edit DNS/, setToken],
    ["an invalid zone id", 400, [7003, 7000], /There is no such zone/, zone],
    ["a missing zone", 404, [7003], /There is no such zone/, zone],
    ["too many calls", 429, [971], /wait five minutes/, /run the command again/],
  ])("%s is an error with a remedy", (_what, status, [first = 0, second], advice, where) => {
    const chain = second === undefined ? {} : { error_chain: [{ code: second, message: "more" }] };
    const error = { status, message: "raw", errors: [{ code: first, message: "words.", ...chain }] };
    const { message } = explain("looking", error);
    expect(message).toMatch(`looking failed at Cloudflare: ${status} words (${first})`);
    expect(message).toMatch(advice);
    expect(message).toMatch(where);
    expect(isGone(error)).toBe(false);
  });

  test("any other failure is shown with its own message", () => {
    expect(explain("looking", new Error("Connection error")).message).toBe(
      "looking failed at Cloudflare: Connection error.",
    );
  });

  test("the claim reports a Global API Key without showing it", async () => {
    const key = "c0ffee".repeat(6) + "a";
    const refused = claim.create({ ...claimInputs(), apiToken: secret(key) });
    await expect(refused).rejects.toThrow(
      /at Cloudflare: 400 Invalid request headers \(6003\): Invalid format.*Global/s,
    );
    await expect(refused).rejects.not.toThrow(key);
  });

  test("a missing zone is an error, and its record does not count as missing", async () => {
    const { id } = await newRecord();
    const { outs } = await swap.create(swapInputs(id));
    await expect(swap.read(id, { ...outs, zoneId: "feed".repeat(8) })).rejects.toThrow(/There is no such zone/);
  });
});

describe("the swap and authoritative name servers", () => {
  let server: Socket;
  let answers: string[];
  let address: string;

  beforeEach(async () => {
    server = createSocket("udp4");
    // answers each query with the next address of the list; the last one is repeated
    server.on("message", (query, from) => {
      const content = answers.length > 1 ? answers.shift() : answers[0];
      const question = query.subarray(12, query.indexOf(0, 12) + 5);
      const header = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0]);
      const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...(content ?? "").split(".").map(Number)]);
      server.send(Buffer.concat([header, question, record]), from.port, from.address);
    });
    await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
    address = `127.0.0.1:${server.address().port}`;
  });

  afterEach(() => server.close());

  test("waits until they answer with the new address", async () => {
    answers = [initial, initial, vip];
    const { id } = await newRecord();
    await swap.create(swapInputs(id, { nameServers: [address] }));
    expect(answers).toEqual([vip]);
  });
});

describe("the claim", () => {
  test("creates one record at the first master if the name is free", async () => {
    await newRecord(initial, "other.example.com");
    const { existing } = (await claim.create(claimInputs())).outs;
    expect(calls().filter(([method]) => method !== "GET")).toEqual([["POST", initial, 60, 200]]);
    expect(await ask("GET", `/${String(existing)}`)).toMatchObject({
      ...{ name: fqdn, type: "A", content: initial, ttl: 60, comment: "api", proxied: false },
    });
  });

  test("adopts the record of an up that was killed before the note", async () => {
    const killed = await claim.create(claimInputs());
    calls();
    expect((await claim.create(claimInputs())).outs["existing"]).toBe(killed.outs["existing"]);
    expect(calls().filter(([method]) => method !== "GET")).toEqual([]);
  });

  test("finds its own record if it repeats a POST whose answer was lost", async () => {
    const base = access.baseUrl;
    let lost = 0;
    // forwards calls, but withholds the answer to the first POST
    const proxy = createServer((request, response) => {
      void (async () => {
        const { method = "", headers } = request;
        const body = method === "POST" ? await text(request) : undefined;
        const { authorization = "" } = headers;
        const answer = await fetch(`${base}${request.url ?? ""}`, {
          ...{ method, body },
          headers: { authorization, "content-type": "application/json" },
        });
        const status = method === "POST" && lost++ === 0 ? 504 : answer.status;
        response.writeHead(status, { "content-type": "application/json" }).end(await answer.text());
      })();
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const baseUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const { outs } = await claim.create({ ...claimInputs(), baseUrl });
    proxy.close().closeAllConnections();
    expect(calls().filter(([method]) => method === "POST").map(([, , , status]) => status)).toEqual([200, 400]); // prettier-ignore
    expect(outs["made"]).toBe(true);
    expect(await ask("GET", `/${String(outs["existing"])}`)).toMatchObject({ name: fqdn, content: initial });
  });

  test.each([
    ["the first master", initial],
    ["the virtual IP", vip],
  ])("adopts a record at the address of %s, and writes nothing", async (_what, address) => {
    const { id } = await newRecord(address);
    expect((await claim.create(claimInputs())).outs["existing"]).toBe(id);
    expect(calls().filter(([method]) => method !== "GET")).toEqual([]);
    expect(await ask("GET", `/${id}`)).toMatchObject({ content: address, ttl: 60 });
  });

  test("deletes the record that it created, if it is deleted before the record has a note", async () => {
    const { outs } = await claim.create(claimInputs());
    calls();
    await claim.remove(outs);
    expect(calls().map(([method]) => method)).toEqual(["GET", "DELETE"]);
    // in a normal destroy the record does not exist any more
    await claim.remove(outs);
    expect(calls()).toEqual([["GET", undefined, undefined, 404]]);
  });

  test("does not delete a record that it did not create or that has another address", async () => {
    const made = await claim.create(claimInputs());
    await ask("PATCH", `/${String(made.outs["existing"])}`, { content: vip });
    await claim.remove(made.outs);
    await ask("PATCH", `/${String(made.outs["existing"])}`, { content: initial });
    const { made: _, ...earlier } = made.outs;
    await claim.remove(earlier);
    await claim.remove((await claim.create(claimInputs())).outs);
    expect(calls().filter(([method]) => method !== "GET")).toEqual([]);
  });

  test("of a dynamic resource is updated in place, without its code and without a call", async () => {
    const { id } = await newRecord();
    const outs = dynamic((await claim.create(claimInputs())).outs);
    calls();
    expect(claim.diff(outs, claimInputs())).toEqual({ changes: true, replaces: [] });
    const updated = claim.update(outs, claimInputs());
    expect(updated.outs).toEqual({ ...claimInputs(), existing: id, made: false });
    expect(claim.diff(updated.outs as claim.ClaimOutputs, claimInputs())).toEqual({ changes: false, replaces: [] });
    expect(calls()).toEqual([]);
  });

  test("of an earlier version does not delete its record", async () => {
    const { made: _, ...outs } = dynamic((await claim.create(claimInputs())).outs);
    const updated = claim.update(outs, claimInputs());
    calls();
    await claim.remove(updated.outs);
    expect(calls()).toEqual([]);
  });

  test("keeps the mark of the secret token in its outputs", async () => {
    const { outs } = await claim.create(claimInputs());
    const read = await claim.read(fqdn, outs);
    const updated = claim.update(outs, claimInputs());
    for (const state of [outs, read.props, updated.outs]) {
      expect(state.apiToken).toEqual(secret(token));
      expect(JSON.stringify({ ...state, apiToken: "" })).not.toContain(token);
    }
  });

  test("refuses a record with another address, and names both remedies", async () => {
    const { id } = await newRecord("192.168.2.99");
    const message =
      `${fqdn} has records already: A 192.168.2.99 (id ${id}).\n` +
      `  Either delete it; or leave a single A record at ${initial} or ${vip}, not proxied`;
    await expect(claim.create(claimInputs())).rejects.toThrow(message);
  });

  test("calls no API after its creation, also if the record's settings change", async () => {
    // the state of earlier versions
    const outs = { ...(await claim.create(claimInputs())).outs, existing: "" };
    calls();
    const other = { ...claimInputs(), address: "192.168.2.152" };
    expect(claim.diff(outs, other).changes).toBe(false);
    // a refresh needs the new token
    const rotated = { ...claimInputs(), apiToken: secret("CANARY-new") };
    expect(claim.diff(outs, rotated).changes).toBe(true);
    expect(claim.update(outs, rotated).outs).toMatchObject({ existing: "", apiToken: secret("CANARY-new") });
    expect(calls()).toEqual([]);
  });

  test("of an earlier version without `adoptable` has no change and calls no API", async () => {
    const { adoptable: _, ttl: _ttl, comment: _comment, ...outs } = (await claim.create(claimInputs())).outs;
    calls();
    expect(claim.diff(outs, claimInputs())).toEqual({ changes: false, replaces: [] });
    expect(calls()).toEqual([]);
  });

  test.each([
    ["zone", { zoneId: "feedfeedfeedfeedfeedfeedfeedfeed" }, ["zoneId"]],
    ["name", { fqdn: "other.example.com" }, ["fqdn"]],
  ])("is replaced for another %s", async (_what, change, replaces) => {
    const { id } = await newRecord();
    const { outs } = await claim.create(claimInputs());
    expect(outs["existing"]).toBe(id);
    expect(claim.diff(outs, { ...claimInputs(), ...change })).toEqual({ changes: true, replaces });
  });

  test("forgets an adopted record that is missing at a refresh", async () => {
    const { id } = await newRecord();
    const { outs } = await claim.create(claimInputs());
    expect((await claim.read(fqdn, outs)).props).toMatchObject({ existing: id });
    await ask("DELETE", `/${id}`);
    expect((await claim.read(fqdn, outs)).props).toMatchObject({ existing: "" });
  });

  const found = (change: Partial<LiveRecord>): LiveRecord => ({
    ...{ id: "feed", type: "A", content: initial, ttl: 60, comment: "", proxied: false },
    ...change,
  });
  test.each([
    ["two A records", [found({}), found({ id: "beef", content: vip })]],
    ["an A record and an IPv6 address", [found({}), found({ id: "beef", type: "AAAA", content: "2001:db8::1" })]],
    ["a CNAME", [found({ type: "CNAME", content: "elsewhere.example.com" })]],
    ["a proxied record", [found({ proxied: true })]],
    ["a proxied record at the virtual IP", [found({ proxied: true, content: vip })]],
  ])("refuses %s, and names what to delete", (_what, records) => {
    expect(() => claim.recordToAdopt(fqdn, [initial, vip], records)).toThrow(
      /has records already: .*Either delete (it|them);/s,
    );
  });
});
