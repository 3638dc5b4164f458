import * as pulumi from "@pulumi/pulumi";

export interface ClaimArgs {
  readonly apiToken: pulumi.Input<string>;
  readonly baseUrl: string;
  readonly zoneId: string;
  readonly fqdn: string;
  readonly address: pulumi.Input<string>;
  /** Further addresses with which an existing record is adopted. */
  readonly adoptable: readonly pulumi.Input<string>[];
  readonly ttl: number;
  readonly comment: string;
}

/**
 * Finds the record to adopt at `up`, or creates it if the name has none (`provider/cloudflare-claim.ts`). A preview does
 * not call the API.
 */
export class CloudflareClaim extends pulumi.CustomResource {
  /** Id of the record. */
  declare readonly existing: pulumi.Output<string>;

  constructor(name: string, args: ClaimArgs, opts: pulumi.CustomResourceOptions) {
    super(
      "kube-control-hosts:index:CloudflareClaim",
      name,
      { ...args, existing: undefined, made: undefined },
      pulumi.mergeOptions(opts, {
        additionalSecretOutputs: ["apiToken"],
        // versions before 0.2 registered a dynamic resource; the deletion of the old claim could delete the record
        aliases: [{ type: "pulumi-nodejs:dynamic:Resource" }],
      }),
    );
  }
}
