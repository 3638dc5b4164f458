import { join } from "node:path";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { type Finished, lastLine, tryRun } from "../base/process";
import type { LabHost } from "./plan";
import { sshFolder } from "./ssh-keys";

/** Arguments of `ssh` that reach a lab host as the stack's user, its key pinned. */
export function sshArguments(place: Place, host: LabHost, user: string): string[] {
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
    ...["-i", join(sshFolder(place), "id_ed25519"), `${user}@${host.address}`],
  ];
}

/** Runs shell text as root on a host; a failure is the caller's to judge. */
export function tryOnHost(place: Place, host: LabHost, user: string, script: string, seconds = 30): Promise<Finished> {
  return tryRun("ssh", ["-o", "BatchMode=yes", ...sshArguments(place, host, user), "sudo -n bash -s"], {
    input: script,
    seconds,
    todo: "Install OpenSSH's client (apt-get install openssh-client).",
  });
}

/** As {@link tryOnHost}; a failure is an error that names the host. */
export async function onHost(place: Place, host: LabHost, user: string, script: string, seconds = 30): Promise<string> {
  const finished = await tryOnHost(place, host, user, script, seconds);
  if (finished.code !== 0) throw new LabError(`${host.name}: ${lastLine(finished)}`);
  return finished.stdout.trimEnd();
}

export function hostNamed(hosts: readonly LabHost[], name: string | undefined): LabHost {
  const host = hosts.find((one) => one.name === name);
  if (host === undefined) {
    throw new LabError(
      name === undefined ? "which host?" : `the lab has no host ${name}`,
      `There are ${hosts.map((one) => one.name).join(", ")}.`,
    );
  }
  return host;
}
