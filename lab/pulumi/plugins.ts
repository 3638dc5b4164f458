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
/** `any`: official if it can be downloaded, else the stand-in. */
type PluginChoice = PluginKind | "any";

const names = Object.keys(standIns) as PluginName[];

/**
 * Reads LAB_PLUGINS: `official` or `stand-in` for all, or `command=official,docker=stand-in` for some.
 *
 * @throws LabError with the invalid part
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
        `LAB_PLUGINS: ${part} is not a valid value`,
        `Use official or stand-in, for all plugins or for each: LAB_PLUGINS=command=official,docker=stand-in (the plugins are ${names.join(", ")}).`,
      );
    }
    for (const name of about) choices[name] = kind;
  }
  return choices;
}

/** Installs the plugins that the lab's Pulumi does not have; returns the kind of each. */
export async function ensurePlugins(place: Place, pulumi: Pulumi, report: Report): Promise<string> {
  const choices = pluginChoices();
  const kinds: string[] = [];
  for (const [index, name] of names.entries()) {
    report(`${name} (${index + 1}/${names.length})`);
    kinds.push(`${name} ${await ensurePlugin(place, pulumi, name, choices[name])}`);
  }
  return kinds.join(", ");
}

/** Installs a plugin if it is missing or of another kind than chosen; returns its kind. */
async function ensurePlugin(place: Place, pulumi: Pulumi, name: PluginName, choice: PluginChoice): Promise<PluginKind> {
  const folder = join(pulumiHome(place), "plugins", `resource-${name}-v${standIns[name]}`);
  const file = `pulumi-resource-${name}`;
  // this file marks a stand-in
  const mark = join(folder, "kube-control-lab");
  const installed = existsSync(join(folder, file));
  if (installed && !existsSync(mark) && choice !== "stand-in") {
    return "official";
  }
  const clear = async () => {
    await rm(folder, { recursive: true, force: true });
    await rm(`${folder}.partial`, { force: true });
  };
  await clear();
  const given = process.env["LAB_PLUGIN_DIR"] && resolve(process.env["LAB_PLUGIN_DIR"], file);
  if (choice !== "stand-in" && given && existsSync(given)) {
    await mkdir(folder, { recursive: true });
    await copyFile(given, join(folder, file));
    await chmod(join(folder, file), 0o755);
    return "official";
  }
  // a failed download is not repeated at every run; LAB_PLUGINS=official repeats it
  if (choice === "official" || (choice === "any" && !installed)) {
    const download = ["plugin", "install", "resource", name, standIns[name], "--non-interactive"];
    const { env } = labWorkspace(place, pulumi);
    const { code, stdout, stderr } = await tryRun("pulumi", download, { env, seconds: 180 });
    if (code === 0) return "official";
    await clear();
    if (choice === "official") {
      throw new LabError(
        `the official plugin ${name} ${standIns[name]} cannot be downloaded`,
        `Put its program ${file} into a folder and set LAB_PLUGIN_DIR to that folder, or run the lab without LAB_PLUGINS.`,
        `${stdout}${stderr}`.trim().split("\n").slice(-5).join("\n"),
      );
    }
  }
  await installPlugin(name, pulumiHome(place));
  await writeFile(mark, "");
  return "stand-in";
}
