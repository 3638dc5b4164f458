import { readFileSync } from "node:fs";

/** Reads a stand-in's configuration: the file named on the command line, else /etc/kube-control-lab/NAME.json. */
export function readConfig(name: string, args: readonly string[] = process.argv.slice(2)): unknown {
  const file = args[0] ?? `/etc/kube-control-lab/${name}.json`;
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`cannot read the configuration ${file}: ${(error as Error).message}`, { cause: error });
  }
}
