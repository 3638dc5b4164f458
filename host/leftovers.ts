import * as pulumi from "@pulumi/pulumi";
import type { Host } from "./host";
import type { Role } from "./facts";

/**
 * A host that belongs to the stack. When it leaves the stack, the provider checks whether it was cleaned up, and warns
 * of what remains: on a host that does not answer, or that is another one than expected. The steps that clean a host up
 * depend on this resource, so that it is deleted after them.
 */
export class Leftovers extends pulumi.CustomResource {
  constructor(name: string, host: Host, role: Role, cluster: pulumi.Input<string>, opts: pulumi.CustomResourceOptions) {
    const { user, port, privateKey, hostKey, proxyJump } = host.ssh;
    super(
      "kube-control-hosts:index:Leftovers",
      name,
      { name: host.name, address: host.address, role, cluster, user, port, privateKey, hostKey, proxyJump },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["privateKey"] }),
    );
  }
}
