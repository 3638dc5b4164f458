import type { JsonApi } from "../protocol/json-api";
import { failed, unlessGone } from "../protocol/refusal";
import type { Call, ResourceType } from "../protocol/resource";
import { choice, flag, number, required, text, type Fields } from "../protocol/schema";
import type { Properties, Value } from "../protocol/value";

const inputs: Fields = {
  zoneId: { ...required(text), replaces: true },
  name: required(text),
  type: required(choice("A")),
  ttl: required(number),
  content: required(text),
  proxied: { ...flag, fallback: false },
  comment: text,
};

/**
 * `cloudflare:index/dnsRecord:DnsRecord`. As in the official plugin: POST creates, GET reads, PUT of the complete record
 * updates, DELETE removes.
 */
export const dnsRecord: ResourceType<JsonApi> = {
  inputs,
  async create(given, call) {
    const { zoneId } = given;
    const made = await ask(call, "POST", zoneId, "", body(given)).catch(failed(tried("POST")));
    return { id: made["id"] as string, outputs: shown(made, zoneId) };
  },
  async read(id, state, _given, call) {
    // The id of an import is ZONE/RECORD.
    const [zoneId, record] = id.includes("/") ? id.split("/") : [state["zoneId"], id];
    const found = await ask(call, "GET", zoneId, record).catch(unlessGone(tried("GET")));
    if (found === undefined) {
      return undefined;
    }
    const now = shown(found, zoneId);
    return { id: found["id"] as string, outputs: { ...state, ...now }, inputs: now };
  },
  async update(id, _state, given, call) {
    const { zoneId } = given;
    return shown(await ask(call, "PUT", zoneId, id, body(given)).catch(failed(tried("PUT"))), zoneId);
  },
  async delete(id, { zoneId }, call) {
    await ask(call, "DELETE", zoneId, id).catch(failed(tried("DELETE")));
  },
};

const tried = (method: string) => `failed to make http request: ${method} dns_records`;

/** The record for the API, without fields that only an earlier version of the stand-in used. */
const body = ({ name, type, ttl, content, proxied, comment }: Properties) => ({
  name,
  type,
  ttl,
  content,
  proxied,
  comment,
});

/** Calls the API on a zone's records, or on one of them. */
async function ask(call: Call<JsonApi>, method: string, zone: Value = "", record = "", sent?: object) {
  const path = `/zones/${zone as string}/dns_records${record === "" ? "" : `/${record}`}`;
  return (await call.configuration.send(method, path, call.signal, sent))["result"] as Properties;
}

/** The record as the SDK shows it. The API does not return the zone. */
function shown(record: Properties, zoneId: Value = ""): Properties {
  const told = Object.entries(record).filter(([name, value]) => name in inputs && value !== null);
  return { zoneId, ...Object.fromEntries(told) };
}
