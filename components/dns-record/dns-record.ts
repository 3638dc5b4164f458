import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../host/error";
import type { Host } from "../../host/host";
import { cloudflareRecord, type CloudflareArgs } from "./cloudflare";
import { defaults } from "./defaults";
import { DnsSwap } from "./dns-swap";
import type { NameArgs, NameRecord } from "./name";
import { rfc2136Record, type Rfc2136Args } from "./rfc2136";

export interface DnsRecordArgs {
  /** The fully qualified name, without a dot at the end, e.g. `kube-control.example.com`. A changed one is another record. */
  readonly fqdn: string;
  /** IPv4 address that the record is made with: the first master's. */
  readonly address: string;
  /**
   * Further IPv4 addresses at which a record that exists already is taken over as it is: those that {@link DnsRecord.swapTo}
   * gets, so that a stack whose state was lost can be set up again. Default: none.
   */
  readonly adoptable?: readonly string[];
  /** Seconds that resolvers may keep the record. @default `defaults.ttl` */
  readonly ttl?: number;
  /** Text beside the record, where Cloudflare keeps it. @default `defaults.comment` */
  readonly comment?: string;
  /** IPv4 addresses of authoritative name servers that have to answer with the new address at the swap. Default: none. */
  readonly nameServers?: readonly string[];
  /**
   * The hosts that use the name: after the swap it has to lead there on each. RFC 2136 updates are sent from the first of
   * them that answers.
   */
  readonly hosts: readonly Host[];
  /** The zone is at Cloudflare. Excludes {@link rfc2136}. */
  readonly cloudflare?: CloudflareArgs;
  /** The zone is on a name server that takes RFC 2136 updates. Excludes {@link cloudflare}. */
  readonly rfc2136?: Rfc2136Args;
}

/**
 * The control plane's name: an A record that leads to the first master at first, and that {@link swapTo} points at the
 * load balancers once they serve. From its creation to its deletion there is no moment without a record.
 *
 * ```ts
 * const endpoint = new DnsRecord("kube-control", {
 *   fqdn: "kube-control.example.com", address: masters[0].address, hosts: masters, cloudflare: { zoneId, apiToken },
 * });
 * const resilient = endpoint.swapTo("192.168.2.140", { dependsOn: [controlPlane, serving] });
 * ```
 *
 * @throws UserError unless exactly one backend and one or more hosts are given. At `up`, where the name has other records
 *   already.
 */
export class DnsRecord extends pulumi.ComponentResource {
  /** The name; whoever takes it waits for the record. */
  readonly fqdn: pulumi.Output<string>;
  private readonly name: string;
  private readonly hosts: readonly Host[];
  private readonly initial: NameArgs;
  private readonly record: NameRecord;

  constructor(name: string, args: DnsRecordArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:DnsRecord", name, {}, opts);
    const { ttl = defaults.ttl, comment = defaults.comment, nameServers = [], fqdn, address, adoptable = [] } = args;
    this.name = name;
    this.hosts = args.hosts;
    this.initial = { fqdn, address, adoptable, ttl, comment, nameServers };
    this.record = makeRecord(this, name, this.initial, args);
    this.fqdn = this.record.fqdn;
    this.registerOutputs({ fqdn: this.fqdn });
  }

  /**
   * Points the record at another address, in place; when the swap is deleted, it points back. The swap is the record's
   * only writer from then on, of TTL and comment too. It is done when the name leads to the address on every host, and
   * fails after a bounded wait with what was seen instead. `dependsOn` holds what has to stand before.
   */
  swapTo(address: string, opts: pulumi.ComponentResourceOptions = {}): DnsSwap {
    const { initial, record } = this;
    return new DnsSwap(`${this.name}-swap`, { initial, record, fqdn: this.fqdn, address, hosts: this.hosts }, opts);
  }
}

function makeRecord(parent: DnsRecord, name: string, initial: NameArgs, args: DnsRecordArgs): NameRecord {
  const { cloudflare, rfc2136 } = args;
  const [first, ...others] = args.hosts;
  if (first === undefined) {
    throw new UserError("has no host", `${name}.hosts`, "List the hosts that use the name, the masters at least.");
  }
  if (cloudflare !== undefined && rfc2136 === undefined) {
    return cloudflareRecord(parent, name, initial, cloudflare);
  }
  if (rfc2136 !== undefined && cloudflare === undefined) {
    return rfc2136Record(parent, name, initial, rfc2136, [first, ...others]);
  }
  const given = cloudflare === undefined ? "neither" : "both";
  throw new UserError(`has ${given} of cloudflare and rfc2136`, name, "Give exactly one of them.");
}
