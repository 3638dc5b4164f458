import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { removeStaleLocks } from "../../pulumi/stale-lock";
import { scratchPlace } from "../scratch";

/** The pid of a process that has ended. */
const ended = () => spawnSync("true").pid;

/** The names of the locks that remain. */
function left(locks: Readonly<Record<string, object>>): string[] {
  const place = scratchPlace();
  const folder = join(place.folder, "state/.pulumi/locks/organization/kube-control/dev");
  mkdirSync(folder, { recursive: true });
  for (const [name, lock] of Object.entries(locks)) writeFileSync(join(folder, name), JSON.stringify(lock));
  removeStaleLocks(place);
  return readdirSync(folder).sort();
}

test("a lock is removed only if its owner was a process of this machine and has ended", () => {
  expect(
    left({
      "ended.json": { pid: ended(), username: "root", hostname: hostname(), timestamp: "2026-01-01T00:00:00Z" },
      "held.json": { pid: process.pid, hostname: hostname() },
      "elsewhere.json": { pid: ended(), hostname: `not-${hostname()}` },
      "unknown.json": { hostname: hostname() },
      "note.txt": { pid: ended(), hostname: hostname() },
    }),
  ).toEqual(["elsewhere.json", "held.json", "note.txt", "unknown.json"]);
});

test("without locks or without a state, nothing happens", () => {
  expect(left({})).toEqual([]);
  expect(() => removeStaleLocks(scratchPlace())).not.toThrow();
});
