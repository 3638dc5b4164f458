import { existsSync, readFileSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { folderOf } from "../artefacts/artefact";
import { goArtefact } from "../artefacts/go";
import { kubernetes } from "../artefacts/programs";
import { kubernetesVersion, type Release } from "../artefacts/versions";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { otherLabs } from "../hosts/network";
import { docker } from "../machine/docker";

/** Checks that this machine has resources for this lab beside the other labs. The lab itself changes no limit. */
export async function checkRoom(place: Place, releases: readonly Release[]): Promise<void> {
  const others = await otherLabs(place);
  checkInotify(others.length, Number(readFileSync("/proc/sys/fs/inotify/max_user_instances", "utf8")));
  const hosts = await docker(["ps", "--quiet", "--filter", `label=${place.label}`]);
  if (hosts === "") checkMemory(others, readFileSync("/proc/meminfo", "utf8"));
  checkDisk(place, releases, await docker(["info", "--format", "{{.DockerRootDir}}"]));
}

/** Inotify instances that the hosts of one lab use, measured: systemd, containerd, kubelet and the control plane. */
const instancesOfLab = 90;

/** The kernel's default, enough for one lab. If there are too few, systemd stops without a message in the hosts that boot last. */
const defaultInstances = 128;

/** @param limit this user's limit, which all labs share */
export function checkInotify(others: number, limit: number): void {
  const enough = defaultInstances + others * instancesOfLab;
  if (limit < enough) {
    throw new LabError(
      `fs.inotify.max_user_instances is ${limit} here, too low for ` +
        (others === 0 ? "the hosts of the lab" : `the hosts of ${others + 1} labs`),
      `Raise it: sudo sysctl -w fs.inotify.max_user_instances=${enough}`,
    );
  }
}

/** GiB of memory that one lab uses: 2.3 were measured on its hosts after a build, and `pulumi up` uses one more. */
const memoryOfLab = 4;

/**
 * Checks the memory for a lab beside others. A lab on its own is not checked.
 *
 * @param meminfo text of /proc/meminfo
 */
export function checkMemory(others: readonly string[], meminfo: string): void {
  const gibibytes = Number(/^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1]) / 2 ** 20;
  if (others.length > 0 && gibibytes < memoryOfLab) {
    throw new LabError(
      `${gibibytes.toFixed(1)} GiB of memory are available beside the lab of ${others.join(" and that of ")}, ` +
        `but another lab needs ${memoryOfLab} GiB`,
      "Run `npm run lab -- down` there first.",
    );
  }
}

/** GiB of disk that the first run uses: Go's downloads and builds, the cache, Docker's images and the hosts. */
const diskOfFirstRun = 12;

/** GiB that the build of a further version of Kubernetes uses, and those of them that remain. */
const [diskOfBuild, diskOfVersion] = [6, 2] as const;

/**
 * Checks the disk space for the builds. Skipped if each version of Kubernetes is built.
 *
 * @param dockerFolder the folder of Docker's images and containers
 */
export function checkDisk(place: Place, releases: readonly Release[], dockerFolder: string, free = freeBytes): void {
  const missing = releases
    .map(({ kubernetes: version }) => version)
    .filter((version) => !existsSync(folderOf(place, goArtefact(kubernetes(version)))));
  const further = missing.filter((version) => version !== kubernetesVersion);
  if (missing.length === 0) {
    return;
  }
  const [what, needed] =
    missing.length > further.length
      ? ["the first run needs", diskOfFirstRun + diskOfVersion * further.length]
      : [`the build of Kubernetes v${further.join(", v")} needs`, diskOfBuild + diskOfVersion * (further.length - 1)];
  for (const folder of [place.cache, dockerFolder]) {
    const gibibytes = free(folder) / 2 ** 30;
    if (gibibytes < needed) {
      throw new LabError(
        `${gibibytes.toFixed(1)} GiB of disk are free at ${folder}, but ${what} ${needed} GiB`,
        "Free disk space there and run the lab again. LAB_CACHE moves the cache to another disk.",
      );
    }
  }
}

/** Free bytes on the disk of a folder, which need not exist yet. */
export function freeBytes(folder: string): number {
  if (!existsSync(folder)) {
    return freeBytes(dirname(folder));
  }
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
