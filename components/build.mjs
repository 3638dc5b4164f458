// Creates dist/, which the package for other programs consists of: the components as JavaScript with their types, the scripts for
// hosts, which the components read from beside their own files, and the provider. Run by `npm pack`.
import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(fileURLToPath(import.meta.url), "../..");
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
execFileSync(process.execPath, [tsc, "--project", join(root, "components", "tsconfig.build.json")], {
  stdio: "inherit",
});

for (const folder of ["components", "host", "provider"]) {
  // folders and the provider's program have no ending
  const filter = (path) => /\.(sh|cjs)$/.test(path) || !/\.\w+$/.test(path);
  cpSync(join(root, folder), join(dist, folder), { recursive: true, filter });
}
