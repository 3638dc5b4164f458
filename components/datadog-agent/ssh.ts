import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../host/error";
import type { Host } from "../../host/host";

/**
 * The docker provider for a host, over ssh with its pinned key. The daemon is not asked before a resource needs it: a
 * preview dials nothing, and the host may have no Docker yet.
 */
export function dockerOverSsh(name: string, host: Host, opts: pulumi.ResourceOptions): docker.Provider {
  const context = process.env["DOCKER_CONTEXT"] ?? "";
  if (context !== "") {
    throw new UserError(
      `is ${context}, which the docker provider would use in place of ${host.name}'s Docker`,
      "the environment variable DOCKER_CONTEXT",
      "Run `unset DOCKER_CONTEXT`, then try again.",
    );
  }
  return new docker.Provider(
    name,
    {
      host: `ssh://${host.ssh.user}@${host.address}:${host.ssh.port}`,
      sshOpts: sshOptions(host),
      disableDockerDaemonCheck: true,
    },
    opts,
  );
}

function sshOptions(host: Host): string[] {
  const options = [
    "BatchMode=yes",
    "ConnectTimeout=10",
    "StrictHostKeyChecking=yes",
    `UserKnownHostsFile=${quoted(host.ssh.knownHostsFile)}`,
    "GlobalKnownHostsFile=/dev/null",
    "UpdateHostKeys=no",
    "IdentitiesOnly=yes",
  ];
  // the operator's own ssh configuration stays out of it: a shared connection would check no host key
  return ["-F", "none", "-i", host.ssh.privateKeyFile, ...options.flatMap((option) => ["-o", option])];
}

/** ssh splits this option at blanks, as long as it is not quoted. */
function quoted(path: string): string {
  return /\s/.test(path) ? `"${path}"` : path;
}
