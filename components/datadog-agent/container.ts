import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { DatadogAgentArgs } from "./args";
import { defaults } from "./defaults";
import { mountedAt } from "./directory";
import { agentEnvironment } from "./environment";

/**
 * The folder of the agent's configuration on the host. It is in /opt, because the mount needs its path at preview, and
 * only the host knows the path of a home directory.
 */
export const confD = "/opt/datadog-monitor/datadog-agent/conf.d";

export const containerName = "dd-agent";

/** The container's environment, NAME=VALUE each; a secret. */
export function environmentOf(args: DatadogAgentArgs): pulumi.Output<string[]> {
  const { host, apiKey, site = defaults.site, apiUrl, logsUrl, tags, proxy } = args;
  const [container, hostname] = [containerName, host.name];
  return pulumi
    .secret(apiKey)
    .apply((key) => agentEnvironment({ apiKey: key, site, apiUrl, logsUrl, container, hostname, tags, proxy }));
}

/** The inputs of the agent's container. container.sh recognises the container by its mount of {@link confD}. */
export function containerInputs(args: DatadogAgentArgs, image: pulumi.Input<string>): docker.ContainerArgs {
  const { logs, checks = {}, agentMemory } = args;
  const readOnly = (hostPath: string, containerPath: string) => ({ hostPath, containerPath, readOnly: true });
  return {
    name: containerName,
    image,
    envs: environmentOf(args),
    volumes: [
      readOnly("/var/run/docker.sock", "/var/run/docker.sock"),
      readOnly("/proc/", "/host/proc/"),
      readOnly("/sys/fs/cgroup/", "/host/sys/fs/cgroup"),
      readOnly(confD, "/conf.d"),
      ...(checks.directory ?? []).map(({ folder }) => readOnly(folder, mountedAt(folder))),
    ],
    ports: logs.map(({ type, port }) => ({ internal: port, external: port, protocol: type })),
    restart: "always",
    memory: agentMemory,
  };
}
