import type * as pulumi from "@pulumi/pulumi";

/** The record at one of the backends. */
export interface NameRecord {
  /** The name; whoever takes it waits for the record. */
  readonly fqdn: pulumi.Output<string>;
  /** Points the record at an address, in place, and back at the initial one when the resource is deleted. */
  swap(name: string, address: string, opts: pulumi.CustomResourceOptions): pulumi.Resource;
}

/** What a record is made with, whichever backend serves it. */
export interface NameArgs {
  /** The fully qualified name, without a dot at the end. */
  readonly fqdn: string;
  /** IPv4 address that the record is made with: the first master's. */
  readonly address: string;
  /** Further IPv4 addresses at which a record that exists already is taken over. */
  readonly adoptable: readonly string[];
  /** Seconds that resolvers may keep the record. */
  readonly ttl: number;
  /** Text beside the record, where the backend keeps one. */
  readonly comment: string;
  /** IPv4 addresses of authoritative name servers that have to answer with a new address before the swap is done. */
  readonly nameServers: readonly string[];
}
