import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { tryRun } from "../base/process";
import type { Report } from "../base/progress";
import { installPlugin, type PluginName, standIns } from "../plugins/bundle";
import { pulumiEnvironment, pulumiHome } from "./environment";
import type { Pulumi } from "./pulumi";

export type PluginKind = "official" | "stand-in";
/** `any`: official where it can be had, else the stand-in. */
export type PluginWish = PluginKind | "any";

const names = Object.keys(standIns) as PluginName[];

/**
 * Reads LAB_PLUGINS: `official` or `stand-in` for all, or `command=official,docker=stand-in` for some.
 *
 * @throws LabError that names what is none of these
 */
export function pluginWishes(text: string = process.env["LAB_PLUGINS"] ?? ""): Record<PluginName, PluginWish> {
  const wishes = Object.fromEntries(names.map((name) => [name, "any"])) as Record<PluginName, PluginWish>;
  for (const part of text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "")) {
    const [first = "", second] = part.split("=");
    const kind = second ?? first;
    const about = second === undefined ? names : names.filter((name) => name === first);
    if ((kind !== "official" && kind !== "stand-in") || about.length === 0) {
      throw new LabError(
        `LAB_PLUGINS: ${part} is not understood`,
        `Use official or stand-in, for all plugins or for each: LAB_PLUGINS=command=official,docker=stand-in (there are ${names.join(", ")}).`,
      );
    }
    for (const name of about) wishes[name] = kind;
  }
  return wishes;
}

/** Installs the plugins that the lab's Pulumi lacks; says which of them stand in for the official ones. */
export async function needPlugins(place: Place, pulumi: Pulumi, report: Report): Promise<string> {
  const wishes = pluginWishes();
  const kinds: string[] = [];
  for (const [index, name] of names.entries()) {
    report(`${name} (${index + 1}/${names.length})`);
    kinds.push(`${name} ${await needPlugin(place, pulumi, name, wishes[name])}`);
  }
  return kinds.join(", ");
}

const folderOf = (place: Place, name: PluginName) =>
  join(pulumiHome(place), "plugins", `resource-${name}-v${standIns[name]}`);

/** What is installed says of itself which kind it is. */
const markOf = (place: Place, name: PluginName) => join(folderOf(place, name), "kube-control-lab");

async function installedKind(place: Place, name: PluginName): Promise<PluginKind | undefined> {
  if (!existsSync(join(folderOf(place, name), `pulumi-resource-${name}`))) {
    return undefined;
  }
  return existsSync(markOf(place, name))
    ? ((await readFile(markOf(place, name), "utf8")).trim() as PluginKind)
    : "official";
}

async function needPlugin(place: Place, pulumi: Pulumi, name: PluginName, wish: PluginWish): Promise<PluginKind> {
  const installed = await installedKind(place, name);
  if (installed === "official" && wish !== "stand-in") {
    return "official";
  }
  // a download that failed once is not tried at every run; LAB_PLUGINS=official asks for it again
  if (wish !== "stand-in" && (installed === undefined || wish === "official" || givenProgram(name) !== undefined)) {
    const failure = await installOfficial(place, pulumi, name);
    if (failure === undefined) {
      return "official";
    }
    if (wish === "official") {
      throw new LabError(
        `the official plugin ${name} ${standIns[name]} cannot be had`,
        `Put its program pulumi-resource-${name} into a folder and name that in LAB_PLUGIN_DIR, or let the lab choose (no LAB_PLUGINS).`,
        failure,
      );
    }
  }
  await clear(place, name);
  await installPlugin(name, pulumiHome(place));
  await writeFile(markOf(place, name), "stand-in\n");
  return "stand-in";
}

/** The official program in the folder that LAB_PLUGIN_DIR names, where it holds one. */
function givenProgram(name: PluginName): string | undefined {
  const folder = process.env["LAB_PLUGIN_DIR"] ?? "";
  const program = resolve(folder, `pulumi-resource-${name}`);
  return folder !== "" && existsSync(program) ? program : undefined;
}

/** From LAB_PLUGIN_DIR, else by Pulumi's own download. Gives what was said where it failed. */
async function installOfficial(place: Place, pulumi: Pulumi, name: PluginName): Promise<string | undefined> {
  const given = givenProgram(name);
  await clear(place, name);
  if (given !== undefined) {
    const target = join(folderOf(place, name), basename(given));
    await mkdir(folderOf(place, name), { recursive: true });
    await copyFile(given, target);
    await chmod(target, 0o755);
    return undefined;
  }
  const { code, stdout, stderr } = await tryRun(
    join(pulumi.bin, "pulumi"),
    ["plugin", "install", "resource", name, standIns[name], "--non-interactive"],
    { env: pulumiEnvironment(place, pulumi), seconds: 180 },
  );
  if (code === 0) {
    return undefined;
  }
  await clear(place, name);
  return `${stdout}${stderr}`.trim().split("\n").slice(-5).join("\n");
}

async function clear(place: Place, name: PluginName): Promise<void> {
  await rm(folderOf(place, name), { recursive: true, force: true });
  await rm(`${folderOf(place, name)}.partial`, { force: true });
}
