import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Report } from "../base/progress";
import { docker } from "../machine/docker";

export interface ContainerWork {
  readonly image: string;
  /** POSIX shell text, run as root in this machine's network. */
  readonly script: string;
  /** Folder of this machine, mounted at /out. */
  readonly out: string;
  /** Further folders, mounted read-only: path in the container → folder of this machine. */
  readonly folders?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Receives the script's output lines. */
  readonly report: Report;
}

/** The text of a script in this folder. */
export const readScript = (name: string) => readFileSync(join(__dirname, name), "utf8");

/** The variables of a proxy, passed into every container. */
const proxySettings = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];

/** Runs a script in a temporary container, so that this machine needs no tool except Docker. */
export async function inContainer(work: ContainerWork): Promise<void> {
  const { image, script, out, folders = {}, env = {}, report } = work;
  const mounts = [`${out}:/out`, ...Object.entries(folders).map(([inside, outside]) => `${outside}:${inside}:ro`)];
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const proxies = proxySettings.filter((name) => process.env[name] !== undefined);
  await docker(
    [
      ...["run", "--rm", "-i", "--network", "host"],
      ...mounts.flatMap((mount) => ["-v", mount]),
      ...[...proxies, ...variables].flatMap((variable) => ["-e", variable]),
      ...[image, "sh", "-s"],
    ],
    { input: script, onLine: (line) => report(line.slice(0, 100)) },
  );
}
