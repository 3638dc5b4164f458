import Cloudflare from "cloudflare";
import type { ResourceType } from "../protocol/resource";
import { flag, list, number, record, required, text, type Fields } from "../protocol/schema";
import type { Properties, Value } from "../protocol/value";

const notAddresses = "kube-control writes address records only";

const inputs: Fields = {
  zoneId: { ...required(text), replaces: true },
  name: required(text),
  type: required(text),
  ttl: required(number),
  content: text,
  proxied: { ...flag, fallback: false },
  comment: text,
  tags: { ...list(text), computed: true },
  settings: { ...record({ flattenCname: flag, ipv4Only: flag, ipv6Only: flag }), computed: true },
  priority: number,
  data: { ...record({}), unsupported: notAddresses },
  includeShadowMetadata: { ...flag, unsupported: notAddresses },
  privateRouting: { ...flag, unsupported: notAddresses },
};

/** What the API knows of a record beside what was asked for. */
const outputs = {
  commentModifiedOn: "volatile",
  createdOn: "stable",
  meta: "volatile",
  modifiedOn: "volatile",
  proxiable: "volatile",
  tagsModifiedOn: "volatile",
} as const;

/** Names of the API for those of the SDK; the rest are the same in both. */
const apiNames: Readonly<Record<string, string>> = {
  commentModifiedOn: "comment_modified_on",
  createdOn: "created_on",
  modifiedOn: "modified_on",
  tagsModifiedOn: "tags_modified_on",
  flattenCname: "flatten_cname",
  ipv4Only: "ipv4_only",
  ipv6Only: "ipv6_only",
};

/**
 * `cloudflare:index/dnsRecord:DnsRecord`: created by POST, read by GET, changed by a PUT of the whole record, removed
 * by DELETE, as the official plugin does.
 */
export const dnsRecord: ResourceType<Cloudflare> = {
  inputs,
  outputs,
  check({ proxied, ttl }) {
    const reason = "ttl must be set to 1 when `proxied` is true";
    return proxied === true && typeof ttl === "number" && ttl !== 1 ? [{ property: "ttl", reason }] : [];
  },
  judge(path, change, state, news) {
    return path === "name" && sameName(state["name"], news["name"]) ? undefined : change;
  },
  async create(given, { configuration: client, signal }) {
    const params = { zone_id: zoneOf(given), ...body(given) };
    const made = await client.dns.records.create(params as never, { signal }).catch(readable("POST"));
    return { id: made.id, outputs: properties(made, given) };
  },
  async read(id, state, given, { configuration: client, signal }) {
    const [zoneId = "", recordId = ""] = id.includes("/") ? id.split("/") : [zoneOf(state), id];
    const found = await client.dns.records.get(recordId, { zone_id: zoneId }, { signal }).catch(noneIfGone);
    if (found === undefined) {
      return undefined;
    }
    const outputs = properties(found, { ...given, ...state, zoneId });
    return { id: recordId, outputs, inputs: inputsAsFound(outputs, given) };
  },
  async update(id, _state, given, { configuration: client, signal }) {
    const params = { zone_id: zoneOf(given), ...body(given) };
    const changed = await client.dns.records.update(id, params as never, { signal }).catch(readable("PUT"));
    return properties(changed, given);
  },
  async delete(id, state, { configuration: client, signal }) {
    await client.dns.records.delete(id, { zone_id: zoneOf(state) }, { signal }).catch(readable("DELETE"));
  },
};

function zoneOf(properties: Properties): string {
  return properties["zoneId"] as string;
}

/** The record as the API takes it. */
function body(given: Properties): Properties {
  const { zoneId: _, settings, ...rest } = given;
  const sent = Object.entries(rest).filter(([name]) => name in inputs);
  return {
    ...Object.fromEntries(sent),
    ...(settings === undefined ? {} : { settings: renamed(settings as Properties) }),
  };
}

function renamed(settings: Properties): Properties {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [apiNames[name] ?? name, value]));
}

/** The record as the SDK shows it. The name stays as it was written where the API's is the same one in full. */
function properties(found: object, given: Properties): Properties {
  const record = found as Record<string, Value | undefined>;
  const shown: Properties = { zoneId: zoneOf(given) };
  for (const name of [...Object.keys(inputs), ...Object.keys(outputs)]) {
    const value = record[apiNames[name] ?? name];
    if (value !== undefined && value !== null) {
      shown[name] = value;
    }
  }
  const settings = record["settings"];
  if (typeof settings === "object" && settings !== null) {
    const named = ["flattenCname", "ipv4Only", "ipv6Only"].map((name) => [
      name,
      (settings as Properties)[apiNames[name] ?? name],
    ]);
    shown["settings"] = Object.fromEntries(named.filter(([, value]) => value !== undefined)) as Properties;
  }
  if (record["meta"] !== undefined) {
    shown["meta"] = JSON.stringify(record["meta"]);
  }
  if (given["name"] !== undefined && sameName(shown["name"], given["name"])) {
    shown["name"] = given["name"];
  }
  return shown;
}

/** What a program would have to say to get this record: of what it said, and what it must say anyway. */
function inputsAsFound(found: Properties, given: Properties): Properties {
  const names = Object.entries(inputs).filter(([name, field]) => field.required || name === "content" || name in given);
  const pairs = names.map(([name]) => [name, found[name]] as const);
  return Object.fromEntries(pairs.filter((pair): pair is readonly [string, Value] => pair[1] !== undefined));
}

/** Whether two names are one, the one with and the other without its zone. */
function sameName(one: Value | undefined, other: Value | undefined): boolean {
  if (typeof one !== "string" || typeof other !== "string") {
    return false;
  }
  const [short = "", long = ""] = [one.toLowerCase(), other.toLowerCase()].sort((a, b) => a.length - b.length);
  return short === long || (long.startsWith(`${short}.`) && long.slice(short.length + 1).includes("."));
}

/** Turns the client's error into one that says what was asked and what the API answered. */
function readable(method: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof Cloudflare.APIError && error.status !== undefined) {
      const answers = error.errors.map(({ code, message }) => `${code}: ${message}`);
      const answer = answers.length > 0 ? answers.join("; ") : error.message;
      throw new Error(`failed to make http request: ${method} dns_records: ${error.status}: ${answer}`);
    }
    const { message, cause } = error as Error;
    throw new Error(`failed to make http request: ${method} dns_records: ${message} ${causeOf(cause)}`.trim());
  };
}

function causeOf(cause: unknown): string {
  return cause instanceof Error ? `${cause.message} ${causeOf(cause.cause)}`.trim() : "";
}

function noneIfGone(error: unknown): undefined {
  return error instanceof Cloudflare.NotFoundError ? undefined : readable("GET")(error);
}
