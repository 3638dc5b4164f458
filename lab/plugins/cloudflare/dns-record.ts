import Cloudflare from "cloudflare";
import type { ResourceType } from "../protocol/resource";
import { choice, flag, number, required, text, type Fields } from "../protocol/schema";
import type { Properties } from "../protocol/value";

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
export const dnsRecord: ResourceType<Cloudflare> = {
  inputs,
  async create(given, { configuration: client, signal }) {
    const made = await client.dns.records.create(params(given), { signal }).catch(readable("POST"));
    return { id: made.id, outputs: shown(made, given) };
  },
  async read(id, state, _given, { configuration: client, signal }) {
    // An import names zone and record.
    const [zoneId, recordId] = id.includes("/") ? id.split("/") : [zoneOf(state), id];
    const zone = { zone_id: zoneId ?? "" };
    const found = await client.dns.records.get(recordId ?? "", zone, { signal }).catch(noneIfGone);
    if (found === undefined) {
      return undefined;
    }
    const now = shown(found, { zoneId: zone.zone_id });
    return { id: found.id, outputs: { ...state, ...now }, inputs: now };
  },
  async update(id, _state, given, { configuration: client, signal }) {
    const changed = await client.dns.records.update(id, params(given), { signal }).catch(readable("PUT"));
    return shown(changed, given);
  },
  async delete(id, state, { configuration: client, signal }) {
    await client.dns.records.delete(id, { zone_id: zoneOf(state) }, { signal }).catch(readable("DELETE"));
  },
};

function zoneOf({ zoneId }: Properties): string {
  return zoneId as string;
}

/** The record as the client takes it. */
function params({ zoneId, name, type, ttl, content, proxied, comment }: Properties) {
  return { zone_id: zoneId, name, type, ttl, content, proxied, comment } as Cloudflare.DNS.RecordCreateParams.ARecord;
}

/** The record as the SDK shows it, in the zone that the API does not tell. */
function shown(record: object, { zoneId = "" }: Properties): Properties {
  const told = Object.entries(record as Properties).filter(([name, value]) => name in inputs && value !== null);
  return { zoneId, ...Object.fromEntries(told) };
}

/** Turns the client's error into one that says what was asked and what the API answered. */
function readable(method: string): (error: Error) => never {
  return (error) => {
    const answer =
      error instanceof Cloudflare.APIError && error.errors.length > 0
        ? `${error.status}: ${error.errors.map(({ code, message }) => `${code}: ${message}`).join("; ")}`
        : wordsOf(error);
    throw new Error(`failed to make http request: ${method} dns_records: ${answer}`);
  };
}

/** An error's words and those of its cause, which the client keeps apart. */
function wordsOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message} ${wordsOf(error.cause)}` : error.message;
}

function noneIfGone(error: Error): undefined {
  return error instanceof Cloudflare.NotFoundError ? undefined : readable("GET")(error);
}
