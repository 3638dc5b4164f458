import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Reads files of the project and joins them. This file is in the same folder as the bundle, so the paths fit both. */
export const scriptFiles = (...paths: readonly string[]): string =>
  paths.map((path) => readFileSync(join(__dirname, "..", path), "utf8")).join("\n");
