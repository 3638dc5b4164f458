import * as datadog from "@pulumi/datadog";
import * as pulumi from "@pulumi/pulumi";
import { inputsOf } from "../../host/argument";
import type { ControlPlaneWatchArgs } from "./args";
import { monitorResource, monitorsOf } from "./planned";

/**
 * Datadog monitors for the results of `controlPlaneChecks`. They alert if an API server, a load balancer or the endpoint is
 * down, if a certificate expires soon, if the name does not resolve to the virtual IP, if the newest backup is too old (on the
 * agent's host, or in a bucket), or if the agent reports nothing. Create it after the endpoint serves, so that the creation of the cluster
 * sends no alert.
 *
 * @example
 * ```ts
 * import { ControlPlaneWatch } from "kube-control";
 *
 * const watch = new ControlPlaneWatch("watch", {
 *   of: { stack: "prod", fqdn: "kube-control.example.com" },
 *   agentHost: "monitor",
 *   notify: ["@slack-ops"],
 * });
 *
 * export const { monitors } = watch;
 * ```
 */
export class ControlPlaneWatch extends pulumi.ComponentResource {
  /** The monitors' ids by their keys. */
  readonly monitors: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: ControlPlaneWatchArgs, opts?: pulumi.ComponentResourceOptions) {
    // without `adopted`, which only this run needs
    const inputs = inputsOf(args, ["of", "agentHost", "certificateValidity", "notify", "backupHours", "uploadHours"]);
    super("kube-control:index:ControlPlaneWatch", name, inputs, opts);
    const { adopted = {} } = args;
    const created = monitorsOf(args).map((monitor) => {
      const resource = monitorResource(name, monitor);
      const known = { parent: this, import: adopted[resource] };
      return [monitor.key, new datadog.Monitor(resource, monitor.args, known).id] as const;
    });
    this.monitors = Object.fromEntries(created);
    this.registerOutputs({ monitors: this.monitors });
  }
}
