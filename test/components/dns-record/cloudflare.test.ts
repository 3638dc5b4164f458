import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { recordToAdopt } from "../../../components/dns-record/cloudflare-claim";
import { explain, isGone, type LiveRecord } from "../../../components/dns-record/cloudflare-client";
import { startCloudflare } from "../../../lab/services/cloudflare/main";
import { Claim } from "../../../components/dns-record/cloudflare-claim";
import { CloudflareSwap } from "../../../components/dns-record/cloudflare-swap";
import { registered } from "../registered";

// The dynamic providers as Pulumi runs them: their frozen text, in a process of its own, against an API on loopback that
// journals each call.

const zoneId = "0123456789abcdef0123456789abcdef";
const fqdn = "kube-control.example.com";
const initial = "192.168.2.151";
const vip = "192.168.2.140";
const token = "CANARY-token";

type Outputs = Record<string, unknown>;
interface Frozen {
  create(inputs: object): Promise<{ id: string; outs: Outputs }>;
  read(id: string, outs: object): Promise<{ id?: string; props?: Outputs }>;
  diff(id: string, outs: object, inputs: object): Promise<{ changes: boolean; replaces?: string[] }>;
  update(id: string, outs: object, inputs: object): Promise<{ outs: Outputs }>;
  delete(id: string, outs: object): Promise<undefined>;
}

const driver = `
  require("node:readline").createInterface({ input: process.stdin }).on("line", async (line) => {
    const { code, method, args } = JSON.parse(line);
    let answer;
    try {
      answer = { value: await require("require-from-string")(code).handler()[method](...args) };
    } catch (error) {
      answer = { error: error.message };
    }
    process.stdout.write(JSON.stringify(answer) + "\\n");
  });`;

let host: ChildProcessByStdio<Writable, Readable, null>;
let waiting: (answer: { value?: unknown; error?: string }) => void;

/** One call at a time, as the tests make them. */
function frozen(code: string): Frozen {
  const call =
    (method: string) =>
    async (...args: unknown[]) => {
      const answered = new Promise<Parameters<typeof waiting>[0]>((resolve) => (waiting = resolve));
      host.stdin.write(`${JSON.stringify({ code, method, args })}\n`);
      const { value, error } = await answered;
      if (error !== undefined) throw new Error(error);
      return value;
    };
  return new Proxy({} as Frozen, { get: (_target, method) => call(String(method)) });
}

let folder: string;
let api: Awaited<ReturnType<typeof startCloudflare>>;
let access: { apiToken: string; baseUrl: string; zoneId: string };
let claim: Frozen;
let swap: Frozen;

const claimInputs = () => ({
  ...access,
  fqdn,
  address: initial,
  adoptable: [vip],
  ttl: 60,
  comment: "api",
  version: 4,
});
const swapInputs = (recordId: string, change: object = {}) => ({
  ...access,
  ...{ recordId, fqdn, address: vip, birthAddress: initial, ttl: 60, comment: "api", nameServers: [], version: 2 },
  ...change,
});

/** The calls since the last look: method and what was sent of the address and the TTL. */
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

/** What someone else does to the zone, unjournalled. */
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

beforeAll(async () => {
  host = spawn("node", ["-e", driver], { cwd: join(__dirname, "../../.."), stdio: ["pipe", "pipe", "inherit"] });
  createInterface({ input: host.stdout }).on("line", (line) => waiting(JSON.parse(line)));
  const resources = await registered(() => {
    const args = { apiToken: "x", baseUrl: "", zoneId, fqdn, address: initial, ttl: 60, comment: "" };
    new Claim("claim", { ...args, adoptable: [] }, {});
    new CloudflareSwap("swap", { ...args, recordId: "x", birthAddress: initial, nameServers: [] }, {});
  });
  claim = frozen(resources.get("claim")?.inputs.__provider);
  swap = frozen(resources.get("swap")?.inputs.__provider);
});

afterAll(() => host.stdin.end());

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
  access = { apiToken: token, baseUrl: `http://127.0.0.1:${api.port}/client/v4`, zoneId };
});

