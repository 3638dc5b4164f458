import * as pulumi from "@pulumi/pulumi";
import { connect, explain, isGone, live, type LiveRecord, recordAt, type ZoneAccess } from "./cloudflare-client";
import { waitForNameServers } from "./name-servers";

/**
 * Version of the code below. Raise it with every change: only then does an update write the new code into the state.
 */
const version = 2;

interface SwapInputs extends ZoneAccess {
  readonly version: number;
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

interface SwapOutputs extends SwapInputs {
  /** The record as it was last written or read. */
  readonly seen: LiveRecord;
}

/** Changes the existing record, and gives it this address. */
async function write(inputs: SwapInputs, address: string): Promise<LiveRecord> {
  return live(await connect(inputs).dns.records.edit(inputs.recordId, recordAt(address, inputs)));
}

async function swap(inputs: SwapInputs): Promise<SwapOutputs> {
  let seen: LiveRecord;
  try {
    seen = await write(inputs, inputs.address);
  } catch (error) {
    throw explain(`pointing ${inputs.fqdn} at ${inputs.address}`, error);
  }
  await waitForNameServers(inputs.fqdn, inputs.address, inputs.nameServers, 120);
  return { ...inputs, seen };
}

const provider: pulumi.dynamic.ResourceProvider<SwapInputs, SwapOutputs> = {
  diff(_id, olds, news) {
    const replaces = (["zoneId", "recordId", "fqdn"] as const).filter((key) => olds[key] !== news[key]);
    const plain = ["version", "apiToken", "baseUrl", "address", "birthAddress", "ttl", "comment"] as const;
    const { seen } = olds;
    const drifted =
      seen.content !== news.address || seen.ttl !== news.ttl || seen.comment !== news.comment || seen.proxied;
    const changes =
      replaces.length > 0 ||
      drifted ||
      plain.some((key) => olds[key] !== news[key]) ||
      olds.nameServers.join() !== news.nameServers.join();
    return Promise.resolve({ changes, replaces });
  },

  async create(inputs) {
    return { id: inputs.recordId, outs: await swap(inputs) };
  },

  async read(id, props) {
    if (props === undefined) {
      return {};
    }
    try {
      const record = await connect(props).dns.records.get(props.recordId, { zone_id: props.zoneId });
      return { id, props: { ...props, seen: live(record) } };
    } catch (error) {
      if (isGone(error)) {
        return {};
      }
      throw explain(`reading the record of ${props.fqdn}`, error);
    }
  },

  async update(_id, _olds, news) {
    return { outs: await swap(news) };
  },

  async delete(_id, props) {
    try {
      await write(props, props.birthAddress);
    } catch (error) {
      if (!isGone(error)) {
        throw explain(`pointing ${props.fqdn} back at ${props.birthAddress}`, error);
      }
    }
  },
};

export interface CloudflareSwapArgs {
  readonly apiToken: pulumi.Input<string>;
  readonly baseUrl: string;
  readonly zoneId: string;
  readonly recordId: pulumi.Input<string>;
  readonly fqdn: string;
  readonly address: pulumi.Input<string>;
  readonly birthAddress: pulumi.Input<string>;
  readonly ttl: number;
  readonly comment: string;
  readonly nameServers: readonly string[];
}

/** Changes address, TTL and comment of the record by PATCH. No other resource changes an existing record. */
export class CloudflareSwap extends pulumi.dynamic.Resource {
  constructor(name: string, args: CloudflareSwapArgs, opts: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      { ...args, version, seen: undefined },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["apiToken"] }),
    );
  }
}
