// Creates dist/, which the npm package consists of: the library, the command with its page, and the types. Run by `npm pack`.
import { build } from "esbuild";
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const folder = dirname(fileURLToPath(import.meta.url));
const dist = join(folder, "dist");
rmSync(dist, { recursive: true, force: true });

const { metafile } = await build({
  entryPoints: { index: join(folder, "index.ts"), cli: join(folder, "cli.ts") },
  outdir: dist,
  outExtension: { ".js": ".cjs" },
  bundle: true,
  packages: "external",
  platform: "node",
  format: "cjs",
  target: "node20",
  metafile: true,
  absWorkingDir: folder,
  logLevel: "error",
});

// The ES module is the same instance as the CommonJS module, so that `instanceof` and caches work in programs that load both.
const require = createRequire(import.meta.url);
const names = Object.keys(require(join(dist, "index.cjs")));
writeFileSync(join(dist, "index.mjs"), `export { ${names.join(", ")} } from "./index.cjs";\n`);

const tsc = require.resolve("typescript/bin/tsc");
execFileSync(process.execPath, [tsc, "--project", join(folder, "tsconfig.build.json")], { stdio: "inherit" });
writeFileSync(join(dist, "index.d.mts"), 'export * from "./types/index.js";\n');

copyFileSync(join(folder, "../LICENSE"), join(dist, "LICENSE"));
// `grok serve` reads them beside its code
for (const name of ["page.html", "page.css", "page.mjs"]) copyFileSync(join(folder, "serve", name), join(dist, name));

// filters/user-agent.ts reads it beside its code
const agents = require.resolve("uap-core/regexes.yaml");
writeFileSync(join(dist, "user-agents.json"), JSON.stringify(parse(readFileSync(agents, "utf8"))));
copyFileSync(join(dirname(agents), "LICENSE"), join(dist, "LICENSE.uap-core"));

// A file of the tests or another folder of the project would be a mistake in an import.
const outside = Object.keys(metafile.inputs).filter((path) => /^(\.\.|test)\//.test(path));
if (outside.length > 0) throw new Error(`the package must not contain ${outside.join(", ")}`);
