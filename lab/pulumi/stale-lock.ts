import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Place } from "../base/place";
import { stackName, stateFolder } from "./environment";

interface Lock {
  readonly pid?: number;
  readonly hostname?: string;
}

/**
 * Removes stale locks of the lab's state: those whose owner was killed or lost with a reboot. The state is a folder of this
 * machine, so the owner's pid tells whether the lock is stale.
 *
 * @returns whether a running process still holds a lock
 */
export function removeStaleLocks(place: Place): boolean {
  const folder = join(stateFolder(place), ".pulumi", "locks", "organization", "kube-control", stackName);
  if (!existsSync(folder)) {
    return false;
  }
  const isLock = (name: string) => name.endsWith(".json");
  for (const name of readdirSync(folder).filter(isLock)) {
    const { pid, hostname: host } = JSON.parse(readFileSync(join(folder, name), "utf8")) as Lock;
    if (pid !== undefined && host === hostname() && !existsSync(`/proc/${pid}`)) {
      rmSync(join(folder, name));
    }
  }
  return readdirSync(folder).some(isLock);
}
