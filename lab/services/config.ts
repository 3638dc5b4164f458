import { readFileSync } from "node:fs";

/** Reads a program's configuration, /etc/kube-control-lab/NAME.json. */
export function readConfig(name: string): unknown {
  const file = `/etc/kube-control-lab/${name}.json`;
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`cannot read the configuration ${file}: ${(error as Error).message}`, { cause: error });
  }
}
