import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { parse, stringify } from "yaml";
import { installPlugin, type PluginName, standIns } from "../../plugins/bundle";
import type { Pulumi } from "../../pulumi/pulumi";
import { pulumiIn, type Workspace } from "../../pulumi/pulumi-command";
import { madeUpSecrets, type StackConfiguration } from "./stacks";

/** A PULUMI_HOME and a state folder of its own, with the lab's stand-ins for the plugins: a preview dials nobody. */
export async function previewEnvironment(folder: string, { bin }: Pulumi): Promise<Readonly<Record<string, string>>> {
  const home = join(folder, "pulumi-home");
  const state = join(folder, "state");
  mkdirSync(state, { recursive: true });
  for (const name of Object.keys(standIns) as PluginName[]) await installPlugin(name, home);
  return {
    PATH: [bin, process.env["PATH"] ?? ""].join(delimiter),
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "nothing to hide",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    DOCKER_CONTEXT: "",
  };
}

/** A stack that is configured and has nothing yet. */
export async function previewStack(
  name: string,
  configuration: StackConfiguration,
  { root, folder, bin, env }: Workspace & { readonly root: string },
): Promise<Workspace> {
  const own = join(folder, name);
  mkdirSync(own, { recursive: true });
  const project = parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as Record<string, unknown>;
  writeFileSync(join(own, "Pulumi.yaml"), stringify({ ...project, main: relative(own, root) }));
  const workspace = { folder: own, bin, env: { ...env, PULUMI_STACK: name } };
  await pulumiIn(workspace, ["stack", "init", name]);
  // made by init, with what the passphrase is checked by
  const file = join(own, `Pulumi.${name}.yaml`);
  const { encryptionsalt } = parse(readFileSync(file, "utf8")) as { encryptionsalt?: string };
  writeFileSync(file, stringify({ encryptionsalt, config: configuration }));
  for (const [key, value] of Object.entries(madeUpSecrets)) {
    await pulumiIn(workspace, ["config", "set", "--secret", key], undefined, value);
  }
  return workspace;
}

/** Previews it; gives how many resources would be made. */
export async function preview(workspace: Workspace): Promise<number> {
  const said = await pulumiIn(workspace, ["preview", "--color", "never"]);
  const count = /^\s*\+ (\d+) to create/m.exec(said)?.[1];
  if (count === undefined) throw new Error(`the preview does not say what would be made: ${said.slice(-300)}`);
  return Number(count);
}
