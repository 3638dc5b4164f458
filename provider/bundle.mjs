// Bundles the provider to one file, so that it starts fast and without a compiler. `npm run bundle` writes the file;
// a test compares it with the sources.
import { build } from "esbuild";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));

/** The bundle's text. What the program needs as well stays outside of it. */
export async function bundled() {
  const { outputFiles } = await build({
    entryPoints: [join(folder, "main.ts")],
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["@pulumi/pulumi", "@grpc/grpc-js", "cloudflare"],
    banner: { js: "// Made from the TypeScript files of this folder by `npm run bundle`; not to be edited." },
    // paths in comments are the same wherever it is made
    absWorkingDir: join(folder, ".."),
    logLevel: "error",
  });
  return outputFiles[0].text;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { writeFileSync } = await import("node:fs");
  writeFileSync(join(folder, "bundle.cjs"), await bundled());
}
