// Many tests write files. No file may remain, and no test may touch the checkout's lab.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Place } from "../base/place";

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder, removed after the tests of the file. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "kube-control-test-"));
  made.push(folder);
  return folder;
}

/** A place for another lab, with an empty checkout and an empty cache. */
export function scratchPlace(): Place {
  const root = join(scratchFolder(), "checkout");
  mkdirSync(root);
  return {
    root,
    folder: join(root, ".lab"),
    cache: join(root, "../cache"),
    label: `kube-control.lab=${root}`,
    prefix: "kube-control-test",
    debian: "trixie",
  };
}
