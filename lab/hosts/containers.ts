import { labelKey, type Place } from "../base/place";
import { hashOf } from "../artefacts/artefact";
import { docker, inspect } from "../machine/docker";
import type { LabHost } from "./plan";

/**
 * Every capability except CAP_SYS_RESOURCE (not available on every machine) and CAP_SYS_MODULE (hosts must not load modules).
 * Listed by name: Docker's ALL includes capabilities that an older runtime, or a machine that is itself a container, lacks.
 */
const capabilities = [
  ...["AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH"],
  ...["FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE"],
  ...["MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID"],
  ...["SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_TIME"],
  ...["SYS_TTY_CONFIG", "SYSLOG", "WAKE_ALARM"],
];

/** Options that systemd needs as the first process of a container. */
const systemd = [
  ...["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined", "--cgroupns=private"],
  ...["--tmpfs", "/run:exec,mode=755", "--tmpfs", "/run/lock", "--tmpfs", "/tmp:exec"],
  ...["--stop-signal", "SIGRTMIN+3", "--stop-timeout", "20"],
];

/**
 * Docker's CPU shares of a load balancer, twenty times the default. On real sites it is a machine of its own, so the masters'
 * load must not delay its VRRP adverts here.
 */
export const loadBalancerShares = 20480;

/** What a host's container is created from. */
export interface ContainerSpec {
  readonly image: string;
  /** Folders of this machine, mounted read-only: path in the host → folder. */
  readonly folders?: Readonly<Record<string, string>>;
  /** Volumes that remain until `down`: path in the host → name. */
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

/** A hash of everything that a container is created from. */
export const recipeOf = (...made: Parameters<typeof createArguments>) => hashOf(createArguments(...made));

/** Whether a host's container runs, and its recipe; undefined if there is no container. */
export async function findContainer(
  place: Place,
  host: Named,
): Promise<{ readonly running: boolean; readonly recipe: string } | undefined> {
  const format = `{{.State.Running}} {{index .Config.Labels "${labelKey}.recipe"}}`;
  const [running, recipe = ""] = (await inspect("container", containerOf(place, host), format))?.split(" ") ?? [];
  return running === undefined ? undefined : { running: running === "true", recipe };
}

/** Creates a host's container, but does not start it. */
export async function createContainer(place: Place, host: LabHost, spec: ContainerSpec): Promise<void> {
  for (const name of Object.values(spec.kept ?? {})) {
    await docker(["volume", "create", "--label", place.label, name]);
  }
  const recipe = `${labelKey}.recipe=${recipeOf(place, host, spec)}`;
  const head = ["create", "--name", containerOf(place, host), "--label", recipe];
  await docker([...head, ...createArguments(place, host, spec)]);
}

/**
 * Makes Docker start a host again after `systemctl reboot` in it, which ends its first process with an error. Docker does not
 * start a host again that was ended by `docker kill` or `docker stop`. The policy is not an option of the creation, so that
 * existing labs get it too.
 */
export async function allowReboots(place: Place, host: Named): Promise<void> {
  await docker(["update", "--restart", "on-failure", containerOf(place, host)]);
}

export async function removeContainer(place: Place, host: Named): Promise<void> {
  await docker(["rm", "--force", "--volumes", containerOf(place, host)]);
}
