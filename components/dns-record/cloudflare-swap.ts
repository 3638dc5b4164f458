import * as pulumi from "@pulumi/pulumi";

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

/**
 * Changes address, TTL and comment of the record by PATCH (`provider/cloudflare-swap.ts`). No other resource changes an
 * existing record.
 */
export class CloudflareSwap extends pulumi.CustomResource {
  constructor(name: string, args: CloudflareSwapArgs, opts: pulumi.CustomResourceOptions) {
    super(
      "kube-control-hosts:index:CloudflareSwap",
      name,
      { ...args, seen: undefined },
      pulumi.mergeOptions(opts, {
        additionalSecretOutputs: ["apiToken"],
        // versions before 0.2 registered a dynamic resource; the deletion of the old swap would write the initial address
        aliases: [{ type: "pulumi-nodejs:dynamic:Resource" }],
      }),
    );
  }
}
