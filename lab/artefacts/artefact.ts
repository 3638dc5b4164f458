import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import type { Place } from "../base/place";
import type { Report } from "../base/progress";

/** Something built once and kept in the cache, in a folder named by what it was made from. */
export interface Artefact {
  readonly name: string;
  /** Everything that decides what comes out: when it changes, the artefact is built anew. */
  readonly from: unknown;
  /** Fills the (empty) folder. */
  readonly make: (folder: string, report: Report) => Promise<void>;
}

const hashLength = 12;

export function hashOf(from: unknown): string {
  return createHash("sha256").update(JSON.stringify(from)).digest("hex").slice(0, hashLength);
}

export function folderOf(place: Place, { name, from }: Pick<Artefact, "name" | "from">): string {
  return join(place.cache, `${name}-${hashOf(from)}`);
}

/** What this process is making now, by its folder: two tasks that need the same wait for one build. */
const making = new Map<string, Promise<string>>();

/** The artefact's folder, built first where the cache lacks it; an interrupted build leaves nothing that counts. */
export async function ensureArtefact(place: Place, artefact: Artefact, report: Report): Promise<string> {
  const folder = folderOf(place, artefact);
  if (existsSync(folder)) {
    return folder;
  }
  const made = making.get(folder) ?? make(folder, artefact, report).finally(() => making.delete(folder));
  making.set(folder, made);
  return made;
}

async function make(folder: string, artefact: Artefact, report: Report): Promise<string> {
  const unfinished = `${folder}.unfinished-${process.pid}`;
  // hosts mount it, and their services read it as other users
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

/** Names and contents of the files under a folder, for {@link Artefact.from}. */
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
