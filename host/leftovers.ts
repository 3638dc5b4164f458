import * as pulumi from "@pulumi/pulumi";
import type { Host } from "./host";
import type { Role } from "./facts";

/**
 * A host that belongs to the stack. When it leaves, the provider looks whether it was given back, and prints what remains on
 * one that does not answer or says that it is another one. Whatever takes a host apart depends on it, so that it comes last.
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
