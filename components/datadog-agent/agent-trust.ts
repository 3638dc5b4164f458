import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { checkedHosts } from "../../host/argument";
import { hostInputs } from "../../host/host";
import { hostScript, outputOf } from "../../host/script";
import type { AgentTrustArgs } from "./args";
import { confD, containerName } from "./container";

const fileName = "kubernetes-ca.crt";

/** Path in the agent's container of the file that {@link AgentTrust} writes. */
export const trustedFile = `/conf.d/${fileName}`;

const script = (file: string) => readFileSync(join(__dirname, file), "utf8");

/**
 * Writes the certificate authority that the checks of a {@link DatadogAgent} trust into the file `trustedFile`. A new authority
 * restarts the agent, because a check reads the file only at its first run. The deletion of the agent deletes the file.
 *
 * It is not a child of the agent, because it waits for the control plane and the agent does not.
 *
 * @example
 * ```ts
 * import { AgentTrust, ControlPlane, sshHost } from "kube-control";
 *
 * const login = { user: "ops", privateKeyFile: "~/.ssh/id_ed25519", knownHostsFile: "~/.ssh/known_hosts" };
 * const { certificateAuthority: authority } = new ControlPlane("kubernetes", {
 *   endpoint: "kube-control.example.com",
 *   nodes: [sshHost({ ...login, name: "k8s-master1", address: "192.0.2.11" })],
 * });
 * const trust = new AgentTrust("dd-agent", {
 *   host: sshHost({ ...login, name: "monitor", address: "192.0.2.60" }),
 *   authority,
 * });
 *
 * export const { status } = trust;
 * ```
 *
 * @throws ResourceError if the host's address is not an IPv4 address
 */
export class AgentTrust extends pulumi.ComponentResource {
  /** What was changed on the host. */
  readonly status: pulumi.Output<string>;

  constructor(name: string, args: AgentTrustArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:AgentTrust", name, { host: hostInputs(args.host) }, opts);
    const [host = args.host] = checkedHosts(this, `${name}.host`, [args.host]);
    const written = hostScript(
      `${name}-authority`,
      {
        host,
        step: "write the authority that the agent trusts",
        script: `${script("restart.sh")}\n${script("authority.sh")}`,
        variables: {
          CONF_D: confD,
          CONTAINER: containerName,
          FILE: `${confD}/${fileName}`,
          AUTHORITY: args.authority,
        },
        triggers: [host.address],
      },
      { parent: this },
    );
    this.status = outputOf(written);
    this.registerOutputs({ status: this.status });
  }
}
