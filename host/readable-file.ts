import { accessSync, constants, statSync } from "node:fs";

/** Why a file cannot be read; undefined if it can. */
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
