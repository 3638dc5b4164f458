import * as pulumi from "@pulumi/pulumi";
import type { UpgradeOrder } from "./upgrade";

export interface ClusterVersionInputs extends UpgradeOrder {
  /** The version of every node, once this resource is created or updated, e.g. `v1.37.2`. */
  readonly version: string;
  /** The provider prints the plan of an upgrade, or refuses it, only in a preview. Not stored. */
  readonly isPreview: boolean;
}

/**
 * The version that all nodes have. It is registered after their updates, so that the state tells the next preview from
 * which version it upgrades.
 */
export class ClusterVersion extends pulumi.CustomResource {
  constructor(name: string, inputs: Omit<ClusterVersionInputs, "isPreview">, opts: pulumi.CustomResourceOptions) {
    super("kube-control-hosts:index:ClusterVersion", name, { ...inputs, isPreview: pulumi.runtime.isDryRun() }, opts);
  }
}
