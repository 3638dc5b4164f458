import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import { targetInputs } from "../../host/host-state";

interface KubeconfigArgs {
  /** The first that answers as a master of the cluster is asked. */
  readonly masters: readonly Host[];
  /** How many times the masters were repaired. The kubeconfig is read again when it is raised. */
  readonly generation: pulumi.Input<number>;
  /** SHA-256 of the certificate authority on a master, or "" if unknown. The kubeconfig is read again if it contains another one. */
  readonly authority: string;
  /** Seconds that its certificate must have left. With less, an `up` reads the kubeconfig again. */
  readonly renewBefore: number;
}

/** The administrator's kubeconfig, whose server is the endpoint (`provider/kubeconfig.ts`). A master's timer renews it there. */
export class Kubeconfig extends pulumi.CustomResource {
  declare readonly kubeconfig: pulumi.Output<string>;

  constructor(name: string, { masters, ...args }: KubeconfigArgs, opts: pulumi.CustomResourceOptions) {
    super(
      "kube-control-hosts:index:Kubeconfig",
      name,
      { ...args, hosts: pulumi.secret(masters.map(targetInputs)), kubeconfig: undefined, expires: undefined },
      pulumi.mergeOptions(opts, {
        additionalSecretOutputs: ["kubeconfig"],
        // earlier versions registered a command
        aliases: [{ type: "command:local:Command" }],
      }),
    );
  }
}
