import { build } from "esbuild";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The stand-ins, with the versions of the official plugins and SDKs that they replace. */
export const standIns = { command: "1.2.1", cloudflare: "6.22.1", datadog: "5.11.0", docker: "5.2.0" } as const;

export type PluginName = keyof typeof standIns;

/**
 * Bundles a stand-in's source into one CommonJS file, which runs without node_modules.
 *
 * @param name the plugin's name
 * @param outfile absolute path of the file
 */
export async function bundlePlugin(name: PluginName, outfile: string): Promise<void> {
  await build({
    entryPoints: [join(__dirname, name, "main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    define: { standInVersion: JSON.stringify(standIns[name]) },
    // ssh2 uses these if they are compiled, and works without them.
    external: ["cpu-features", "*.node"],
    logLevel: "error",
  });
}

/**
 * Installs a stand-in as a plugin of Pulumi: `<home>/plugins/resource-<name>-v<version>/`.
 *
 * @param name the plugin's name
 * @param pulumiHome absolute path of a PULUMI_HOME; never the user's own
 * @returns the plugin's folder
 */
export async function installPlugin(name: PluginName, pulumiHome: string): Promise<string> {
  const folder = join(pulumiHome, "plugins", `resource-${name}-v${standIns[name]}`);
  await mkdir(folder, { recursive: true });
  await bundlePlugin(name, join(folder, "main.cjs"));
  const launcher = join(folder, `pulumi-resource-${name}`);
  await writeFile(launcher, `#!/bin/sh\nexec '${process.execPath}' "\${0%/*}/main.cjs" "$@"\n`);
  await chmod(launcher, 0o755);
  return folder;
}
