// Many tests write files; none may leave one behind, or touch the lab of the checkout.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Place } from "../base/place";

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder that is gone after the tests of the file. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "kube-control-test-"));
  made.push(folder);
  return folder;
}

/** A place for a lab of its own, with an empty checkout and an empty cache. */
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
