import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { InitFailed, type ResourceType } from "../protocol/resource";
import type { Properties, Value } from "../protocol/value";
import { createOptions, updateOptions } from "./container-config";
import { daemonSays, findOrPull, statusOf, type DockerConfiguration } from "./image";
import { asContainer, containerInputs, type ContainerInputs } from "./inputs";

/** `docker:index/container:Container`. */
export const container: ResourceType<DockerConfiguration> = {
  inputs: containerInputs,
  outputs: { bridge: "stable", containerLogs: "stable", exitCode: "stable", networkDatas: "stable" },
  // Names are given, never made up, and two containers cannot have one.
  deleteBeforeReplace: true,
  check({ volumes }) {
    const paths = Array.isArray(volumes) ? (volumes as Properties[]) : [];
    return paths.flatMap(({ hostPath }, index) =>
      typeof hostPath === "string" && !/^(\/|[a-zA-Z]:)/.test(hostPath)
        ? [{ property: `volumes[${index}].hostPath`, reason: `"${hostPath}" must be an absolute path` }]
        : [],
    );
  },
  async create(properties, { configuration, progress, signal }) {
    const inputs = asContainer(properties);
    const { client } = configuration;
    await findOrPull(configuration, inputs.image, undefined, progress).catch((error: unknown) => {
      throw new Error(`Unable to create container with image ${inputs.image}: ${daemonSays(error)}`);
    });
    const made = await client.createContainer(createOptions(inputs)).catch(failed("Unable to create container"));
    try {
      await connectNetworks(client, made.id, inputs);
      if (inputs.start) {
        await made.start().catch(failed("Unable to start container"));
        await (inputs.wait ? healthy(made, inputs.waitTimeout, signal) : undefined);
      }
    } catch (error) {
      const found = await made.inspect().catch(() => undefined);
      const outputs = found === undefined ? properties : asFound(found, properties);
      throw new InitFailed(made.id, outputs, [(error as Error).message]);
    }
    return { id: made.id, outputs: asFound(await made.inspect(), properties) };
  },
  async read(id, state, inputs, { configuration: { client } }) {
    const found = await inspect(client, id);
    if (found === undefined) {
      return undefined;
    }
    return { outputs: asFound(found, state), inputs };
  },
  async update(id, state, properties, { configuration: { client } }) {
    const inputs = asContainer(properties);
    const standing = client.getContainer(id);
    if (state["mustRun"] === false && inputs.mustRun && inputs.start) {
      await standing.start().catch(failed("Unable to start container"));
    }
    await standing.update(updateOptions(inputs)).catch(failed("Unable to update a container"));
    return asFound(await standing.inspect(), properties);
  },
  async delete(id, state, { configuration: { client }, signal }) {
    const standing = client.getContainer(id);
    const { destroyGraceSeconds = 0, removeVolumes } = asContainer(state);
    await standing.stop({ t: destroyGraceSeconds }).catch(unless([304, 404], `Error stopping container ${id}`));
    await standing
      .remove({ force: true, v: removeVolumes })
      .catch(unless([404, 409], `Error deleting container ${id}`));
    while ((await inspect(client, id)) !== undefined) {
      await sleep(100, undefined, { signal });
    }
  },
};

function failed(what: string): (error: unknown) => never {
  return (error) => {
    throw new Error(`${what}: ${daemonSays(error)}`);
  };
}

function unless(codes: readonly number[], what: string): (error: unknown) => void {
  return (error) => {
    if (!codes.includes(statusOf(error) ?? 0)) {
      failed(what)(error);
    }
  };
}

async function inspect(client: Docker, id: string): Promise<Docker.ContainerInspectInfo | undefined> {
  return client
    .getContainer(id)
    .inspect()
    .catch((error: unknown) => {
      return statusOf(error) === 404 ? undefined : failed(`error inspecting container ${id}`)(error);
    });
}

async function connectNetworks(client: Docker, id: string, inputs: ContainerInputs): Promise<void> {
  if (inputs.networksAdvanced === undefined || inputs.networksAdvanced.length === 0) {
    return;
  }
  await client
    .getNetwork("bridge")
    .disconnect({ Container: id })
    .catch(unless([404, 500], "Unable to disconnect the default network"));
  for (const { name, aliases, ipv4Address, ipv6Address } of inputs.networksAdvanced) {
    const EndpointConfig = { Aliases: aliases, IPAMConfig: { IPv4Address: ipv4Address, IPv6Address: ipv6Address } };
    await client
      .getNetwork(name)
      .connect({ Container: id, EndpointConfig })
      .catch(failed(`Unable to connect to network '${name}'`));
  }
}

