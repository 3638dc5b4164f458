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
 * Removes the lab's state locks whose owner has ended without removing them (killed, or the machine went down): the state is
 * a folder of this machine, so that who holds a lock can be known.
 *
 * @returns whether somebody still holds one
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
