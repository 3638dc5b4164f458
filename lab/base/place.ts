import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

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
}

export function placeOf(root: string = resolve(__dirname, "../.."), env: NodeJS.ProcessEnv = process.env): Place {
  const cacheHome = env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const mark = createHash("sha256").update(root).digest("hex").slice(0, 6);
  return {
    root,
    folder: join(root, ".lab"),
    cache: resolve(env["LAB_CACHE"] || join(cacheHome, "kube-control-lab")),
    label: `${labelKey}=${root}`,
    prefix: `kube-control-${mark}`,
  };
}
