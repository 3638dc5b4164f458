import { type Answer, type Call, jsonOf } from "../http";
import { refusal, result } from "./answers";
import { fullName, recordFrom, type Zone } from "./record";
import type { RecordStore, StoredRecord } from "./store";

export interface ApiOptions {
  readonly token: string;
  readonly zones: readonly Zone[];
  readonly store: RecordStore;
}

/** The part of Cloudflare's v4 API that kube-control and the provider's plugin use: a zone's dns_records. */
export function cloudflareApi({ token, zones, store }: ApiOptions): (call: Call) => Promise<Answer> {
  return async (call) => {
    // a Global API Key has 37 hexadecimal digits
    if (/^Bearer [0-9a-f]{37}$/.test(call.headers.authorization ?? "")) {
      throw refusal(400, 6003, "Invalid request headers", [
        { code: 6111, message: "Invalid format for Authorization header" },
      ]);
    }
    if (call.headers.authorization !== `Bearer ${token}`) {
      throw refusal(403, 10000, "Authentication error");
    }
    const [, zoneId, recordId] = /^\/client\/v4\/zones\/([^/]+)\/dns_records(?:\/([^/]+))?$/.exec(call.path) ?? [];
    const zone = zones.find(({ id }) => id === zoneId);
    if (zone === undefined) {
      throw refusal(404, 7003, `this stand-in does not know ${call.path}: it has only the records of its own zones`);
    }
    const given = () => jsonOf(call, refusal(400, 9207, "Request body is invalid: it is not JSON."));
    if (recordId === undefined) {
      switch (call.method) {
        case "GET":
          return list(call.query, zone, store.list(zone));
        case "POST":
          return result(shown(await store.create(zone, recordFrom(given(), zone))));
      }
    } else {
      switch (call.method) {
        case "GET":
          return result(shown(store.get(zone, recordId)));
        case "PUT":
          return result(shown(await store.update(zone, recordId, () => recordFrom(given(), zone))));
        case "PATCH":
          return result(shown(await store.update(zone, recordId, (before) => recordFrom(given(), zone, before))));
        case "DELETE":
          await store.remove(zone, recordId);
          return result({ id: recordId });
      }
    }
    throw refusal(405, 10405, `this stand-in does not know ${call.method} ${call.path}`);
  };
}

/** All records are on the first page. Clients read until a page is empty. */
function list(query: URLSearchParams, zone: Zone, records: readonly StoredRecord[]): Answer {
  let found = records;
  for (const [key, value] of query) {
    switch (key) {
      case "name":
      case "name.exact":
        found = found.filter(({ name }) => name === fullName(value, zone));
        break;
      case "page":
        found = value === "1" ? found : [];
        break;
      default:
        throw refusal(400, 1004, `this stand-in does not know the query parameter ${key}`);
    }
  }
  return result(found.map(shown));
}

function shown({ zoneId: _zoneId, ...record }: StoredRecord): unknown {
  return { ...record, proxiable: false, meta: {} };
}
