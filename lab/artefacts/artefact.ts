import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import type { Place } from "../base/place";
import type { Report } from "../base/progress";

/** Something that is built once and kept in the cache. A hash of its inputs is part of the folder's name. */
export interface Artefact {
  readonly name: string;
  /** All inputs of the build. If they change, the artefact is built again. */
  readonly from: unknown;
  /** Fills the folder, which is empty. */
  readonly make: (folder: string, report: Report) => Promise<void>;
}

const hashLength = 12;

export function hashOf(from: unknown): string {
  return createHash("sha256").update(JSON.stringify(from)).digest("hex").slice(0, hashLength);
}

export function folderOf(place: Place, { name, from }: Pick<Artefact, "name" | "from">): string {
  return join(place.cache, `${name}-${hashOf(from)}`);
}

/** The builds that run in this process, by folder: two tasks that need the same artefact wait for one build. */
const making = new Map<string, Promise<string>>();

/** Returns the artefact's folder; builds the artefact if it is not in the cache. An interrupted build leaves no such folder. */
export async function ensureArtefact(place: Place, artefact: Artefact, report: Report): Promise<string> {
  const folder = folderOf(place, artefact);
  if (existsSync(folder)) {
    return folder;
  }
  const running = making.get(folder);
  if (running !== undefined) {
    report(`waiting for ${artefact.name}, which another task builds`);
    return running;
  }
  const made = make(folder, artefact, report).finally(() => making.delete(folder));
  making.set(folder, made);
  return made;
}

async function make(folder: string, artefact: Artefact, report: Report): Promise<string> {
  const unfinished = `${folder}.unfinished-${process.pid}`;
  // hosts mount the folder, and their services read it as other users
  process.umask(0o022);
  mkdirSync(unfinished, { recursive: true });
  try {
    await artefact.make(unfinished, report);
    if (!existsSync(folder)) {
      renameSync(unfinished, folder);
    }
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/** The files below a folder and their hashes, for {@link Artefact.from}. */
export function contentsOf(folder: string, matching: RegExp = /./): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => matching.test(file))
    .sort();
  return Object.fromEntries(
    files.map((file) => [
      relative(folder, file),
      createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 16),
    ]),
  );
}
