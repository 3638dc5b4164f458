// Bundles `npm run status`, `maintain` and `restore` to one file, so that it starts fast, without a compiler and without Pulumi's SDK. `npm run bundle`
// writes the file; a test compares it with the sources.
import { build } from "esbuild";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));

/** Packages that the bundle loads from node_modules. */
const packages = /^(zod|yaml|ipaddr\.js|smol-toml|age-encryption)$/;

/**
 * Modules of this project have no side effects, so unused modules are omitted. Pulumi's SDK takes longer to load than the
 * hosts take to answer, so without-engine.ts replaces it.
 */
const onlyWhatIsUsed = {
  name: "only what is used",
  setup(context) {
    context.onResolve({ filter: /^@pulumi\/pulumi$/ }, () => ({
      path: join(folder, "without-engine.ts"),
      sideEffects: false,
    }));
    context.onResolve({ filter: /^[@a-z]/ }, ({ path, kind }) =>
      kind === "entry-point" ? undefined : { path, external: true, sideEffects: packages.test(path) },
    );
    context.onResolve({ filter: /^\.\.?\// }, async ({ path, pluginData, ...importer }) => {
      if (pluginData === "resolved" || importer.kind === "entry-point") return undefined;
      const found = await context.resolve(path, { ...importer, pluginData: "resolved" });
      return { ...found, sideEffects: found.path.includes("node_modules") };
    });
  },
};

/** The bundle's text, and the files that it contains. */
export async function bundled() {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(folder, "main.ts")],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    plugins: [onlyWhatIsUsed],
    banner: { js: "// Generated from the TypeScript files of this project by `npm run bundle`. Do not edit." },
    // so that the paths in comments do not depend on the current folder
    absWorkingDir: join(folder, ".."),
    logLevel: "error",
  });
  const [{ text }] = outputFiles;
  // esbuild writes this for an import that does not exist
  if (/\(void 0\)[.([]|extends \(?void 0/.test(text)) {
    throw new Error("the bundle uses a part of Pulumi's SDK that operate/without-engine.ts does not have");
  }
  return { text, inputs: Object.keys(metafile.inputs) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { writeFileSync } = await import("node:fs");
  writeFileSync(join(folder, "bundle.cjs"), (await bundled()).text);
}
