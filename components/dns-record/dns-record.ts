import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../host/error";
import type { Host } from "../../host/host";
import { cloudflareRecord, type CloudflareArgs } from "./cloudflare";
import { DnsSwap } from "./dns-swap";
import type { BornRecord, NameArgs } from "./name";
import { rfc2136Record, type Rfc2136Args } from "./rfc2136";

export interface DnsRecordArgs {
  /** The fully qualified name, without a dot at the end, e.g. `kube-control.example.com`. A changed one is another record. */
  readonly fqdn: string;
  /** IPv4 address that the record is born with: the first master's. */
  readonly address: string;
  /** Seconds that resolvers may keep the record. Default: 60. */
  readonly ttl?: number;
  /** Text beside the record, where Cloudflare keeps it. Default: what the record is for. */
  readonly comment?: string;
  /** IPv4 addresses of authoritative name servers that have to answer with the new address at the swap. Default: none. */
  readonly nameServers?: readonly string[];
  /** The hosts that use the name: after the swap it has to lead there on each. RFC 2136 updates are sent from the first. */
  readonly hosts: readonly Host[];
  /** The zone is at Cloudflare. Excludes {@link rfc2136}. */
  readonly cloudflare?: CloudflareArgs;
  /** The zone is on a name server that takes RFC 2136 updates. Excludes {@link cloudflare}. */
  readonly rfc2136?: Rfc2136Args;
}

/**
 * The control plane's name: an A record that is born at the first master, and that {@link swapTo} points at the load
 * balancers once they stand. Between birth and deletion there is no moment without a record.
 *
 * ```ts
 * const endpoint = new DnsRecord("kube-control", {
 *   fqdn: "kube-control.example.com", address: masters[0].address, hosts: masters, cloudflare: { zoneId, apiToken },
 * });
 * const resilient = endpoint.swapTo("192.168.2.140", { dependsOn: [controlPlane, serving] });
 * ```
 *
 * @throws UserError where not just one backend is given, or no host. At `up`, where the name has other records already.
 */
export class DnsRecord extends pulumi.ComponentResource {
  /** The name; whoever takes it waits for the record. */
  readonly fqdn: pulumi.Output<string>;
  private readonly name: string;
  private readonly hosts: readonly Host[];
  private readonly born: NameArgs;
  private readonly record: BornRecord;

  constructor(name: string, args: DnsRecordArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:DnsRecord", name, {}, opts);
    const { ttl = 60, comment = "kube-control: API servers", nameServers = [], fqdn, address } = args;
    this.name = name;
    this.hosts = args.hosts;
    this.born = { fqdn, address, ttl, comment, nameServers };
    this.record = makeRecord(this, name, this.born, args);
    this.fqdn = this.record.fqdn;
    this.registerOutputs({ fqdn: this.fqdn });
  }

  /**
   * Points the record at another address, in place; when the swap is deleted, it points back. The swap is the record's
   * only writer from then on, of TTL and comment too. It is done when the name leads to the address on every host, and
   * fails after a bounded wait with what was seen instead. `dependsOn` holds what has to stand before.
   */
  swapTo(address: string, opts: pulumi.ComponentResourceOptions = {}): DnsSwap {
    const { born, record } = this;
    return new DnsSwap(`${this.name}-swap`, { born, record, fqdn: this.fqdn, address, hosts: this.hosts }, opts);
  }
}

function makeRecord(parent: DnsRecord, name: string, born: NameArgs, args: DnsRecordArgs): BornRecord {
  const { cloudflare, rfc2136 } = args;
  const [first] = args.hosts;
  if (first === undefined) {
    throw new UserError("has no host", `${name}.hosts`, "List the hosts that use the name, the masters at least.");
  }
  if (cloudflare !== undefined && rfc2136 === undefined) {
    return cloudflareRecord(parent, name, born, cloudflare);
  }
  if (rfc2136 !== undefined && cloudflare === undefined) {
    return rfc2136Record(parent, name, born, rfc2136, first);
  }
  const what = cloudflare === undefined ? "names nobody who keeps the record" : "names both cloudflare and rfc2136";
  throw new UserError(what, name, "Give one of cloudflare and rfc2136.");
}
