import * as pulumi from "@pulumi/pulumi";
import { actionableExitCode } from "./error";
import type { DialledHost } from "./host";
import { sessionOf } from "./session";

/**
 * The progress of each host: the digests of the steps that were done there. It waits for all other resources of a run.
 */
export class Progress extends pulumi.CustomResource {
  declare readonly undone: pulumi.Output<Readonly<Record<string, readonly string[]>> | undefined>;

  /**
   * @param hosts all hosts of the stack
   * @param after resources to wait for, besides the steps of the hosts
   */
  constructor(name: string, hosts: readonly DialledHost[], after: readonly pulumi.Resource[]) {
    const steps = hosts.map((host) => [host.name, sessionOf(host).steps] as const);
    const wanted = Object.fromEntries(
      steps.map(([host, all]) => [host, Object.fromEntries(all.map((step) => [step.name, step.digest]))]),
    );
    const unreachable = hosts.filter((host) => sessionOf(host).unreachable !== undefined).map((host) => host.name);
    super(
      "kube-control-hosts:index:Progress",
      name,
      { wanted, unreachable, done: undefined, undone: undefined },
      { dependsOn: [...after, ...steps.flatMap(([, all]) => all.map(({ resource }) => resource))] },
    );
  }
}

/**
 * Makes the run fail at its end if steps remain on a host that does not answer. By then everything else is done,
 * including deletions.
 */
export function failWhereUndone(progress: Progress, hosts: readonly DialledHost[]): void {
  progress.undone.apply((undone = {}) => {
    if (pulumi.runtime.isDryRun()) {
      return;
    }
    for (const host of hosts) {
      const { name, address } = host;
      const steps = undone[name] ?? [];
      const { unreachable } = sessionOf(host);
      if (unreachable === undefined) {
        continue;
      }
      const silence = `${name} (${address}) does not answer: ${unreachable}.`;
      if (steps.length === 0) {
        void pulumi.log.warn(`${silence} This run has no step on this host.`);
        continue;
      }
      void pulumi.log.error(
        `${silence} All other steps are done. Steps that remain on this host: ${steps.join(", ")}. When it answers again, run ` +
          "pulumi up. If the host no longer exists, remove it from the configuration.",
      );
      process.once("exit", () => (process.exitCode = actionableExitCode));
    }
  });
}
