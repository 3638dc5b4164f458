import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";

/** A path of the configuration as an absolute one: `~/` is home, all else is seen from the project's folder. */
export function absolutePath(path: string): string {
  return path === "~" || path.startsWith("~/") ? resolve(homedir(), path.slice(2)) : resolve(path);
}

/** Can a text be a path? Blanks may be part of one; what ends a line may not. */
export function isPath(text: string): boolean {
  return text.trim() !== "" && !/\p{Cc}/u.test(text);
}

/** Why a file cannot be read, or undefined where it can. */
export function whyUnreadable(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) {
      return `is not a file: ${path}`;
    }
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === "ENOENT" || code === "ENOTDIR" ? `does not exist: ${path}` : `cannot be read (${code}): ${path}`;
  }
}
