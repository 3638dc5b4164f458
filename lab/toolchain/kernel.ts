import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../cli/error";
import type { Place } from "../cli/place";

const setting = "/proc/sys/fs/inotify/max_user_instances";

/** systemd, kubelet and the control plane of all hosts together count as one user's; many kernels allow 128. */
const wanted = 1024;

const memory = (place: Place) => join(place.folder, "inotify-instances-before");

const current = () => Number(readFileSync(setting, "utf8"));

/**
 * Sees to enough inotify instances: the one setting of the machine that the lab changes, and `down` sets it back. With too
 * few, systemd in the last hosts to boot stops without a word.
 */
export function needInotifyInstances(place: Place): string {
  const before = current();
  if (before >= wanted / 2) {
    return `${before} inotify instances`;
  }
  try {
    mkdirSync(place.folder, { recursive: true });
    writeFileSync(memory(place), `${before}\n`);
    writeFileSync(setting, String(wanted));
  } catch {
    rmSync(memory(place), { force: true });
    throw new LabError(
      `fs.inotify.max_user_instances is ${before}, too few for so many hosts`,
      `Raise it: sudo sysctl -w fs.inotify.max_user_instances=${wanted}`,
    );
  }
  return `inotify instances raised from ${before} to ${wanted}, until \`down\``;
}

/** Sets it back, unless somebody else has changed it since. */
export function restoreInotifyInstances(place: Place): void {
  if (existsSync(memory(place))) {
    if (current() === wanted) {
      writeFileSync(setting, readFileSync(memory(place)));
    }
    rmSync(memory(place));
  }
}
