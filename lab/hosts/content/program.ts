import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TarEntry } from "../../artefacts/tar";
import { enabled, type HostContent } from "./host";

/** A program of the lab that runs on a host under systemd. */
export interface Program {
  readonly name: string;
  /** Its TypeScript file, absolute. */
  readonly source: string;
  readonly description: string;
  /** Becomes /etc/kube-control-lab/NAME.json, readable by root alone. */
  readonly config: unknown;
}

const programConfigFile = (name: string) => `/etc/kube-control-lab/${name}.json`;
export const programStateFolder = "/var/lib/kube-control-lab";
export const programJournalFolder = "/var/log/kube-control-lab";

const unit = ({ name, description }: Program) => `[Unit]
Description=kube-control's lab: ${description}
After=network.target

[Service]
ExecStart=/usr/bin/node /opt/kube-control-lab/${name}.js
StateDirectory=kube-control-lab
LogsDirectory=kube-control-lab
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
`;

/** The program's bundle, configuration and unit. */
export async function programContent(program: Program): Promise<HostContent> {
  const { name, source, config } = program;
  const service = `kube-control-lab-${name}.service`;
  const files: TarEntry[] = [
    { path: `opt/kube-control-lab/${name}.js`, content: await bundle(source) },
    { path: programConfigFile(name).slice(1), content: `${JSON.stringify(config, null, 2)}\n`, mode: 0o600 },
    { path: `etc/systemd/system/${service}`, content: unit(program) },
    ...enabled([service], "/etc/systemd/system"),
  ];
  return { files, units: [service] };
}

/** One CommonJS file that Debian's Node runs without any packages beside it. */
async function bundle(source: string): Promise<Buffer> {
  const { build } = await import("esbuild");
  const built = await build({
    entryPoints: [source],
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    target: "node18",
    logLevel: "error",
  });
  const [file] = built.outputFiles;
  if (file === undefined) {
    throw new Error(`esbuild made nothing of ${source}`);
  }
  return Buffer.from(file.contents);
}

/** The TypeScript file of a program of the lab; undefined where the lab has none of that name. */
export function programSource(...path: readonly string[]): string | undefined {
  const file = join(__dirname, "../..", ...path);
  return existsSync(file) ? file : undefined;
}
