import { homedir } from "node:os";
import { resolve } from "node:path";

/** A path of the configuration as an absolute one: `~/` is home, all others start in the project's folder. */
export function absolutePath(path: string): string {
  return path === "~" || path.startsWith("~/") ? resolve(homedir(), path.slice(2)) : resolve(path);
}

/** Can a text be a path? Blanks may be part of one, control characters may not. */
export function isPath(text: string): boolean {
  return text.trim() !== "" && !/\p{Cc}/u.test(text);
}