/** Waits until a started container's own health check is content. */
async function healthy(started: Docker.Container, timeoutSeconds: number, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    const { Health: health } = (await started.inspect()).State;
    if (health === undefined) {
      throw new Error("you have supplied a 'wait' argument, but the container does not have a healthcheck defined");
    }
    if (health.Status === "healthy") {
      return;
    }
    if (Date.now() > deadline) {
      throw new Error("container failed to be in healthy state");
    }
    await sleep(1000, undefined, { signal });
  }
}

/** State as the daemon shows it over what was asked for. Environment, labels, volumes it is not asked: the image adds its own. */
function asFound(found: Docker.ContainerInspectInfo, asked: Properties): Properties {
  const { Config: config, HostConfig: host, NetworkSettings: network, State: state } = found;
  const askedImage = asked["image"];
  const byId = typeof askedImage === "string" && askedImage.startsWith("sha256:");
  const computed: Properties = {
    bridge: (network as { Bridge?: string }).Bridge ?? "",
    command: asList(config.Cmd),
    entrypoints: asList(config.Entrypoint),
    envs: asked["envs"] ?? asList(config.Env),
    hostname: config.Hostname,
    init: host.Init ?? false,
    ipcMode: host.IpcMode ?? "",
    logDriver: host.LogConfig?.Type ?? "",
    securityOpts: asList(host.SecurityOpt as string[] | null | undefined),
    shmSize: Math.round((host.ShmSize ?? 0) / 1024 / 1024),
    stopSignal: (config as { StopSignal?: string }).StopSignal ?? "",
    stopTimeout: (config as { StopTimeout?: number }).StopTimeout ?? 0,
    networkDatas: Object.entries(network.Networks).map(([name, at]) => ({
      networkName: name,
      ipAddress: at.IPAddress,
      ipPrefixLength: at.IPPrefixLen,
      gateway: at.Gateway,
      globalIpv6Address: at.GlobalIPv6Address,
      globalIpv6PrefixLength: at.GlobalIPv6PrefixLen,
      ipv6Gateway: at.IPv6Gateway,
      macAddress: at.MacAddress,
    })),
    ...(state.Running ? {} : { exitCode: state.ExitCode }),
  };
  const told: Properties = {
    ...asked,
    name: found.Name.replace(/^\//, ""),
    image: byId ? found.Image : config.Image,
    restart: host.RestartPolicy?.Name ?? "no",
    networkMode: host.NetworkMode ?? "bridge",
    readOnly: host.ReadonlyRootfs ?? false,
    // A container that should run and does not is a difference that an update mends.
    mustRun: asked["mustRun"] !== false && state.Running,
    ...(asked["privileged"] === undefined ? {} : { privileged: host.Privileged ?? false }),
    ...(asked["memory"] === undefined ? {} : { memory: Math.round((host.Memory ?? 0) / 1024 / 1024) }),
    // One that stopped publishes none; where it may, that says nothing.
    ...(asked["ports"] === undefined || (!state.Running && asked["mustRun"] === false)
      ? {}
      : { ports: portsAsFound(network.Ports, asked["ports"]) }),
  };
  return { ...told, ...computed };
}

function asList(value: string | readonly string[] | null | undefined): string[] {
  return value === null || value === undefined ? [] : typeof value === "string" ? [value] : [...value];
}

/** Null for a port that the image exposes and nobody published, which the client's types do not say. */
type Published = Record<string, { HostIp: string; HostPort: string }[] | null> | null;

/** The published ports, in the order they were asked for, which is the order of the program. */
function portsAsFound(published: Published, asked: Value): Value {
  const found = Object.entries(published ?? {}).flatMap(([key, bindings]) => {
    const [internal, protocol = "tcp"] = key.split("/");
    return (bindings ?? []).map(({ HostIp, HostPort }) => ({
      internal: Number(internal),
      external: Number(HostPort),
      ip: HostIp,
      protocol,
    }));
  });
  const order = Array.isArray(asked) ? (asked as Properties[]) : [];
  const place = (port: Properties) => {
    const at = order.findIndex(
      (wanted) => wanted["internal"] === port["internal"] && wanted["protocol"] === port["protocol"],
    );
    return at === -1 ? order.length : at;
  };
  return found.sort((a, b) => place(a) - place(b));
}
