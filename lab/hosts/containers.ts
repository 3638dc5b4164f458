import { labelKey, type Place } from "../base/place";
import { hashOf } from "../artefacts/artefact";
import { docker, inspect } from "../machine/docker";
import type { LabHost } from "./plan";

/**
 * Every capability but CAP_SYS_RESOURCE (not to be had everywhere) and CAP_SYS_MODULE (the kernel is the machine's). By name:
 * Docker's ALL holds what an older runtime, or a machine that is a container itself, does not have.
 */
const capabilities = [
  ...["AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH"],
  ...["FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE"],
  ...["MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID"],
  ...["SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_TIME"],
  ...["SYS_TTY_CONFIG", "SYSLOG", "WAKE_ALARM"],
];

/** What systemd as the first process of a container takes. */
const systemd = [
  ...["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined", "--cgroupns=private"],
  ...["--tmpfs", "/run:exec,mode=755", "--tmpfs", "/run/lock", "--tmpfs", "/tmp:exec"],
  ...["--stop-signal", "SIGRTMIN+3", "--stop-timeout", "20"],
];

/** A load balancer is a machine of its own, which no master's load keeps from its adverts: it comes before all others. */
export const loadBalancerShares = 20480;

/** What a host's container is made from. */
export interface ContainerSpec {
  readonly image: string;
  /** Folders of this machine, read-only: path in the host → folder. */
  readonly folders?: Readonly<Record<string, string>>;
  /** Volumes that outlive the container (until `down`): path in the host → name. */
  readonly kept?: Readonly<Record<string, string>>;
}

type Named = Pick<LabHost, "name">;

export const containerOf = (place: Place, host: Named) => `${place.prefix}-${host.name}`;

function createArguments(place: Place, host: LabHost, { image, folders = {}, kept = {} }: ContainerSpec): string[] {
  return [
    ...["--hostname", host.name, "--network", place.prefix, "--ip", host.address],
    ...["--label", place.label, "--label", `${labelKey}.host=${host.name}`],
    ...capabilities.flatMap((name) => ["--cap-add", name]),
    ...systemd,
    ...(host.role === "load-balancer" ? ["--cpu-shares", String(loadBalancerShares)] : []),
    ...host.volumes.flatMap((path) => ["-v", path]),
    ...Object.entries(folders).flatMap(([path, folder]) => ["-v", `${folder}:${path}:ro`]),
    ...Object.entries(kept).flatMap(([path, name]) => ["-v", `${name}:${path}`]),
    image,
  ];
}

/** What a container was made from: changes when any of it does. */
export const recipeOf = (...made: Parameters<typeof createArguments>) => hashOf(createArguments(...made));

/** Whether a host's container runs, and what it was made from; undefined where it has none. */
export async function findContainer(
  place: Place,
  host: Named,
): Promise<{ readonly running: boolean; readonly recipe: string } | undefined> {
  const format = `{{.State.Running}} {{index .Config.Labels "${labelKey}.recipe"}}`;
  const [running, recipe = ""] = (await inspect("container", containerOf(place, host), format))?.split(" ") ?? [];
  return running === undefined ? undefined : { running: running === "true", recipe };
}

/** Creates a host's container; it has not booted yet. */
export async function createContainer(place: Place, host: LabHost, design: ContainerSpec): Promise<void> {
  for (const name of Object.values(design.kept ?? {})) {
    await docker(["volume", "create", "--label", place.label, name]);
  }
  const recipe = `${labelKey}.recipe=${recipeOf(place, host, design)}`;
  const head = ["create", "--name", containerOf(place, host), "--label", recipe];
  await docker([...head, ...createArguments(place, host, design)]);
}

export async function removeContainer(place: Place, host: Named): Promise<void> {
  await docker(["rm", "--force", "--volumes", containerOf(place, host)]);
}
