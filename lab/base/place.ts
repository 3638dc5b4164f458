import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { LabError } from "./error";

/** Key of the label that every Docker object of a lab carries; its value is the lab's checkout. */
export const labelKey = "kube-control.lab";

/** Where one lab lives: a checkout has one lab. */
export interface Place {
  /** The checkout. */
  readonly root: string;
  /** The lab's own folder in it, git-ignored: keys, secrets, Pulumi's state. Gone after `down`. */
  readonly folder: string;
  /** What was built, shared by all labs of this user: named by what it was made from. */
  readonly cache: string;
  /** On every container, volume and network of the lab: how `down` knows them. */
  readonly label: string;
  /** Begins the names of the lab's Docker objects, so that two checkouts do not collide. */
  readonly prefix: string;
  /** Debian's release on the hosts: the one that the lab was raised with, else `LAB_DEBIAN`. Default: `trixie`. */
  readonly debian: string;
}

export function placeOf(root: string = resolve(__dirname, "../.."), env: NodeJS.ProcessEnv = process.env): Place {
  const cacheHome = env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const folder = join(root, ".lab");
  const mark = createHash("sha256").update(root).digest("hex").slice(0, 6);
  return {
    root,
    folder,
    cache: resolve(env["LAB_CACHE"] || join(cacheHome, "kube-control-lab")),
    label: `${labelKey}=${root}`,
    prefix: `kube-control-${mark}`,
    debian: savedDebian(folder) ?? (env["LAB_DEBIAN"] || debianReleases[0]),
  };
}

/** Makes a folder that only this user may look into, or makes it so: what lies in it is protected by it, whatever its own mode. */
export function privateFolder(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  return folder;
}

/** Debian's releases that a lab's hosts may run: 13 and 12. */
const debianReleases = ["trixie", "bookworm"] as const;

const debianFile = (folder: string) => join(folder, "debian");

function savedDebian(folder: string): string | undefined {
  return existsSync(debianFile(folder)) ? readFileSync(debianFile(folder), "utf8").trim() : undefined;
}

/**
 * Keeps the release for as long as the lab is there.
 *
 * @throws LabError where LAB_DEBIAN names another one than the hosts run, or one that there is not
 */
export function saveDebian({ folder, debian }: Place, wanted = process.env["LAB_DEBIAN"] || debian): void {
  if (wanted !== debian) {
    throw new LabError(
      `this lab's hosts run Debian ${debian}, and LAB_DEBIAN is ${wanted}`,
      "Run `npm run lab -- down` before another release.",
    );
  }
  if (!debianReleases.some((one) => one === debian)) {
    throw new LabError(
      `LAB_DEBIAN=${debian} is not a release that the lab knows`,
      `Give ${debianReleases.join(" or ")}.`,
    );
  }
  privateFolder(folder);
  writeFileSync(debianFile(folder), `${debian}\n`);
}
