import type { CreateResult, DiffResult, ReadResult, UpdateResult } from "@pulumi/pulumi/provider";
import { connect, explain, isGone, live, type LiveRecord, recordAt, type ZoneAccess } from "./cloudflare-client";
import { waitForNameServers } from "./name-servers";
import { plain } from "./secrets";

export interface SwapInputs extends ZoneAccess {
  readonly recordId: string;
  readonly fqdn: string;
  /** The record's address while this resource exists. */
  readonly address: string;
  /** The initial address, which the record gets again when this resource is deleted. States contain it by this name. */
  readonly birthAddress: string;
  readonly ttl: number;
  readonly comment: string;
  /** Authoritative name servers that must answer with the address. */
  readonly nameServers: readonly string[];
}

export interface SwapOutputs extends SwapInputs {
  /** The record as it was last written or read. */
  readonly seen: LiveRecord;
}

/** Changes the existing record, and gives it this address. */
async function write(inputs: SwapInputs, address: string): Promise<LiveRecord> {
  const { dns } = await connect(inputs);
  return live(await dns.records.edit(inputs.recordId, recordAt(address, inputs)));
}

/** Returns the record as written. */
async function swap(inputs: SwapInputs): Promise<LiveRecord> {
  let seen: LiveRecord;
  try {
    seen = await write(inputs, inputs.address);
  } catch (error) {
    throw explain(`pointing ${inputs.fqdn} at ${inputs.address}`, error);
  }
  await waitForNameServers(inputs.fqdn, inputs.address, inputs.nameServers, 120);
  return seen;
}

/**
 * A state with `__provider` is from a version before 0.2, in which this was a dynamic resource. The update removes the stored
 * code.
 */
export function diff(oldState: SwapOutputs, inputs: SwapInputs): DiffResult {
  const olds = plain(oldState) as SwapOutputs;
  const news = plain(inputs) as SwapInputs;
  const replaces = (["zoneId", "recordId", "fqdn"] as const).filter((key) => olds[key] !== news[key]);
  const compared = ["apiToken", "baseUrl", "address", "birthAddress", "ttl", "comment"] as const;
  const { seen } = olds;
  const drifted =
    seen.content !== news.address || seen.ttl !== news.ttl || seen.comment !== news.comment || seen.proxied;
  const changes =
    replaces.length > 0 ||
    drifted ||
    "__provider" in olds ||
    compared.some((key) => olds[key] !== news[key]) ||
    olds.nameServers.join() !== news.nameServers.join();
  return { changes, replaces };
}

export async function create(inputs: SwapInputs): Promise<CreateResult> {
  const news = plain(inputs) as SwapInputs;
  return { id: news.recordId, outs: { ...inputs, seen: await swap(news) } };
}

export async function read(id: string, state: SwapOutputs): Promise<ReadResult> {
  const props = plain(state) as SwapOutputs;
  try {
    const { dns } = await connect(props);
    const record = await dns.records.get(props.recordId, { zone_id: props.zoneId });
    return { id, props: { ...state, seen: live(record) } };
  } catch (error) {
    if (isGone(error)) {
      return {};
    }
    throw explain(`reading the record of ${props.fqdn}`, error);
  }
}

export async function update(inputs: SwapInputs): Promise<UpdateResult> {
  return { outs: { ...inputs, seen: await swap(plain(inputs) as SwapInputs) } };
}

export async function remove(state: SwapOutputs): Promise<void> {
  const props = plain(state) as SwapOutputs;
  try {
    await write(props, props.birthAddress);
  } catch (error) {
    if (!isGone(error)) {
      throw explain(`pointing ${props.fqdn} back at ${props.birthAddress}`, error);
    }
  }
}
