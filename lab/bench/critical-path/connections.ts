import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Host } from "../../../host/host";
import { shellAssignments } from "../../../host/shell";
import { LabError } from "../../base/error";
import { tryRun } from "../../base/process";

const script = (name: string) => readFileSync(join(__dirname, `${name}.sh`), "utf8");
const head = script("head");

/** Runs a script of this folder on a host, as root; gives what it printed. */
export type OnHost = (
  host: Host,
  name: string,
  variables?: Readonly<Record<string, string>>,
  functions?: string,
) => Promise<string>;

/** One SSH connection a host, which all of its commands share: the first of them opens it. */
export class Connections {
  private readonly folder = mkdtempSync(join(tmpdir(), "kc-"));

  readonly on: OnHost = async (host, name, variables = {}, functions = "") => {
    const begin = Date.now();
    const { code, stdout, stderr } = await tryRun("ssh", [...this.options(host), login(host), `${sudo} bash -s`], {
      // all of it is one command for bash, which has read it before a program of it reads standard input
      input: `{\n${shellAssignments(variables)}${head}\n${functions}${script(name)}\n}\n`,
      seconds: 1200,
    });
    if (code !== 0) {
      const last = `${stdout}\n${stderr}`.trim().split("\n").slice(-25).join("\n");
      throw new LabError(`${host.name}: ${name} ended with ${code}`, "This is a defect of the bare commands.", last);
    }
    this.told.push({ host: host.name, what: name, begin, end: Date.now() });
    return stdout;
  };

  /** What was done, in the order in which it ended. */
  readonly told: { host: string; what: string; begin: number; end: number }[] = [];

  async close(hosts: readonly Host[]): Promise<void> {
    await Promise.all(hosts.map((host) => tryRun("ssh", [...this.options(host), "-O", "exit", login(host)])));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private options({ ssh }: Host): string[] {
    const options = [
      ...["BatchMode=yes", "ConnectTimeout=10", "StrictHostKeyChecking=yes", "GlobalKnownHostsFile=/dev/null"],
      ...[`UserKnownHostsFile=${ssh.knownHostsFile}`, "UpdateHostKeys=no", "IdentitiesOnly=yes", "LogLevel=ERROR"],
      ...["ControlMaster=auto", "ControlPersist=60", `ControlPath=${join(this.folder, "%C")}`],
    ];
    return ["-F", "none", "-i", ssh.privateKeyFile, "-p", String(ssh.port), ...options.flatMap((one) => ["-o", one])];
  }
}

const login = (host: Host) => `${host.ssh.user}@${host.address}`;
const sudo = '$([ "$(id -u)" = 0 ] || echo sudo -n)';
