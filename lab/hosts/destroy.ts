import { existsSync, readdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import type { Progress, Task } from "../base/progress";
import { withCacheLock } from "../base/lock";
import { whereIs } from "../machine/apt";
import { docker, withDockerLock, dockerVersion, ensureDocker, stopDaemon } from "../machine/docker";
import { otherLabs } from "./network";

/** Removes what Docker has of a kind and a filter; says how many there were. */
function removal(title: string, kind: string, filter: string, options: readonly string[] = []): Task {
  return {
    title,
    async run(report) {
      const all = kind === "container" ? ["--all"] : [];
      const ids = (await docker([kind, "ls", "--quiet", ...all, "--filter", filter])).split("\n");
      const found = [...new Set(ids)].filter((id) => id !== "");
      if (found.length === 0) return "none";
      report(`${found.length} to go`);
      await docker([kind, "rm", ...options, ...found]);
      return `${found.length} removed`;
    },
  };
}

/**
 * Takes the lab down: containers, network, volumes, and its folder with keys, secrets and state. What was built stays in the
 * cache unless `purge` is set.
 *
 * @throws LabError where `purge` would take what other labs stand on
 */
export async function destroyLab(place: Place, progress: Progress, { purge = false } = {}): Promise<void> {
  // only Docker tells whether another lab stands on what was built
  if (whereIs("docker") !== undefined && (purge || existsSync(place.folder) || (await dockerVersion()) !== undefined)) {
    await withDockerLock(progress, () => leaveDocker(place, progress, purge));
  } else if (purge) {
    await removeBuilds(place, progress);
  }
  await progress.run([{ title: "Keys, secrets and state", run: () => Promise.resolve(clearFolder(place)) }]);
}

const removeBuilds = (place: Place, progress: Progress) =>
  withCacheLock(place, progress, () =>
    progress.run([{ title: "Builds", run: () => rm(place.cache, { recursive: true, force: true }) }]),
  );

async function leaveDocker(place: Place, progress: Progress, purge: boolean): Promise<void> {
  // what the lab has there stays there while Docker is down
  await progress.run([{ title: "Docker", run: (report) => ensureDocker(place, report) }]);
  const others = await otherLabs(place);
  if (purge && others.length > 0) {
    throw new LabError(
      `down --purge would take the images and builds that another lab stands on: ${others.join(", ")}`,
      "Leave out --purge, or run `npm run lab -- down` there first.",
    );
  }
  const label = `label=${place.label}`;
  await progress.run([
    removal("Hosts", "container", label, ["--force", "--volumes"]),
    removal("Network", "network", label),
    removal("Volumes", "volume", label),
    ...(purge ? [removal("Images", "image", "reference=kube-control-lab/*", ["--force"])] : []),
  ]);
  if (purge) await removeBuilds(place, progress);
  await progress.run([{ title: "Docker", run: () => endDaemon(place, others) }]);
}

/** The daemon that the lab started ends with it, unless somebody else uses it by now. */
async function endDaemon(place: Place, others: readonly string[]): Promise<string> {
  if ((await docker(["ps", "--quiet"])) !== "") return "goes on: other containers run";
  if (others.length > 0) return `goes on: it is that of another lab as well (${others.join(", ")})`;
  return (await stopDaemon(place)) ? "ended, as the lab had started it" : "goes on";
}

/** What is about a Docker that goes on is kept, so that it can be ended another time. */
function clearFolder(place: Place): string {
  if (!existsSync(place.folder)) return "none";
  const names = readdirSync(place.folder);
  const gone = names.includes("dockerd.pid")
    ? names.filter((name) => !/^dockerd\.(pid|log)$/.test(name)).map((name) => join(place.folder, name))
    : [place.folder];
  for (const path of gone) rmSync(path, { recursive: true, force: true });
  return "removed";
}