afterEach(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

describe("the swap", () => {
  test("moves the record in place, by one PATCH, and deletion moves it back", async () => {
    const { id } = await newRecord();
    const made = await swap.create(swapInputs(id));
    expect(made.id).toBe(id);
    expect(made.outs["seen"]).toMatchObject({ content: vip, ttl: 60, comment: "api", proxied: false });
    expect(calls()).toEqual([["PATCH", vip, 60, 200]]);
    await swap.delete(id, made.outs);
    expect(calls()).toEqual([["PATCH", initial, 60, 200]]);
  });

  test("no later change sends the initial address", async () => {
    const { id } = await newRecord();
    let { outs } = await swap.create(swapInputs(id));
    for (const change of [{ ttl: 120 }, { comment: "other" }, { birthAddress: "192.168.2.152" }, { version: 3 }]) {
      const inputs = swapInputs(id, change);
      expect(await swap.diff(id, outs, inputs)).toEqual({ changes: true, replaces: [] });
      ({ outs } = await swap.update(id, outs, inputs));
      expect(await swap.diff(id, outs, inputs)).toEqual({ changes: false, replaces: [] });
    }
    for (const [method, content] of calls()) {
      expect([method, content]).toEqual(["PATCH", vip]);
    }
    expect(await ask("GET", `/${id}`)).toMatchObject({ content: vip, ttl: 60 });
  });

  test("an unchanged stack is no change and asks nobody", async () => {
    const { id } = await newRecord();
    const { outs } = await swap.create(swapInputs(id));
    calls();
    expect(await swap.diff(id, outs, swapInputs(id))).toEqual({ changes: false, replaces: [] });
    expect(calls()).toEqual([]);
  });

  test.each([
    ["address", { content: "192.168.2.99" }],
    ["TTL", { ttl: 3600 }],
    ["comment", { comment: "by hand" }],
  ])("a %s that someone changed is read back and mended", async (_what, byHand) => {
    const { id } = await newRecord();
    const { outs } = await swap.create(swapInputs(id));
    await ask("PATCH", `/${id}`, byHand);
    const { props = {} } = await swap.read(id, outs);
    expect(props["seen"]).toMatchObject(byHand);
    expect((await swap.diff(id, props, swapInputs(id))).changes).toBe(true);
    calls();
    const mended = await swap.update(id, props, swapInputs(id));
    expect(mended.outs["seen"]).toMatchObject({ content: vip, ttl: 60, comment: "api" });
    expect(calls()).toEqual([["PATCH", vip, 60, 200]]);
  });

  test("another record is another swap", async () => {
    const { id } = await newRecord();
    const { outs } = await swap.create(swapInputs(id));
    expect(await swap.diff(id, outs, swapInputs("feed"))).toEqual({ changes: true, replaces: ["recordId"] });
  });

  test("a record that is gone is read as gone, and its swap can be deleted", async () => {
    const { id } = await newRecord();
    const { outs } = await swap.create(swapInputs(id));
    await ask("DELETE", `/${id}`);
    expect(await swap.read(id, outs)).toEqual({});
    await swap.delete(id, outs);
  });

  test("a refused token is named as such, not shown", async () => {
    const { id } = await newRecord();
    const refused = swap.create(swapInputs(id, { apiToken: "CANARY-wrong" }));
    await expect(refused).rejects.toThrow(
      /pointing kube-control.example.com at .*: Cloudflare says 403 .*set it with/s,
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
    ["headers that are invalid", 400, [6003, 6103], /not an API token/, setToken],
    ["a token that is unknown", 403, [9109], /unknown or has expired/, setToken],
    ["a token without this zone", 403, [9109], /permission Zone\.DNS Edit on the zone/, zone],
    ["a token without the permission", 403, [10000], /permission to edit DNS/, setToken],
    ["a token that is no longer valid", 401, [1000], /permission to edit DNS/, setToken],
    ["no authentication, with status 400", 400, [9106], /permission to edit DNS/, setToken],
    ["a zone id that is none", 400, [7003, 7000], /There is no such zone/, zone],
    ["a zone that is not there", 404, [7003], /There is no such zone/, zone],
    ["too many calls", 429, [971], /wait five minutes/, /run the same again/],
  ])("%s: what to do", (_what, status, [first = 0, second], advice, where) => {
    const chain = second === undefined ? {} : { error_chain: [{ code: second, message: "more" }] };
    const error = { status, message: "raw", errors: [{ code: first, message: "words.", ...chain }] };
    const { message } = explain("looking", error);
    expect(message).toMatch(`looking: Cloudflare says ${status} words (${first})`);
    expect(message).toMatch(advice);
    expect(message).toMatch(where);
    expect(isGone(error)).toBe(false);
  });

  test("a failure that is none of these is told in its own words", () => {
    expect(explain("looking", new Error("Connection error")).message).toBe(
      "looking: Cloudflare says Connection error.",
    );
  });

  test("a Global API Key is named as such by the claim, and not shown", async () => {
    const key = "c0ffee".repeat(6) + "a";
    const refused = claim.create({ ...claimInputs(), apiToken: key });
    await expect(refused).rejects.toThrow(
      /Cloudflare says 400 Invalid request headers \(6003\): Invalid format.*Global/s,
    );
    await expect(refused).rejects.not.toThrow(key);
  });

  test("a zone that is not there does not make its record one that is gone", async () => {
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
    // answers each query with the next address of the list, and with its last one from then on
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
  test("a free name gets its record at the first master, once; other names and types do not matter", async () => {
    await newRecord(initial, "other.example.com");
    const { existing } = (await claim.create(claimInputs())).outs;
    expect(calls().filter(([method]) => method !== "GET")).toEqual([["POST", initial, 60, 200]]);
    expect(await ask("GET", `/${String(existing)}`)).toMatchObject({
      ...{ name: fqdn, type: "A", content: initial, ttl: 60, comment: "api", proxied: false },
    });
  });

  test("an up that is killed before it notes the record is followed by one that adopts it", async () => {
    const killed = await claim.create(claimInputs());
    calls();
    expect((await claim.create(claimInputs())).outs["existing"]).toBe(killed.outs["existing"]);
    expect(calls().filter(([method]) => method !== "GET")).toEqual([]);
  });

  test("a POST that is sent again, since its answer was lost, finds its own record", async () => {
    const base = access.baseUrl;
    let lost = 0;
    // passes calls on, and keeps the answer to the first POST
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
  ])("a record at the address of %s is adopted, and nothing is written", async (_what, address) => {
    const { id } = await newRecord(address);
    expect((await claim.create(claimInputs())).outs["existing"]).toBe(id);
    expect(calls().filter(([method]) => method !== "GET")).toEqual([]);
    expect(await ask("GET", `/${id}`)).toMatchObject({ content: address, ttl: 60 });
  });

  test("deleted before the record's own resource was noted, it deletes the record that it made", async () => {
    const { outs } = await claim.create(claimInputs());
    calls();
    await claim.delete(fqdn, outs);
    expect(calls().map(([method]) => method)).toEqual(["GET", "DELETE"]);
    // in an ordinary destroy the record is gone by then
    await claim.delete(fqdn, outs);
    expect(calls()).toEqual([["GET", undefined, undefined, 404]]);
  });

  test("deleted, it leaves a record that it did not make, or that points elsewhere by now", async () => {
    const made = await claim.create(claimInputs());
    await ask("PATCH", `/${String(made.outs["existing"])}`, { content: vip });
    await claim.delete(fqdn, made.outs);
    await ask("PATCH", `/${String(made.outs["existing"])}`, { content: initial });
    const { made: _, ...earlier } = made.outs;
    await claim.delete(fqdn, earlier);
    await claim.delete(fqdn, (await claim.create(claimInputs())).outs);
    expect(calls().filter(([method]) => method !== "GET")).toEqual([]);
  });

  test("a claim of an earlier version is updated in place, and does not delete its record", async () => {
    const { made: _, ...outs } = (await claim.create({ ...claimInputs(), version: 3 })).outs;
    expect(await claim.diff(fqdn, outs, claimInputs())).toEqual({ changes: true, replaces: [] });
    const updated = await claim.update(fqdn, outs, claimInputs());
    calls();
    await claim.delete(fqdn, updated.outs);
    expect(calls()).toEqual([]);
  });

  test("a record that points elsewhere is named, with both ways out", async () => {
    const { id } = await newRecord("192.168.2.99");
    const message =
      `${fqdn} has records already: A 192.168.2.99 (id ${id}).\n` +
      `  Either delete it; or leave a single A record at ${initial} or ${vip}, not proxied`;
    await expect(claim.create(claimInputs())).rejects.toThrow(message);
  });

  test("once settled it asks nobody again, whatever the record's settings become", async () => {
    // as earlier versions have it
    const outs = { ...(await claim.create(claimInputs())).outs, existing: "" };
    calls();
    const other = { ...claimInputs(), address: "192.168.2.152" };
    expect((await claim.diff(fqdn, outs, other)).changes).toBe(false);
    // a new token is kept for a refresh
    const rotated = { ...claimInputs(), apiToken: "CANARY-new" };
    expect((await claim.diff(fqdn, outs, rotated)).changes).toBe(true);
    expect((await claim.update(fqdn, outs, rotated)).outs).toMatchObject({ existing: "", apiToken: "CANARY-new" });
    expect(calls()).toEqual([]);
  });

  test("a claim of an earlier version, without further addresses, does not change and asks nobody", async () => {
    const { adoptable: _, ttl: _ttl, comment: _comment, ...outs } = (await claim.create(claimInputs())).outs;
    calls();
    expect(await claim.diff(fqdn, outs, claimInputs())).toEqual({ changes: false, replaces: [] });
    expect(calls()).toEqual([]);
  });

  test.each([
    ["zone", { zoneId: "feedfeedfeedfeedfeedfeedfeedfeed" }, ["zoneId"]],
    ["name", { fqdn: "other.example.com" }, ["fqdn"]],
  ])("another %s is another claim: what was found here is not looked for there", async (_what, change, replaces) => {
    const { id } = await newRecord();
    const { outs } = await claim.create(claimInputs());
    expect(outs["existing"]).toBe(id);
    expect(await claim.diff(fqdn, outs, { ...claimInputs(), ...change })).toEqual({ changes: true, replaces });
  });

  test("an adopted record that is gone at a refresh is not looked for any more", async () => {
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
    ["two A records, of which resolvers pick one", [found({}), found({ id: "beef", content: vip })]],
    ["an IPv6 address beside it", [found({}), found({ id: "beef", type: "AAAA", content: "2001:db8::1" })]],
    ["a CNAME", [found({ type: "CNAME", content: "elsewhere.example.com" })]],
    ["a proxied one", [found({ proxied: true })]],
    ["a proxied one at the virtual IP", [found({ proxied: true, content: vip })]],
  ])("%s: not to be adopted", (_what, records) => {
    expect(() => recordToAdopt(fqdn, [initial, vip], records)).toThrow(
      /has records already: .*Either delete (it|them);/s,
    );
  });
});
