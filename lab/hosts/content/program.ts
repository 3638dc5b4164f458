import { join } from "node:path";
import { enabled, type HostContent } from "./host";

/** Settings of every program: the files of its state and of its journal. */
interface OwnFiles {
  readonly stateFile: string;
  readonly journalFile: string;
}

/** One of the lab's programs that run on a host under systemd. */
export interface Program<Config extends OwnFiles> {
  readonly name: string;
  /** Its TypeScript file, relative to the lab's folder. */
  readonly source: string;
  readonly description: string;
  /** Written to /etc/kube-control-lab/NAME.json, which only root can read. */
  readonly config: Omit<Config, keyof OwnFiles>;
}

export const programStateFolder = "/var/lib/kube-control-lab";
export const programJournalFolder = "/var/log/kube-control-lab";

/** The program's bundle, configuration and unit. */
export async function programContent<Config extends OwnFiles>(program: Program<Config>): Promise<HostContent> {
  const { name, source, description } = program;
  const service = `kube-control-lab-${name}.service`;
  const config = {
    ...program.config,
    stateFile: `${programStateFolder}/${name}.json`,
    journalFile: `${programJournalFolder}/${name}.jsonl`,
  };
  const unit = `[Unit]
Description=kube-control's lab: ${description}
After=network.target

[Service]
ExecStart=/usr/bin/node /opt/kube-control-lab/${name}.js
StateDirectory=kube-control-lab
LogsDirectory=kube-control-lab
Restart=always
RestartSec=1
`;
  return {
    files: [
      { path: `opt/kube-control-lab/${name}.js`, content: await bundle(source) },
      { path: `etc/kube-control-lab/${name}.json`, content: `${JSON.stringify(config, null, 2)}\n`, mode: 0o600 },
      { path: `etc/systemd/system/${service}`, content: unit },
      ...enabled([service], "/etc/systemd/system"),
    ],
    units: [service],
  };
}

/** One CommonJS file that Debian's Node runs without npm packages. */
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
