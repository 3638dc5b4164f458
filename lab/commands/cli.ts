import { explain, LabError } from "../base/error";
import { status } from "../../operate/status";
import { placeOf } from "../base/place";
import { stopOnSignals, inTerminal } from "../base/process";
import { progressFor } from "../base/progress";
import { withLabLock } from "../base/lock";
import { destroyLab } from "../hosts/destroy";
import { hostNamed, sshArguments } from "../hosts/ssh";
import { labWorkspace } from "../pulumi/environment";
import { ensurePulumi } from "../pulumi/pulumi";
import { pulumiInTerminal } from "../pulumi/pulumi-command";
import { clearPendingOf } from "../stack/pending";
import type { Finding } from "../verify/finding";
import { explore } from "./explorer";
import { nasCommand } from "./nas";
import { summary } from "./summary";
import { verify } from "../verify/verify";
import { openLab, planLab, createLab } from "./up";

const usage = `usage: npm run lab                        creates the lab, runs \`pulumi up\` on it and checks the stack
       npm run lab -- status [OPTION…]    shows the state of the stack: npm run status -- --help
       npm run lab -- verify              checks the stack as after \`up\`, including a line from the NAS
       npm run lab -- ssh HOST [COMMAND…]
       npm run lab -- logs HOST [OPTION…] shows a host's journal; options are journalctl's (-f follows)
       npm run lab -- explorer [QUERY]    shows the NAS's logs as Datadog's explorer does: facets, top actions, newest lines
       npm run lab -- nas [rate N | burst failed-logins [N] | silence on|off | format rfc3164|rfc5424]
       npm run lab -- down [--purge]      removes the lab; --purge also removes its builds
       npm run pulumi -- ARGUMENT…        runs any Pulumi command on the lab's stack
variables: LAB_SOURCE=official|build      Kubernetes' packages and images, the agent's image (official if they can be downloaded)
           LAB_SUBNET=a.b.c.0/24          the lab's network (192.168.2.0/24)
           LAB_PLUGINS=official|stand-in  or NAME=KIND,…: which provider plugins (official if they can be downloaded)
           LAB_PLUGIN_DIR=DIR             a folder with official pulumi-resource-NAME programs
           LAB_DEBIAN=trixie|bookworm     Debian's release on the hosts (trixie)
           LAB_KUBERNETES='vX.Y.Z …'      versions of Kubernetes that the lab serves beside the default (docs/lab.md)
           LAB_CACHE=DIR                  the folder of builds (~/.cache/kube-control-lab)`;

type Command = (args: readonly string[]) => Promise<number>;

const place = placeOf();
const say = (text: string) => process.stdout.write(`${text}\n`);

const commands: Readonly<Record<string, Command>> = {
  async up(args) {
    refuseArguments("up", args);
    return printSummary(await withLabLock(place, () => createLab(place, progressFor(process.stderr))));
  },

  async verify(args) {
    refuseArguments("verify", args);
    return printSummary(await verify(openLab(place), () => undefined));
  },

  async status(args) {
    openLab(place);
    const { cwd, env } = labWorkspace(place, await ensurePulumi(place));
    return status(args, { cwd, env: { ...process.env, ...env } });
  },

  async down(args) {
    refuseArguments("down", args, ["--purge"]);
    await withLabLock(place, () => destroyLab(place, progressFor(process.stderr), { purge: args.includes("--purge") }));
    return 0;
  },

  async ssh([name, ...command]) {
    const terminal = command.length === 0 ? ["-t"] : [];
    return ssh(name, command, terminal);
  },

  async logs([name, ...options]) {
    const lines = options.length === 0 ? ["-n", "200"] : [];
    return ssh(name, ["sudo", "journalctl", "--no-pager", ...lines, ...options]);
  },

  async explorer(words) {
    say(await explore(openLab(place), words.join(" ")));
    return 0;
  },

  async nas(args) {
    const command = nasCommand(args);
    return ssh("nas", ["sudo", "node", "/opt/kube-control-lab/nas.js", ...command]);
  },

  async pulumi(args) {
    await clearPendingOf(place);
    return pulumiInTerminal(place, args);
  },

  help() {
    say(usage);
    return Promise.resolve(0);
  },
};

/** Prints the results of the checks; returns the exit code. */
function printSummary(findings: readonly Finding[]): number {
  say(summary(planLab(place), findings));
  return findings.every(({ ok }) => ok) ? 0 : 1;
}

/** Runs a command or a shell on a host, with this process's terminal. */
function ssh(name: string | undefined, command: readonly string[], options: readonly string[] = []): Promise<number> {
  const lab = openLab(place);
  return inTerminal("ssh", [...options, ...sshArguments(lab, hostNamed(lab.hosts, name)), ...command]);
}

function refuseArguments(command: string, args: readonly string[], known: readonly string[] = []): void {
  const unknown = args.find((arg) => !known.includes(arg));
  if (unknown !== undefined) {
    throw new LabError(`${command} has no option ${unknown}`, usage);
  }
}

async function main(): Promise<number> {
  const [name = "up", ...args] = process.argv.slice(2);
  const command = commands[name.replace(/^(--help|-h)$/, "help")];
  if (command === undefined) {
    throw new LabError(`the lab has no command ${name}`, usage);
  }
  return command(args);
}

// a running update completes its step and keeps its changes
stopOnSignals();

main().then(
  (code) => (process.exitCode ??= code),
  (error: unknown) => {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode ??= 1;
  },
);
