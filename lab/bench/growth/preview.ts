import { stringify } from "yaml";
import type { Place } from "../../base/place";
import { readStack } from "../../hosts/stack";
import { installPlugin, type PluginName, standIns } from "../../plugins/bundle";
import { labWorkspace } from "../../pulumi/environment";
import type { Pulumi } from "../../pulumi/pulumi";
import { pulumiIn } from "../../pulumi/pulumi-command";
import { needProject } from "../../stack/project";
import type { StackConfiguration } from "./stacks";

/** Fills a PULUMI_HOME with the lab's stand-ins for the plugins: a preview dials nobody. */
export async function installPlugins(home: string): Promise<void> {
  for (const name of Object.keys(standIns) as PluginName[]) await installPlugin(name, home);
}

/** A stack that is configured and has nothing yet: its project, state and secrets are in the folder of the place. */
export async function needStack(place: Place, configuration: StackConfiguration, pulumi: Pulumi): Promise<void> {
  const committed = readStack(place, { prefix: "192.168.2." });
  await needProject(place, pulumi, { ...committed, text: stringify({ config: configuration }) }, () => undefined);
}

/** Previews the stack with the plugins of a PULUMI_HOME; gives how many resources would be made. */
export async function preview(place: Place, pulumi: Pulumi, home: string): Promise<number> {
  const { env, ...workspace } = labWorkspace(place, pulumi);
  const said = await pulumiIn({ ...workspace, env: { ...env, PULUMI_HOME: home } }, ["preview", "--color", "never"]);
  const count = /^\s*\+ (\d+) to create/m.exec(said)?.[1];
  if (count === undefined) throw new Error(`the preview does not say what would be made: ${said.slice(-300)}`);
  return Number(count);
}
