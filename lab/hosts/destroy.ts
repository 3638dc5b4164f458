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

/** The task that removes all Docker objects of a kind that match a filter; its result is their number. */
function removal(title: string, kind: string, filter: string, options: readonly string[] = []): Task {
  return {
    title,
    async run(report) {
      const all = kind === "container" ? ["--all"] : [];
      const ids = (await docker([kind, "ls", "--quiet", ...all, "--filter", filter])).split("\n");
      const found = [...new Set(ids)].filter((id) => id !== "");
      if (found.length === 0) return "none";
      report(`removing ${found.length}`);
      await docker([kind, "rm", ...options, ...found]);
      return `${found.length} removed`;
    },
  };
}

/**
 * Removes the lab: containers, network, volumes, and its folder with keys, secrets and state. The builds stay in the cache
 * unless `purge` is set.
 *
 * @throws LabError if `purge` would remove builds that other labs use
 */
export async function destroyLab(place: Place, progress: Progress, { purge = false } = {}): Promise<void> {
  // only Docker knows whether another lab uses the builds
  if (whereIs("docker") !== undefined && (purge || existsSync(place.folder) || (await dockerVersion()) !== undefined)) {
    await withDockerLock(progress, () => removeFromDocker(place, progress, purge));
  } else if (purge) {
    await removeBuilds(place, progress);
  }
  await progress.run([{ title: "Keys, secrets and state", run: () => Promise.resolve(clearFolder(place)) }]);
}

const removeBuilds = (place: Place, progress: Progress) =>
  withCacheLock(place, progress, () =>
    progress.run([{ title: "Builds", run: () => rm(place.cache, { recursive: true, force: true }) }]),
  );

async function removeFromDocker(place: Place, progress: Progress, purge: boolean): Promise<void> {
  // the lab's objects can be removed only while Docker runs
  await progress.run([{ title: "Docker", run: (report) => ensureDocker(place, report) }]);
  const others = await otherLabs(place);
  if (purge && others.length > 0) {
    throw new LabError(
      `down --purge would remove the images and builds that another lab uses: ${others.join(", ")}`,
      "Omit --purge, or run `npm run lab -- down` there first.",
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
  await progress.run([{ title: "Docker", run: () => stopOwnDaemon(place, others) }]);
}

/** Ends the dockerd that the lab started, unless something else uses it. */
async function stopOwnDaemon(place: Place, others: readonly string[]): Promise<string> {
  if ((await docker(["ps", "--quiet"])) !== "") return "still runs: other containers use it";
  if (others.length > 0) return `still runs: another lab uses it (${others.join(", ")})`;
  return (await stopDaemon(place)) ? "stopped, because the lab had started it" : "still runs";
}

/** Removes the lab's folder. If dockerd still runs, its pid file and its log stay, so that a later run can end it. */
function clearFolder(place: Place): string {
  if (!existsSync(place.folder)) return "none";
  const names = readdirSync(place.folder);
  const removed = names.includes("dockerd.pid")
    ? names.filter((name) => !/^dockerd\.(pid|log)$/.test(name)).map((name) => join(place.folder, name))
    : [place.folder];
  for (const path of removed) rmSync(path, { recursive: true, force: true });
  return "removed";
}
