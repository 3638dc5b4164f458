import { UsageError } from "../arguments";

export const usage = `usage: npm run maintain [-- OPTION…]
  --stack NAME       the stack (default: the selected stack, else the lab's)
  --preview          print what would be done, and change nothing but the hosts' package lists
  --yes              do not ask
  --reboot WHEN      always, needed (default) or never
  --host NAME        only this host; may be repeated (default: all hosts)
  --json             print one JSON object (docs/operations.md); progress goes to standard error
exit codes: 0 nothing is left to do, 1 failed on a host, 2 refused: nothing was changed, 3 maintenance is due and was not confirmed`;

const whens = ["always", "needed", "never"] as const;

/** When a host is rebooted. */
export type Reboot = (typeof whens)[number];

export interface MaintainOptions {
  readonly stack?: string;
  readonly preview: boolean;
  readonly yes: boolean;
  readonly reboot: Reboot;
  /** Names; empty: all hosts. */
  readonly hosts: readonly string[];
  readonly json: boolean;
  readonly help: boolean;
}

/** @throws UsageError with the reason */
export function readMaintainOptions(args: readonly string[]): MaintainOptions {
  const rest = args.flatMap((arg) => /^(--\w+)=(.*)$/s.exec(arg)?.slice(1) ?? [arg]);
  const hosts: string[] = [];
  const options: { -readonly [Key in keyof MaintainOptions]: MaintainOptions[Key] } = {
    ...{ preview: false, yes: false, reboot: "needed", json: false, help: false },
    hosts,
  };
  const value = (option: string) => {
    const next = rest.shift();
    if (next === undefined || next.startsWith("--")) throw new UsageError(`${option} needs a value`);
    return next;
  };
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    switch (arg) {
      case "--stack":
        options.stack = value(arg);
        break;
      case "--host":
        hosts.push(value(arg));
        break;
      case "--reboot":
        options.reboot = whenOf(value(arg));
        break;
      case "--preview":
        options.preview = true;
        break;
      case "--yes":
        options.yes = true;
        break;
      case "--json":
        options.json = true;
        break;
      case "--help":
      case "-h":
        options.help = true;
        break;
      default:
        throw new UsageError(`${arg} is not an option`);
    }
  }
  if (options.preview && options.yes) throw new UsageError("--preview cannot be combined with --yes");
  return options;
}

function whenOf(text: string): Reboot {
  const when = whens.find((one) => one === text);
  if (when === undefined) throw new UsageError(`--reboot: ${text} is not always, needed or never`);
  return when;
}
