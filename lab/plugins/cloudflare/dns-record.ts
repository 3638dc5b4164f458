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
 * `cloudflare:index/dnsRecord:DnsRecord`: created by POST, read by GET, changed by a PUT of the whole record, removed
 * by DELETE, as the official plugin does.
 */
export const dnsRecord: ResourceType<JsonApi> = {
  inputs,
  async create(given, call) {
    const { zoneId } = given;
    const made = await ask(call, "POST", zoneId, "", body(given)).catch(failed(tried("POST")));
    return { id: made["id"] as string, outputs: shown(made, zoneId) };
  },
  async read(id, state, _given, call) {
    // An import names zone and record.
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

/** The record as the API takes it, without what only a former version of the stand-in knew. */
const body = ({ name, type, ttl, content, proxied, comment }: Properties) => ({
  name,
  type,
  ttl,
  content,
  proxied,
  comment,
});

/** Asks for a zone's records, or for one of them. */
async function ask(call: Call<JsonApi>, method: string, zone: Value = "", record = "", sent?: object) {
  const path = `/zones/${zone as string}/dns_records${record === "" ? "" : `/${record}`}`;
  return (await call.configuration.send(method, path, call.signal, sent))["result"] as Properties;
}

/** The record as the SDK shows it, in the zone that the API does not tell. */
function shown(record: Properties, zoneId: Value = ""): Properties {
  const told = Object.entries(record).filter(([name, value]) => name in inputs && value !== null);
  return { zoneId, ...Object.fromEntries(told) };
}
