import { join } from "node:path";
import { enabled, type HostContent } from "./host";

/** A program of the lab that runs on a host under systemd. */
export interface Program {
  readonly name: string;
  /** Its TypeScript file, from the lab's folder. */
  readonly source: string;
  readonly description: string;
  /** Becomes /etc/kube-control-lab/NAME.json, readable by root alone. */
  readonly config: unknown;
}

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
  return {
    files: [
      { path: `opt/kube-control-lab/${name}.js`, content: await bundle(source) },
      { path: `etc/kube-control-lab/${name}.json`, content: `${JSON.stringify(config, null, 2)}\n`, mode: 0o600 },
      { path: `etc/systemd/system/${service}`, content: unit(program) },
      ...enabled([service], "/etc/systemd/system"),
    ],
    units: [service],
  };
}

/** One CommonJS file that Debian's Node runs without any packages beside it. */
async function bundle(source: string): Promise<string> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [join(__dirname, "../..", source)],
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    target: "node18",
    logLevel: "error",
  });
  return outputFiles.map(({ text }) => text).join("");
}
