import * as pulumi from "@pulumi/pulumi";
import { connect, explain, isGone, live, type LiveRecord, recordAt, type ZoneAccess } from "./cloudflare-client";

/**
 * Raised with every change of the code that runs on a claim in the state (`read`): only then does the state take the new code
 * over. `create` and `diff` run from the program.
 */
const version = 3;

interface ClaimInputs extends ZoneAccess {
  readonly version: number;
  readonly fqdn: string;
  readonly address: string;
  /** Further addresses at which a record is adopted; missing in states of versions before 0.2. */
  readonly adoptable: readonly string[];
  /** What a new record is made with; missing in states of versions in which the claim made none. */
  readonly ttl: number;
  readonly comment: string;
}

interface ClaimOutputs extends ClaimInputs {
  /**
   * Id of the record that was there already, at one of our addresses, or was made. Empty in states of versions in which the claim
   * made none, and once the record is gone.
   */
  readonly existing: string;
}

/**
 * The id of the record to adopt; empty where the name is free.
 *
 * @param addresses at which a single record is ours
 * @throws Error where there is any other record: it names what was found, and both ways out
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
      "  Where another stack has the name, give this one its own: kube-control:endpoint.fqdn.",
  );
}

/** A new record at the initial address; its id. Were the state never to hear of it, the next claim would adopt it. */
async function makeRecord(inputs: ClaimInputs): Promise<string> {
  const { fqdn, address } = inputs;
  try {
    return live(await connect(inputs).dns.records.create(recordAt(address, inputs))).id;
  } catch (error) {
    throw explain(`making the record ${fqdn} at ${address}`, error);
  }
}

const provider: pulumi.dynamic.ResourceProvider<ClaimInputs, ClaimOutputs> = {
  diff(_id, olds, news) {
    // another zone or name is another claim: what was found elsewhere says nothing of it
    const replaces = (["zoneId", "fqdn"] as const).filter((key) => olds[key] !== news[key]);
    // else the claim was settled before the record was made: only what `read` needs is kept, and nothing is asked again
    const kept: (keyof ClaimInputs)[] = ["apiToken", "baseUrl", "version"];
    return Promise.resolve({
      changes: replaces.length > 0 || kept.some((key) => olds[key] !== news[key]),
      replaces,
    });
  },

  async create(inputs) {
    const found: LiveRecord[] = [];
    try {
      const client = connect(inputs);
      for await (const record of client.dns.records.list({ zone_id: inputs.zoneId, name: { exact: inputs.fqdn } })) {
        found.push(live(record));
      }
    } catch (error) {
      throw explain(`looking for records of ${inputs.fqdn}`, error);
    }
    const takers = found.filter((record) => ["A", "AAAA", "CNAME"].includes(record.type));
    const existing = recordToAdopt(inputs.fqdn, [inputs.address, ...inputs.adoptable], takers);
    return { id: inputs.fqdn, outs: { ...inputs, existing: existing === "" ? await makeRecord(inputs) : existing } };
  },

  async read(id, props) {
    if (props === undefined || props.existing === "") {
      return { id, props };
    }
    try {
      await connect(props).dns.records.get(props.existing, { zone_id: props.zoneId });
      return { id, props };
    } catch (error) {
      if (isGone(error)) {
        // the adopted record was deleted by someone: the next `up` makes one rather than look for it
        return { id, props: { ...props, existing: "" } };
      }
      throw explain(`reading the record of ${props.fqdn}`, error);
    }
  },

  update(_id, olds, news) {
    return Promise.resolve({ outs: { ...news, existing: olds.existing } });
  },
};

export interface ClaimArgs {
  readonly apiToken: pulumi.Input<string>;
  readonly baseUrl: string;
  readonly zoneId: string;
  readonly fqdn: string;
  readonly address: string;
  /** Further addresses at which a record that exists already is adopted. */
  readonly adoptable: readonly string[];
  readonly ttl: number;
  readonly comment: string;
}

/** At `up`, finds the record to adopt, or makes it where the name is free. A preview asks nothing. */
export class Claim extends pulumi.dynamic.Resource {
  declare readonly existing: pulumi.Output<string>;

  constructor(name: string, args: ClaimArgs, opts: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      { ...args, version, existing: undefined },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["apiToken"] }),
    );
  }
}
