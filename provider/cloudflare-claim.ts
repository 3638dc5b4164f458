import type { CreateResult, DiffResult, ReadResult, UpdateResult } from "@pulumi/pulumi/provider";
import {
  connect,
  explain,
  isGone,
  isTaken,
  live,
  type LiveRecord,
  recordAt,
  type ZoneAccess,
} from "./cloudflare-client";
import { plain } from "./secrets";

export interface ClaimInputs extends ZoneAccess {
  readonly fqdn: string;
  readonly address: string;
  /** Further addresses with which an existing record is adopted. Missing in states of versions before 0.2. */
  readonly adoptable: readonly string[];
  /** TTL of a new record. It and the comment are missing in states of versions whose claim created no record. */
  readonly ttl: number;
  readonly comment: string;
}

export interface ClaimOutputs extends ClaimInputs {
  /**
   * Id of the record that the claim adopted or created. Empty if the claim of an earlier version found no record to
   * adopt, and after the record was deleted at Cloudflare.
   */
  readonly existing: string;
  /** Whether the claim created that record. Missing in states of versions that did not store it. */
  readonly made?: boolean;
}

/**
 * The id of the record to adopt; empty if the name has no record.
 *
 * @param addresses the addresses with which a record is adopted, if it is the only one
 * @throws Error if the name has other records, with these records and what to do
 */
export function recordToAdopt(fqdn: string, addresses: readonly string[], found: readonly LiveRecord[]): string {
  const [only, ...others] = found;
  if (only === undefined) {
    return "";
  }
  if (others.length === 0 && only.type === "A" && addresses.includes(only.content) && !only.proxied) {
    return only.id;
  }
  const shown = found.map(
    (record) => `${record.type} ${record.content}${record.proxied ? " (proxied)" : ""} (id ${record.id})`,
  );
  throw new Error(
    `${fqdn} has records already: ${shown.join(", ")}.\n` +
      `  Either delete ${others.length === 0 ? "it" : "them"}; or leave a single A record at ${addresses.join(" or ")}, not proxied, which is then adopted as it is.\n` +
      "  If another stack has the name, give this stack another one: kube-control:endpoint.fqdn.",
  );
}

/** The id of the record at Cloudflare to adopt; empty if the name has no A, AAAA or CNAME record. */
async function adopted(inputs: ClaimInputs): Promise<string> {
  const { zoneId, fqdn, address, adoptable } = inputs;
  const found: LiveRecord[] = [];
  try {
    const { dns } = await connect(inputs);
    for await (const record of dns.records.list({ zone_id: zoneId, name: { exact: fqdn } })) {
      found.push(live(record));
    }
  } catch (error) {
    throw explain(`looking for records of ${fqdn}`, error);
  }
  const ofName = found.filter((record) => ["A", "AAAA", "CNAME"].includes(record.type));
  return recordToAdopt(fqdn, [address, ...adoptable], ofName);
}

/**
 * Creates a record with the initial address and returns its id. If the state does not store the id, the next claim
 * adopts it.
 */
async function createRecord(inputs: ClaimInputs): Promise<string> {
  const { fqdn, address } = inputs;
  try {
    const { dns } = await connect(inputs);
    return live(await dns.records.create(recordAt(address, inputs))).id;
  } catch (error) {
    // the client repeats a request without a response: then the first request has created the record
    const own = isTaken(error) ? await adopted(inputs) : "";
    if (own !== "") {
      return own;
    }
    throw explain(`creating the record ${fqdn} at ${address}`, error);
  }
}

/**
 * A state with `__provider` is from a version before 0.2, in which this was a dynamic resource. The update removes the stored
 * code.
 */
export function diff(oldState: ClaimOutputs, inputs: ClaimInputs): DiffResult {
  const olds = plain(oldState) as ClaimOutputs;
  const news = plain(inputs) as ClaimInputs;
  // another zone or name needs another search
  const replaces = (["zoneId", "fqdn"] as const).filter((key) => olds[key] !== news[key]);
  // the other inputs have no effect after the claim, except those that `read` uses; the update stores them and calls no API
  const kept = ["apiToken", "baseUrl"] as const;
  return {
    changes: replaces.length > 0 || "__provider" in olds || kept.some((key) => olds[key] !== news[key]),
    replaces,
  };
}

export async function create(inputs: ClaimInputs): Promise<CreateResult> {
  const news = plain(inputs) as ClaimInputs;
  const existing = await adopted(news);
  const made = existing === "";
  return { id: news.fqdn, outs: { ...inputs, existing: made ? await createRecord(news) : existing, made } };
}

export async function read(id: string, state: ClaimOutputs): Promise<ReadResult> {
  const props = plain(state) as ClaimOutputs;
  if (props.existing === "") {
    return { id, props: state };
  }
  try {
    const { dns } = await connect(props);
    await dns.records.get(props.existing, { zone_id: props.zoneId });
    return { id, props: state };
  } catch (error) {
    if (isGone(error)) {
      // someone deleted the record: the next `up` creates one without a search
      return { id, props: { ...state, existing: "" } };
    }
    throw explain(`reading the record of ${props.fqdn}`, error);
  }
}

/** Calls no API. */
export function update(olds: ClaimOutputs, news: ClaimInputs): UpdateResult {
  return { outs: { ...news, existing: olds.existing, made: olds.made ?? false } };
}

/**
 * Usually the record is already deleted, with its own resource. It still exists if an `up` was killed before the state
 * contained that resource. A record with another address is not deleted, because it has another owner.
 */
export async function remove(state: ClaimOutputs): Promise<void> {
  const props = plain(state) as ClaimOutputs;
  const { existing, zoneId, fqdn, address } = props;
  if (!props.made || existing === "") {
    return;
  }
  try {
    const { records } = (await connect(props)).dns;
    if (live(await records.get(existing, { zone_id: zoneId })).content === address) {
      await records.delete(existing, { zone_id: zoneId });
    }
  } catch (error) {
    if (!isGone(error)) {
      throw explain(`deleting the record of ${fqdn}`, error);
    }
  }
}
