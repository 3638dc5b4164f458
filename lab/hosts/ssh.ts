import { join } from "node:path";
import { LabError } from "../base/error";
import { type Finished, lastLine, tryRun } from "../base/process";
import type { HostsPlan, LabHost } from "./plan";
import { sshFolder } from "./ssh-keys";

/** The lab's properties that an SSH connection needs. */
type Reach = Pick<HostsPlan, "place" | "stack">;

/** Arguments of `ssh` for a login on a lab host as the stack's user, with the host's pinned key. */
export function sshArguments({ place, stack }: Reach, host: LabHost): string[] {
  const options = {
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: join(sshFolder(place), "known_hosts"),
    GlobalKnownHostsFile: "/dev/null",
    IdentitiesOnly: "yes",
    LogLevel: "ERROR",
    ConnectTimeout: "5",
  };
  return [
    ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    ...["-i", join(sshFolder(place), "id_ed25519"), `${stack.user}@${host.address}`],
  ];
}

/** Runs shell text as root on a host. A failure of the command is not an error. */
export function tryOnHost(lab: Reach, host: LabHost, script: string, seconds = 30): Promise<Finished> {
  return tryRun("ssh", ["-o", "BatchMode=yes", ...sshArguments(lab, host), "sudo -n bash -s"], {
    input: script,
    seconds,
    remedy: "Install OpenSSH's client (apt-get install openssh-client).",
  });
}

/** As {@link tryOnHost}. A failure is an error that names the host. */
export async function onHost(lab: Reach, host: LabHost, script: string, seconds?: number): Promise<string> {
  const finished = await tryOnHost(lab, host, script, seconds);
  if (finished.code !== 0) throw new LabError(`${host.name}: ${lastLine(finished)}`);
  return finished.stdout.trimEnd();
}

export function hostNamed(hosts: readonly LabHost[], name: string | undefined): LabHost {
  const host = hosts.find((one) => one.name === name);
  if (host === undefined) {
    throw new LabError(
      name === undefined ? "no host is given" : `the lab has no host ${name}`,
      `The hosts are ${hosts.map((one) => one.name).join(", ")}.`,
    );
  }
  return host;
}
