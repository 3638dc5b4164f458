import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { placeOf } from "../../base/place";

/** A command line of ansible-playbook: on PATH, or the one that the benchmark has installed; undefined where there is none. */
export function findAnsible(): readonly string[] | undefined {
  if (spawnSync("ansible-playbook", ["--version"]).status === 0) {
    return ["ansible-playbook"];
  }
  const { cache } = placeOf();
  const folders = existsSync(cache) ? readdirSync(cache).filter((name) => /^ansible-[0-9a-f]+$/.test(name)) : [];
  return folders
    .map((name) => [join(cache, name, "bin", "python"), "-m", "ansible", "playbook"])
    .find(([python = "", ...args]) => spawnSync(python, [...args, "--version"]).status === 0);
}
