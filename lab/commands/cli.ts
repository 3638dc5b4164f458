import { explain, LabError } from "../base/error";
import { explore } from "./explorer";
import { nasCommand } from "./nas";
import { placeOf } from "../base/place";
import { endOnSignals, inTerminal } from "../base/process";
import { progressFor } from "../base/progress";
import { summary } from "./summary";
import { openLab, raise } from "./up";
import { lower } from "../hosts/lower";
import { theHost } from "../hosts/plan";
import { hostNamed, sshArguments } from "../hosts/ssh";
import { needPulumi } from "../pulumi/pulumi";
import { pulumiInTerminal } from "../pulumi/pulumi-command";
import { verify } from "../verify/verify";

const usage = `usage: npm run lab                        raises the lab, runs \`pulumi up\` on it, looks whether all stands
       npm run lab -- status              looks again
       npm run lab -- ssh HOST [COMMAND…]
       npm run lab -- logs HOST [OPTION…] a host's journal; options are journalctl's (-f follows)
       npm run lab -- explorer [QUERY]    the NAS's logs as Datadog's explorer shows them: facets, top actions, newest lines
       npm run lab -- nas [rate N | burst failed-logins [N] | silence on|off | format rfc3164|rfc5424]
       npm run lab -- down [--purge]      removes the lab; --purge also what was built
       npm run pulumi -- ARGUMENT…        any Pulumi command on the lab's stack
variables: LAB_SUBNET=a.b.c.0/24          where the lab stands (192.168.2.0/24)
           LAB_PLUGINS=official|stand-in  or NAME=KIND,…: which provider plugins (official where they can be had)
           LAB_PLUGIN_DIR=DIR             a folder with official pulumi-resource-NAME programs
           LAB_CACHE=DIR                  where builds are kept (~/.cache/kube-control-lab)`;

type Command = (args: readonly string[]) => Promise<number>;

const place = placeOf();
const say = (text: string) => process.stdout.write(`${text}\n`);

const commands: Readonly<Record<string, Command>> = {
  async up(args) {
    refuseArguments("up", args);
    const lab = await raise(place, progressFor(process.stderr));
    say(summary(lab, lab.findings));
    return lab.findings.every(({ ok }) => ok) ? 0 : 1;
  },

  async status(args) {
    refuseArguments("status", args);
    const lab = openLab(place);
    const findings = await verify(lab, () => undefined);
    say(summary(lab, findings));
    return findings.every(({ ok }) => ok) ? 0 : 1;
  },

  async down(args) {
    refuseArguments("down", args, ["--purge"]);
    await lower(place, progressFor(process.stderr), { purge: args.includes("--purge") });
    return 0;
  },

  async ssh([name, ...command]) {
    const { hosts, stack } = openLab(place);
    const host = hostNamed(hosts, name);
    const terminal = command.length === 0 ? ["-t"] : [];
    return inTerminal("ssh", [...terminal, ...sshArguments(place, host, stack.user), ...command]);
  },

  async logs([name, ...options]) {
    const { hosts, stack } = openLab(place);
    const host = hostNamed(hosts, name);
    const lines = options.length === 0 ? ["-n", "200"] : [];
    const remote = ["sudo", "journalctl", "--no-pager", ...lines, ...options];
    return inTerminal("ssh", [...sshArguments(place, host, stack.user), ...remote]);
  },

  async explorer(words) {
    say(await explore(openLab(place), words.join(" ")));
    return 0;
  },

  async nas(args) {
    const command = nasCommand(args);
    const { hosts, stack } = openLab(place);
    const remote = ["sudo", "node", "/opt/kube-control-lab/nas.js", ...command];
    return inTerminal("ssh", [...sshArguments(place, theHost(hosts, "nas"), stack.user), ...remote]);
  },

  async pulumi(args) {
    return pulumiInTerminal(place, await needPulumi(place, () => undefined), args);
  },

  help() {
    say(usage);
    return Promise.resolve(0);
  },
};

function refuseArguments(command: string, args: readonly string[], known: readonly string[] = []): void {
  const unknown = args.find((arg) => !known.includes(arg));
  if (unknown !== undefined) {
    throw new LabError(`${command} does not know ${unknown}`, usage);
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

// an update that is under way ends its step and keeps what it has done
endOnSignals();

main().then(
  (code) => (process.exitCode ??= code),
  (error: unknown) => {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode ??= 1;
  },
);
