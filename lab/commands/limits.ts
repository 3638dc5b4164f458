import { existsSync, readFileSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { folderOf } from "../artefacts/artefact";
import { goArtefact } from "../artefacts/go";
import { kubernetes } from "../artefacts/programs";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { otherLabs } from "../hosts/network";
import { docker } from "../machine/docker";

/** Looks whether this machine leaves room for the lab beside those that stand already; the lab changes no limit. */
export async function checkRoom(place: Place): Promise<void> {
  const others = await otherLabs(place);
  checkInotify(others.length, Number(readFileSync("/proc/sys/fs/inotify/max_user_instances", "utf8")));
  const hosts = await docker(["ps", "--quiet", "--filter", `label=${place.label}`]);
  if (hosts === "") checkMemory(others, readFileSync("/proc/meminfo", "utf8"));
  checkDisk(place, await docker(["info", "--format", "{{.DockerRootDir}}"]));
}

/** Inotify instances that systemd, containerd, kubelet and the control plane of one lab's hosts take together, measured. */
const instancesOfLab = 90;

/** The kernel's own default: one lab's, and some. With too few, systemd in the last hosts to boot stops without a message. */
const usualInstances = 128;

/** @param limit that of this user, which all labs share */
export function checkInotify(others: number, limit: number): void {
  const enough = usualInstances + others * instancesOfLab;
  if (limit < enough) {
    throw new LabError(
      `fs.inotify.max_user_instances is ${limit} here, too few for ` +
        (others === 0 ? "so many hosts" : `the hosts of ${others + 1} labs`),
      `Raise it: sudo sysctl -w fs.inotify.max_user_instances=${enough}`,
    );
  }
}

/** GiB of memory that one lab takes: 2.3 were measured on its hosts after a build, and `pulumi up` takes one more. */
const memoryOfLab = 4;

/**
 * Looks whether there is memory for a lab beside others; the first one is left to try.
 *
 * @param meminfo text of /proc/meminfo
 */
export function checkMemory(others: readonly string[], meminfo: string): void {
  const gibibytes = Number(/^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1]) / 2 ** 20;
  if (others.length > 0 && gibibytes < memoryOfLab) {
    throw new LabError(
      `${gibibytes.toFixed(1)} GiB of memory are available beside the lab of ${others.join(" and that of ")}, ` +
        `and another lab takes ${memoryOfLab} GiB`,
      "Run `npm run lab -- down` there first.",
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
