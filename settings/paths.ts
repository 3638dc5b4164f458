import { accessSync, constants, statSync } from "node:fs";

export { absolutePath } from "../host/path";

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
