import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../host/error";
import { dialled, type DialledHost, type Host } from "../../host/host";
import { identityPath, pinnedTo, sshOptions } from "../../host/ssh-options";

/**
 * The docker provider for a host, over SSH with its pinned key. It does not connect before a resource needs it: a
 * preview connects to no host, and Docker may not be installed yet.
 *
 * @throws UserError if DOCKER_CONTEXT is set, because the provider would use that context instead
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
      host: pulumi.interpolate`ssh://${host.ssh.user}@${host.address}:${host.ssh.port}`,
      sshOpts: dialled(host).apply(argumentsFor),
      disableDockerDaemonCheck: true,
    },
    opts,
  );
}

function argumentsFor({ address, ssh }: DialledHost): string[] {
  const { privateKeyFile, proxyJump } = ssh;
  const identityFile = privateKeyFile === undefined ? undefined : identityPath(privateKeyFile);
  const options = [...sshOptions({ identityFile, proxyJump }), ...pinnedTo(address, ssh)];
  return ["-F", "none", ...options.flatMap((option) => ["-o", option])];
}
