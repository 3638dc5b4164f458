import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { tryRun } from "../base/process";
import type { Report } from "../base/progress";
import { installPlugin, type PluginName, standIns } from "../plugins/bundle";
import { labWorkspace, pulumiHome } from "./environment";
import type { Pulumi } from "./pulumi";

type PluginKind = "official" | "stand-in";
/** `any`: official where it can be had, else the stand-in. */
type PluginChoice = PluginKind | "any";

const names = Object.keys(standIns) as PluginName[];

/**
 * Reads LAB_PLUGINS: `official` or `stand-in` for all, or `command=official,docker=stand-in` for some.
 *
 * @throws LabError that names what is none of these
 */
export function pluginChoices(text: string = process.env["LAB_PLUGINS"] ?? ""): Record<PluginName, PluginChoice> {
  const choices = Object.fromEntries(names.map((name) => [name, "any"])) as Record<PluginName, PluginChoice>;
  for (const part of text.split(",").map((one) => one.trim())) {
    if (part === "") continue;
    const [first = "", second] = part.split("=");
    const kind = second ?? first;
    const about = second === undefined ? names : names.filter((name) => name === first);
    if ((kind !== "official" && kind !== "stand-in") || about.length === 0) {
      throw new LabError(
        `LAB_PLUGINS: ${part} is not understood`,
        `Use official or stand-in, for all plugins or for each: LAB_PLUGINS=command=official,docker=stand-in (there are ${names.join(", ")}).`,
      );
    }
    for (const name of about) choices[name] = kind;
  }
  return choices;
}

/** Installs the plugins that the lab's Pulumi lacks; says which of them stand in for the official ones. */
export async function ensurePlugins(place: Place, pulumi: Pulumi, report: Report): Promise<string> {
  const choices = pluginChoices();
  const kinds: string[] = [];
  for (const [index, name] of names.entries()) {
    report(`${name} (${index + 1}/${names.length})`);
    kinds.push(`${name} ${await ensurePlugin(place, pulumi, name, choices[name])}`);
  }
  return kinds.join(", ");
}

/** Installs a plugin where it is missing, or not as wished; says of which kind it is. */
async function ensurePlugin(place: Place, pulumi: Pulumi, name: PluginName, wish: PluginChoice): Promise<PluginKind> {
  const folder = join(pulumiHome(place), "plugins", `resource-${name}-v${standIns[name]}`);
  const file = `pulumi-resource-${name}`;
  // what is installed says of itself where it is no official one
  const mark = join(folder, "kube-control-lab");
  const installed = existsSync(join(folder, file));
  if (installed && !existsSync(mark) && wish !== "stand-in") {
    return "official";
  }
  const clear = async () => {
    await rm(folder, { recursive: true, force: true });
    await rm(`${folder}.partial`, { force: true });
  };
  await clear();
  const given = process.env["LAB_PLUGIN_DIR"] && resolve(process.env["LAB_PLUGIN_DIR"], file);
  if (wish !== "stand-in" && given && existsSync(given)) {
    await mkdir(folder, { recursive: true });
    await copyFile(given, join(folder, file));
    await chmod(join(folder, file), 0o755);
    return "official";
  }
  // a download that failed once is not tried at every run; LAB_PLUGINS=official asks for it again
  if (wish === "official" || (wish === "any" && !installed)) {
    const download = ["plugin", "install", "resource", name, standIns[name], "--non-interactive"];
    const { env } = labWorkspace(place, pulumi);
    const { code, stdout, stderr } = await tryRun("pulumi", download, { env, seconds: 180 });
    if (code === 0) return "official";
    await clear();
    if (wish === "official") {
      throw new LabError(
        `the official plugin ${name} ${standIns[name]} cannot be had`,
        `Put its program ${file} into a folder and name that in LAB_PLUGIN_DIR, or let the lab choose (no LAB_PLUGINS).`,
        `${stdout}${stderr}`.trim().split("\n").slice(-5).join("\n"),
      );
    }
  }
  await installPlugin(name, pulumiHome(place));
  await writeFile(mark, "");
  return "stand-in";
}
