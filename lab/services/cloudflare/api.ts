import { timingSafeEqual } from "node:crypto";
import type { Answer, Call } from "../http";
import { page, Refusal, result } from "./envelope";
import { fullName, isPrivate, parseBody, recordFrom, type Zone } from "./record";
import type { RecordStore, StoredRecord } from "./store";

export interface ApiOptions {
  readonly token: string;
  readonly zones: readonly Zone[];
  readonly store: RecordStore;
}

/** Cloudflare's v4 API as far as a record's life needs it: zones (list, get) and dns_records. */
export function cloudflareApi(options: ApiOptions): (call: Call) => Promise<Answer> {
  return async (call) => {
    try {
      authenticate(call, options.token);
      return await route(call, options);
    } catch (error) {
      if (error instanceof Refusal) {
        return error.answer();
      }
      const detail = (error as Error).message;
      process.stderr.write(`${call.method} ${call.path}: ${detail}\n`);
      return new Refusal(500, 1000, `Internal error: ${detail}`).answer();
    }
  };
}

function authenticate(call: Call, token: string): void {
  const header = call.headers.authorization;
  if (header === undefined) {
    throw new Refusal(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers");
  }
  const given = /^Bearer ([A-Za-z0-9_-]+)$/.exec(header)?.[1];
  if (given === undefined) {
    const chain = [{ code: 6111, message: "Invalid format for Authorization header" }];
    throw new Refusal(400, 6003, "Invalid request headers", chain);
  }
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  if (a.length !== b.length || !timingSafeEqual(a, b)) {
    throw new Refusal(403, 10000, "Authentication error");
  }
}

async function route(call: Call, options: ApiOptions): Promise<Answer> {
  const parts = /^\/client\/v4\/zones(?:\/([^/]+)(?:\/(dns_records)(?:\/([^/]+))?)?)?\/?$/.exec(call.path);
  if (parts === null) {
    throw noRoute(call);
  }
  const [, zonePart, recordsPart, recordId] = parts;
  if (zonePart === undefined) {
    allow(call, "GET");
    return listZones(call, options.zones);
  }
  const zone = options.zones.find(({ id }) => id === zonePart);
  if (zone === undefined) {
    throw new Refusal(
      404,
      7003,
      `Could not route to ${call.path.slice("/client/v4".length)}, perhaps your object identifier is invalid?`,
    );
  }
  if (recordsPart === undefined) {
    allow(call, "GET");
    return result(zoneView(zone));
  }
  return recordId === undefined ? records(call, zone, options.store) : oneRecord(call, zone, recordId, options.store);
}

function noRoute(call: Call): Refusal {
  return new Refusal(404, 7000, `No route for that URI: ${call.path}`);
}

function allow(call: Call, ...methods: string[]): void {
  if (!methods.includes(call.method)) {
    throw new Refusal(405, 10405, "Method not allowed for this authentication scheme");
  }
}

function listZones(call: Call, zones: readonly Zone[]): Answer {
  knownQuery(call, ["name", "status", "page", "per_page", "order", "direction", "match", "account.id"]);
  const name = call.query.get("name");
  const shown = zones.filter((zone) => name === null || zone.name === name.toLowerCase());
  return page(shown.map(zoneView), call.query, 20);
}

function zoneView(zone: Zone): unknown {
  return {
    id: zone.id,
    name: zone.name,
    status: "active",
    paused: false,
    type: "full",
    development_mode: 0,
    name_servers: [`ns1.${zone.name}`],
    created_on: "2024-01-01T00:00:00.000000Z",
    modified_on: "2024-01-01T00:00:00.000000Z",
    activated_on: "2024-01-01T00:00:00.000000Z",
    account: { id: "0".repeat(32), name: "lab" },
    owner: { id: null, type: "user", email: null },
    meta: { step: 4, custom_certificate_quota: 0, page_rule_quota: 3, phishing_detected: false },
    permissions: ["#dns_records:edit", "#dns_records:read", "#zone:read"],
  };
}

async function records(call: Call, zone: Zone, store: RecordStore): Promise<Answer> {
  allow(call, "GET", "POST");
  if (call.method === "POST") {
    const fields = recordFrom(parseBody(call.body), zone);
    return result(recordView(await store.create(zone, fields)));
  }
  knownQuery(call, [...Object.keys(filters), "page", "per_page", "order", "direction", "match"]);
  const wanted = [...call.query].filter(([key]) => key in filters);
  const fits =
    (record: StoredRecord) =>
    ([key, value]: [string, string]) =>
      filters[key]?.(record, value, zone) ?? true;
  const any = call.query.get("match") === "any" && wanted.length > 0;
  const shown = store.list(zone).filter((record) => (any ? wanted.some(fits(record)) : wanted.every(fits(record))));
  return page(shown.map(recordView), call.query, 100);
}

type Filter = (record: StoredRecord, value: string, zone: Zone) => boolean;

/** The list's filters of the published API that an A record can answer. */
const filters: Readonly<Record<string, Filter>> = {
  type: (record, value) => record.type === value,
  name: (record, value, zone) => record.name === fullName(value, zone),
  "name.exact": (record, value, zone) => record.name === fullName(value, zone),
  "name.contains": (record, value) => record.name.includes(value.toLowerCase()),
  "name.startswith": (record, value) => record.name.startsWith(value.toLowerCase()),
  "name.endswith": (record, value) => record.name.endsWith(value.toLowerCase()),
  content: (record, value) => record.content === value,
  "content.exact": (record, value) => record.content === value,
  proxied: (record, value) => String(record.proxied) === value,
  search: (record, value) => [record.name, record.content, record.comment ?? ""].some((text) => text.includes(value)),
};

function knownQuery(call: Call, known: readonly string[]): void {
  for (const key of call.query.keys()) {
    if (!known.includes(key)) {
      throw new Refusal(400, 1004, `Unknown query parameter "${key}".`);
    }
  }
}

async function oneRecord(call: Call, zone: Zone, id: string, store: RecordStore): Promise<Answer> {
  allow(call, "GET", "PUT", "PATCH", "DELETE");
  if (!/^[0-9a-f]{32}$/.test(id)) {
    throw new Refusal(
      400,
      7003,
      `Could not route to ${call.path.slice("/client/v4".length)}, perhaps your object identifier is invalid?`,
    );
  }
  switch (call.method) {
    case "PUT": {
      const fields = recordFrom(parseBody(call.body), zone);
      return result(recordView(await store.update(zone, id, () => fields)));
    }
    case "PATCH": {
      const body = parseBody(call.body);
      return result(recordView(await store.update(zone, id, (before) => recordFrom(body, zone, before))));
    }
    case "DELETE":
      await store.remove(zone, id);
      return result({ id });
    default:
      return result(recordView(store.get(zone, id)));
  }
}

function recordView({ zoneId: _zoneId, ...record }: StoredRecord): unknown {
  return { ...record, proxiable: !isPrivate(record.content), meta: {} };
}
