import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { LabError } from "./error";

/** Key of the label that every Docker object of a lab carries; its value is the lab's checkout. */
export const labelKey = "kube-control.lab";

/** Where a lab keeps its files and objects. A checkout has one lab. */
export interface Place {
  /** The checkout. */
  readonly root: string;
  /** The lab's own folder in the checkout, git-ignored: keys, secrets, Pulumi's state. `down` removes it. */
  readonly folder: string;
  /** The folder of builds, which all labs of this user share. A build is named by what it was made from. */
  readonly cache: string;
  /** On every container, volume and network of the lab; `down` finds them by it. */
  readonly label: string;
  /** Prefix of the names of the lab's Docker objects, so that two checkouts do not collide. */
  readonly prefix: string;
  /**
   * Debian's release on the hosts: the one that the lab was created with, else `LAB_DEBIAN`.
   *
   * @default `trixie`
   */
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

/** Creates a folder with mode 0700, or sets that mode. It protects the files in it, whatever their own mode. */
export function privateFolder(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  return folder;
}

/** The Debian releases that a lab's hosts can run: 13 and 12. */
const debianReleases = ["trixie", "bookworm"] as const;

const debianFile = (folder: string) => join(folder, "debian");

function savedDebian(folder: string): string | undefined {
  return existsSync(debianFile(folder)) ? readFileSync(debianFile(folder), "utf8").trim() : undefined;
}

/**
 * Records the release until `down`.
 *
 * @throws LabError if LAB_DEBIAN names a release that the hosts do not run, or that the lab does not support
 */
export function saveDebian({ folder, debian }: Place, wanted = process.env["LAB_DEBIAN"] || debian): void {
  if (wanted !== debian) {
    throw new LabError(
      `this lab's hosts run Debian ${debian}, and LAB_DEBIAN is ${wanted}`,
      "Run `npm run lab -- down` before you change the release.",
    );
  }
  if (!debianReleases.some((one) => one === debian)) {
    throw new LabError(
      `LAB_DEBIAN=${debian} is not a release that the lab supports`,
      `Use ${debianReleases.join(" or ")}.`,
    );
  }
  privateFolder(folder);
  writeFileSync(debianFile(folder), `${debian}\n`);
}
