import { readFileSync } from "node:fs";
import { LabError } from "../cli/error";

const inotifyInstances = "/proc/sys/fs/inotify/max_user_instances";

/**
 * What systemd, containerd, kubelet and the control plane of all hosts take together (about 90, measured), and some. It is
 * the kernel's own default; with too few, systemd in the last hosts to boot stops without a word.
 */
const enough = 128;

/** Looks whether this machine's limits leave room for the lab; the lab changes none of them. */
export function checkLimits(): void {
  const limit = Number(readFileSync(inotifyInstances, "utf8"));
  if (limit < enough) {
    throw new LabError(
      `fs.inotify.max_user_instances is ${limit} here, too few for so many hosts`,
      `Raise it: sudo sysctl -w fs.inotify.max_user_instances=${enough}`,
    );
  }
}
