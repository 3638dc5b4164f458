import { commonOptions, readArguments, UsageError } from "../arguments";

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
  const { host, reboot, ...options } = readArguments(args, {
    ...commonOptions,
    preview: { type: "boolean", default: false },
    yes: { type: "boolean", default: false },
    reboot: { type: "string", default: "needed" },
    host: { type: "string", multiple: true, default: [] },
    json: { type: "boolean", default: false },
  });
  if (options.preview && options.yes) throw new UsageError("--preview cannot be combined with --yes");
  return { ...options, reboot: whenOf(reboot), hosts: host };
}

function whenOf(text: string): Reboot {
  const when = whens.find((one) => one === text);
  if (when === undefined) throw new UsageError(`--reboot: ${text} is not always, needed or never`);
  return when;
}
