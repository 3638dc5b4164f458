import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Report } from "../base/progress";
import { docker } from "../machine/docker";

export interface ContainerWork {
  readonly image: string;
  /** POSIX shell, run as root with the machine's own network. */
  readonly script: string;
  /** Host folder that the script finds at /out. */
  readonly out: string;
  /** Further host folders: path in the container → folder here, read-only. */
  readonly folders?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Gets the script's lines. */
  readonly report: Report;
}

/** Text of a script of this folder. */
export const readScript = (name: string) => readFileSync(join(__dirname, name), "utf8");

/** What tells programs about a proxy; they go into every container that reaches out. */
const proxySettings = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];

/** Runs a script in a container that is thrown away: the machine needs no tools but Docker for it. */
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
