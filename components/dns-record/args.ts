import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";

export interface DnsRecordArgs {
  /** The fully qualified name, without a dot at the end, e.g. `kube-control.example.com`. A changed one is another record. */
  readonly fqdn: string;
  /** IPv4 address that the record is made with: the first master's. */
  readonly address: pulumi.Input<string>;
  /**
   * Further IPv4 addresses at which a record that exists already is taken over as it is: those that a `DnsSwap` points it at, so
   * that a stack whose state was lost can be set up again.
   *
   * @default none
   */
  readonly adoptable?: pulumi.Input<string>[];
  /**
   * Seconds that resolvers may keep the record.
   *
   * @default `defaults.ttl`
   */
  readonly ttl?: number;
  /**
   * Text beside the record, where Cloudflare keeps it.
   *
   * @default `defaults.comment`
   */
  readonly comment?: string;
  /**
   * IPv4 addresses of authoritative name servers that have to answer with the new address at the swap.
   *
   * @default none
   */
  readonly nameServers?: string[];
  /**
   * The hosts that use the name: after the swap it has to lead there on each. RFC 2136 updates are sent from the first of
   * them that answers.
   */
  readonly hosts: Host[];
  /** The zone is at Cloudflare. Excludes {@link rfc2136}. */
  readonly cloudflare?: CloudflareArgs;
  /** The zone is on a name server that takes RFC 2136 updates. Excludes {@link cloudflare}. */
  readonly rfc2136?: Rfc2136Args;
}

export interface CloudflareArgs {
  /** The zone's id: 32 hexadecimal digits. */
  readonly zoneId: string;
  /** A token that may edit DNS in that zone; treated as a secret. */
  readonly apiToken: pulumi.Input<string>;
  /**
   * Base of the API.
   *
   * @default `https://api.cloudflare.com/client/v4`
   */
  readonly baseUrl?: string;
}

export interface Rfc2136Args {
  /** IPv4 address of the name server that takes the updates. */
  readonly server: string;
  /**
   * Its port.
   *
   * @default `defaults.rfc2136.port`
   */
  readonly port?: number;
  /** The zone that holds the name, e.g. `example.com`. */
  readonly zone: string;
  /** Name of the TSIG key. */
  readonly keyName: string;
  /**
   * Algorithm of the TSIG key.
   *
   * @default `defaults.rfc2136.keyAlgorithm`
   */
  readonly keyAlgorithm?: string;
  /** The TSIG key's secret, base64; treated as a secret. */
  readonly secret: pulumi.Input<string>;
}
