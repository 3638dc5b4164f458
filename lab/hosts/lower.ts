import { existsSync, readdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Place } from "../base/place";
import { tryRun } from "../base/process";
import type { Progress, Report } from "../base/progress";
import { whereIs } from "../machine/apt";
import { docker, needDocker, stopDaemon } from "../machine/docker";

async function labelled(place: Place, kind: "container" | "network" | "volume"): Promise<string[]> {
  const all = kind === "container" ? ["--all"] : [];
  const listed = await docker([kind, "ls", "--quiet", ...all, "--filter", `label=${place.label}`]);
  return listed.split("\n").filter((id) => id !== "");
}

/** Removes one kind of the lab's Docker objects, known by the lab's label; says how many there were. */
async function remove(place: Place, kind: "container" | "network" | "volume", report: Report): Promise<string> {
  const ids = await labelled(place, kind);
  if (ids.length > 0) {
    report(`${ids.length} to go`);
    await docker([kind, "rm", ...(kind === "container" ? ["--force", "--volumes"] : []), ...ids]);
  }
  return ids.length === 0 ? "none" : `${ids.length} removed`;
}

/**
 * Takes the lab down: containers, network, volumes, and its folder with keys, secrets and state. What was built stays in the
 * cache unless `purge` is set.
 */
export async function lower(place: Place, progress: Progress, { purge = false } = {}): Promise<void> {
  if (whereIs("docker") !== undefined && (existsSync(place.folder) || (await dockerAnswers()))) {
    await progress.run([
      // what the lab has there stays there while Docker is down
      { title: "Docker", run: (report) => needDocker(place, report) },
      { title: "Hosts", run: (report) => remove(place, "container", report) },
      { title: "Network", run: (report) => remove(place, "network", report) },
      { title: "Volumes", run: (report) => remove(place, "volume", report) },
      ...(purge ? [{ title: "Images", run: removeImages }] : []),
      { title: "Docker", run: () => endDaemon(place) },
    ]);
  }
  await progress.run([
    {
      title: "Keys, secrets and state",
      run: () => Promise.resolve(clearFolder(place)),
    },
    ...(purge ? [{ title: "Builds", run: () => rm(place.cache, { recursive: true, force: true }) }] : []),
  ]);
}

async function removeImages(): Promise<string> {
  const ids = (await docker(["image", "ls", "--quiet", "--filter", "reference=kube-control-lab/*"])).split("\n");
  const found = [...new Set(ids)].filter((id) => id !== "");
  if (found.length > 0) {
    await docker(["image", "rm", "--force", ...found]);
  }
  return `${found.length} removed`;
}

async function dockerAnswers(): Promise<boolean> {
  return (await tryRun("docker", ["version"], { seconds: 20 })).code === 0;
}

/** The daemon that the lab started ends with it, unless containers of somebody else run there by now. */
async function endDaemon(place: Place): Promise<string> {
  if ((await docker(["ps", "--quiet"])) !== "") {
    return "goes on: other containers run";
  }
  return (await stopDaemon(place)) ? "ended, as the lab had started it" : "goes on";
}

/** What is about a Docker that goes on is kept, so that it can be ended another time. */
function clearFolder(place: Place): string {
  if (!existsSync(place.folder)) {
    return "none";
  }
  const kept = existsSync(join(place.folder, "dockerd.pid")) ? ["dockerd.pid", "dockerd.log"] : [];
  for (const name of readdirSync(place.folder).filter((one) => !kept.includes(one))) {
    rmSync(join(place.folder, name), { recursive: true, force: true });
  }
  if (kept.length === 0) {
    rmSync(place.folder, { recursive: true, force: true });
  }
  return "removed";
}
