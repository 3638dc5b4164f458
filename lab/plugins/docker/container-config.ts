import type Docker from "dockerode";
import type { ContainerInputs } from "./inputs";

const megabytes = (count: number) => (count > 0 ? count * 1024 * 1024 : count);

/** What the daemon is asked to create for a container's inputs. */
export function createOptions(inputs: ContainerInputs): Docker.ContainerCreateOptions {
  // Without this the client would write all of it into the address as well, and the environment's secrets with it.
  const options = { _query: { name: inputs.name }, _body: createBody(inputs) };
  return options as Docker.ContainerCreateOptions;
}

function createBody(inputs: ContainerInputs): Docker.ContainerCreateOptions {
  const ports = inputs.ports ?? [];
  const key = (port: { internal: number; protocol: string }) => `${port.internal}/${port.protocol}`;
  const health = inputs.healthcheck;
  return {
    Image: inputs.image,
    Hostname: inputs.hostname,
    Domainname: inputs.domainname,
    User: inputs.user,
    WorkingDir: inputs.workingDir,
    Env: inputs.envs,
    Cmd: inputs.command,
    Entrypoint: inputs.entrypoints,
    StopSignal: inputs.stopSignal,
    StopTimeout: inputs.stopTimeout,
    Labels: Object.fromEntries((inputs.labels ?? []).map(({ label, value }) => [label, value])),
    ExposedPorts: Object.fromEntries(ports.map((port) => [key(port), {}])),
    ...(health === undefined
      ? {}
      : {
          Healthcheck: {
            Test: health.tests,
            Interval: nanoseconds(health.interval),
            Timeout: nanoseconds(health.timeout),
            StartPeriod: nanoseconds(health.startPeriod),
            Retries: health.retries,
          },
        }),
    HostConfig: hostConfig(inputs, portBindings(ports, key)),
  };
}

type Bindings = Record<string, { HostIp: string; HostPort: string }[]>;
type Port = NonNullable<ContainerInputs["ports"]>[number];

function portBindings(ports: readonly Port[], key: (port: Port) => string): Bindings {
  const bindings: Bindings = {};
  for (const port of ports) {
    (bindings[key(port)] ??= []).push({
      HostIp: port.ip,
      HostPort: port.external === undefined ? "" : String(port.external),
    });
  }
  return bindings;
}

function hostConfig(inputs: ContainerInputs, bindings: Bindings): Docker.HostConfig {
  return {
    ...updateOptions(inputs),
    Binds: (inputs.volumes ?? []).map(({ hostPath, volumeName, containerPath = "", readOnly }) =>
      [hostPath ?? volumeName ?? "", containerPath, readOnly ? "ro" : "rw"].join(":"),
    ),
    Mounts: (inputs.mounts ?? []).map(({ type, source, target, readOnly, bindOptions }) => ({
      Type: type,
      Source: source ?? "",
      Target: target,
      ReadOnly: readOnly ?? false,
      ...(bindOptions?.propagation === undefined
        ? {}
        : { BindOptions: { Propagation: bindOptions.propagation as "rprivate" } }),
    })),
    PortBindings: bindings,
    PublishAllPorts: inputs.publishAllPorts ?? false,
    NetworkMode: inputs.networkMode,
    ExtraHosts: inputs.hosts?.map(({ host, ip }) => `${host}:${ip}`),
    Privileged: inputs.privileged ?? false,
    ReadonlyRootfs: inputs.readOnly,
    CapAdd: inputs.capabilities?.adds,
    CapDrop: inputs.capabilities?.drops,
    SecurityOpt: inputs.securityOpts,
    GroupAdd: inputs.groupAdds,
    PidMode: inputs.pidMode,
    IpcMode: inputs.ipcMode,
    UsernsMode: inputs.usernsMode,
    CgroupnsMode: inputs.cgroupnsMode as "host" | "private" | undefined,
    Init: inputs.init,
    Dns: inputs.dns,
    DnsOptions: inputs.dnsOpts,
    DnsSearch: inputs.dnsSearches,
    Sysctls: inputs.sysctls,
    Tmpfs: inputs.tmpfs,
    ShmSize: inputs.shmSize === undefined ? undefined : megabytes(inputs.shmSize),
    Ulimits: inputs.ulimits?.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
    Devices: inputs.devices?.map(({ hostPath, containerPath, permissions }) => ({
      PathOnHost: hostPath,
      PathInContainer: containerPath ?? hostPath,
      CgroupPermissions: permissions,
    })),
    ...(inputs.logDriver === undefined && inputs.logOpts === undefined
      ? {}
      : { LogConfig: { Type: inputs.logDriver ?? "", Config: inputs.logOpts ?? {} } }),
  } as Docker.HostConfig;
}

/** The part of it that can be changed while the container stands. */
export function updateOptions(inputs: ContainerInputs): Docker.HostConfig {
  return {
    RestartPolicy: { Name: inputs.restart, MaximumRetryCount: inputs.maxRetryCount ?? 0 },
    CpuShares: inputs.cpuShares ?? 0,
    CpusetCpus: inputs.cpuSet ?? "",
    Memory: megabytes(inputs.memory ?? 0),
    MemoryReservation: megabytes(inputs.memoryReservation ?? 0),
    ...(inputs.memorySwap === undefined ? {} : { MemorySwap: megabytes(inputs.memorySwap) }),
  };
}

const units: Readonly<Record<string, number>> = { h: 3.6e12, m: 6e10, s: 1e9, ms: 1e6, us: 1e3, ns: 1 };

/** A duration such as `1m30s` in nanoseconds; 0, which is the image's own, where there is none. */
function nanoseconds(duration: string | undefined): number {
  const parts = [...(duration ?? "").matchAll(/(\d+(?:\.\d+)?)(ms|us|ns|h|m|s)/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ""] ?? 0), 0);
}
