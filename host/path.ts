import { homedir } from "node:os";
import { resolve } from "node:path";

/** Makes a path absolute: `~/` is the home folder, and relative paths start in the project's folder. */
export function absolutePath(path: string): string {
  return path === "~" || path.startsWith("~/") ? resolve(homedir(), path.slice(2)) : resolve(path);
}
