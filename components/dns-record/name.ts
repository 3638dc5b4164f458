import * as pulumi from "@pulumi/pulumi";
import { argumentError, checkedAddress, inputsOf } from "../../host/argument";
import { type Host, hostInputs } from "../../host/host";
import type { CloudflareArgs, DnsRecordArgs, Rfc2136Args } from "./args";
import { defaults } from "./defaults";

/** The arguments of a record that do not depend on the backend. */
export interface NameArgs {
  /** Fully qualified name, without a dot at the end. */
  readonly fqdn: string;
  /** IPv4 address of a new record: that of the first master. */
  readonly address: pulumi.Input<string>;
  /** Further IPv4 addresses with which an existing record is adopted. */
  readonly adoptable: readonly pulumi.Input<string>[];
  /** Seconds for which resolvers may cache the record. */
  readonly ttl: number;
  /** Comment of the record. RFC 2136 has none. */
  readonly comment: string;
  /** IPv4 addresses of authoritative name servers that must answer with a new address before the swap is complete. */
  readonly nameServers: readonly string[];
}

/** A record at one of the backends. */
export interface NameRecord {
  /** The name. A resource that uses it waits for the record. */
  readonly fqdn: pulumi.Output<string>;
  readonly recordId: pulumi.Output<string>;
}

/** A record, and the address that a swap gives it. */
export interface SwapTarget {
  readonly recordId: pulumi.Input<string>;
  /** IPv4 address. */
  readonly address: pulumi.Input<string>;
}

/** The DNS provider of the zone. */
export type Backend =
  | { readonly kind: "cloudflare"; readonly zone: CloudflareArgs }
  | { readonly kind: "rfc2136"; readonly zone: Rfc2136Args; readonly hosts: readonly [Host, ...Host[]] };

/** Checks the arguments, and fills in the defaults. */
export function nameOf(component: pulumi.ComponentResource, name: string, args: DnsRecordArgs): NameArgs {
  const { ttl = defaults.ttl, comment = defaults.comment, nameServers = [], fqdn, adoptable = [] } = args;
  const address = checkedAddress(component, `${name}.address`, args.address);
  const others = adoptable.map((one) => checkedAddress(component, `${name}.adoptable`, one));
  return { fqdn, address, adoptable: others, ttl, comment, nameServers };
}

/** @throws ResourceError if not exactly one backend is given, or if there is no host */
export function backendOf(
  component: pulumi.ComponentResource,
  name: string,
  { cloudflare, rfc2136, hosts: [first, ...others] }: DnsRecordArgs,
): Backend {
  if (first === undefined) {
    const whatToDo = "List the hosts that use the name, the masters at least.";
    throw argumentError(component, `${name}.hosts`, "has no host", whatToDo);
  }
  if (cloudflare !== undefined && rfc2136 === undefined) {
    return { kind: "cloudflare", zone: cloudflare };
  }
  if (rfc2136 !== undefined && cloudflare === undefined) {
    return { kind: "rfc2136", zone: rfc2136, hosts: [first, ...others] };
  }
  const given = cloudflare === undefined ? "neither" : "both";
  throw argumentError(component, name, `has ${given} of cloudflare and rfc2136`, "Give exactly one of them.");
}

/** The component's inputs in the state. */
export function nameInputs(args: DnsRecordArgs): pulumi.Inputs {
  const { hosts, cloudflare, rfc2136 } = args;
  return {
    ...inputsOf(args, ["fqdn", "address", "adoptable", "ttl", "comment", "nameServers"]),
    hosts: hosts.map(hostInputs),
    cloudflare: cloudflare && { ...cloudflare, apiToken: pulumi.secret(cloudflare.apiToken) },
    rfc2136: rfc2136 && { ...rfc2136, secret: pulumi.secret(rfc2136.secret) },
  };
}

/** An address for the title of a step, which cannot contain an output. */
export function titled(address: pulumi.Input<string>): string {
  return typeof address === "string" ? address : "its new address";
}
