import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";

export interface DnsRecordArgs {
  /**
   * Fully qualified name, without a dot at the end, e.g. `kube-control.example.com`. A changed name is another record.
   */
  readonly fqdn: string;
  /** IPv4 address of a new record: that of the first master. */
  readonly address: pulumi.Input<string>;
  /**
   * Further IPv4 addresses with which an existing record is adopted unchanged: those that a `DnsSwap` gives it. So a
   * stack whose state was lost can be set up again.
   *
   * @default none
   */
  readonly adoptable?: pulumi.Input<string>[];
  /**
   * Seconds for which resolvers may cache the record. At Cloudflare, 1 means its own choice.
   *
   * @default `defaults.ttl`
   */
  readonly ttl?: number;
  /**
   * Comment of the record at Cloudflare. Not used with {@link rfc2136}.
   *
   * @default `defaults.comment`
   */
  readonly comment?: string;
  /**
   * IPv4 addresses of authoritative name servers that must answer with the new address before the swap is complete.
   *
   * @default none
   */
  readonly nameServers?: string[];
  /**
   * The hosts that use the name, one or more. After the swap, it must resolve to the new address on each of them. The
   * first of them that answers sends RFC 2136 updates.
   */
  readonly hosts: Host[];
  /** The zone is at Cloudflare. Excludes {@link rfc2136}. */
  readonly cloudflare?: CloudflareArgs;
  /** The zone is on a name server that accepts RFC 2136 updates. Excludes {@link cloudflare}. */
  readonly rfc2136?: Rfc2136Args;
}

export interface CloudflareArgs {
  /** The zone's id: 32 hexadecimal digits. */
  readonly zoneId: string;
  /** API token with the permission to edit DNS in that zone. It is stored as a secret. */
  readonly apiToken: pulumi.Input<string>;
  /**
   * Base URL of the API.
   *
   * @default `https://api.cloudflare.com/client/v4`
   */
  readonly baseUrl?: string;
}

export interface Rfc2136Args {
  /** IPv4 address of the name server that accepts the updates. */
  readonly server: string;
  /**
   * UDP and TCP port of the name server.
   *
   * @default `defaults.rfc2136.port`
   */
  readonly port?: number;
  /** The zone that contains the name, e.g. `example.com`. */
  readonly zone: string;
  /** Name of the TSIG key. */
  readonly keyName: string;
  /**
   * Algorithm of the TSIG key.
   *
   * @default `defaults.rfc2136.keyAlgorithm`
   */
  readonly keyAlgorithm?: string;
  /** Secret of the TSIG key, in base64. It is stored as a secret. */
  readonly secret: pulumi.Input<string>;
}
