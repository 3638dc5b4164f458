import { homedir } from "node:os";
import { resolve } from "node:path";

/** A path as an absolute one: `~/` is home, all others start in the project's folder. */
export function absolutePath(path: string): string {
  return path === "~" || path.startsWith("~/") ? resolve(homedir(), path.slice(2)) : resolve(path);
}
