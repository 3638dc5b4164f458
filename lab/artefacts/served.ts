import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../base/error";
import { type Place, privateFolder } from "../base/place";
import { kubernetesVersion, type Release, releases } from "./versions";

/** The lab's folder of what it serves of Kubernetes; `down` removes it. */
export const servedFolder = (place: Pick<Place, "folder">) => join(place.folder, "kubernetes");

const file = (place: Place) => join(servedFolder(place), "versions");

/** Names of releases, e.g. `v1.36.3 v1.37.2`. */
const namesOf = (some: readonly Release[]) => some.map(({ kubernetes }) => `v${kubernetes}`).join(" ");

/**
 * The releases that a text names, and the default, oldest first.
 *
 * @param text versions, with or without `v`, separated by spaces or commas
 * @throws LabError for an unknown version
 */
export function parseReleases(text: string): readonly Release[] {
  const wanted = text.split(/[\s,]+/).filter((word) => word !== "");
  const unknown = wanted.find((word) => !releases.some(({ kubernetes }) => kubernetes === withoutV(word)));
  if (unknown !== undefined) {
    throw new LabError(
      `LAB_KUBERNETES: the lab cannot serve Kubernetes ${unknown}`,
      `Use one or more of ${namesOf(releases)}. v${kubernetesVersion} is always served.`,
    );
  }
  const all = [...wanted.map(withoutV), kubernetesVersion];
  return releases.filter(({ kubernetes }) => all.includes(kubernetes));
}

const withoutV = (word: string) => word.replace(/^v/, "");

/**
 * The releases that a lab serves: those of LAB_KUBERNETES, else those of an earlier run, else the default.
 *
 * @throws LabError for an unknown version
 */
export function servedReleases(place: Place, wanted = process.env["LAB_KUBERNETES"] || undefined): readonly Release[] {
  return parseReleases(wanted ?? (existsSync(file(place)) ? readFileSync(file(place), "utf8") : ""));
}

/** Records the releases until `down`. Nothing is recorded for a lab that always served the default alone. */
export function saveReleases(place: Place, served: readonly Release[]): void {
  if (served.length === 1 && !existsSync(file(place))) return;
  privateFolder(place.folder);
  privateFolder(servedFolder(place));
  writeFileSync(file(place), `${namesOf(served)}\n`);
}
