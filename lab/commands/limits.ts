import { existsSync, readFileSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { folderOf } from "../artefacts/artefact";
import { goArtefact } from "../artefacts/go";
import { kubernetes } from "../artefacts/programs";
import { LabError } from "../base/error";
import type { Place } from "../base/place";

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

/** GiB of disk that the first run takes: Go's downloads and builds, the cache, Docker's images and the hosts. */
const diskOfFirstRun = 12;

/**
 * Looks whether there is room for the builds of the first run; once Kubernetes is built, most of it is taken.
 *
 * @param dockerFolder where Docker keeps its images and containers
 */
export function checkDisk(place: Place, dockerFolder: string, free = freeBytes): void {
  if (existsSync(folderOf(place, goArtefact(kubernetes)))) {
    return;
  }
  for (const folder of [place.cache, dockerFolder]) {
    const gibibytes = free(folder) / 2 ** 30;
    if (gibibytes < diskOfFirstRun) {
      throw new LabError(
        `${gibibytes.toFixed(1)} GiB of disk are free at ${folder}, and the first run takes ${diskOfFirstRun} GiB`,
        "Free disk space there and run the lab again. LAB_CACHE moves the cache to another disk.",
      );
    }
  }
}

/** Free bytes where the folder is, or where it will be made. */
export function freeBytes(folder: string): number {
  if (!existsSync(folder)) {
    return freeBytes(dirname(folder));
  }
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
