import { parseArgs, type ParseArgsConfig } from "node:util";

export const usage = `usage: npm run status [-- OPTION…]
  --stack NAME        the stack (default: the selected stack, else the lab's)
  --json              print one JSON object (docs/status.md)
  --watch [SECONDS]   repeat every SECONDS seconds (default 5) until Ctrl-C
  --bundle FILE       also write configurations, journals and states of all hosts to FILE (.tar.gz), with secrets masked
exit codes: 0 ok, 1 degraded, 2 down: clients reach no API server, 3 cannot tell: the state is unknown`;

export interface Options {
  readonly stack?: string;
  readonly json: boolean;
  /** Seconds between two rounds. */
  readonly watch?: number;
  /** Path of the .tar.gz file. */
  readonly bundle?: string;
  readonly help: boolean;
}

/** The command line is wrong. */
export class UsageError extends Error {}

/** An option `--help` or `-h`, and `--stack NAME`, which every command has. */
export const commonOptions = {
  stack: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

/**
 * Reads a command line.
 *
 * @throws UsageError with the reason
 */
export function readArguments<const Options extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    // the rest explains how to write unusual arguments
    throw new UsageError((error as Error).message.split(/\.\s|\n/, 1)[0]);
  }
}

/** @throws UsageError with the reason */
export function readOptions(args: readonly string[]): Options {
  const given = args.map((arg, index) =>
    arg === "--watch" && !/^[^-]/.test(args[index + 1] ?? "") ? `--watch=${defaultSeconds}` : arg,
  );
  const { watch, ...options } = readArguments(given, {
    ...commonOptions,
    json: { type: "boolean", default: false },
    watch: { type: "string" },
    bundle: { type: "string" },
  });
  if (watch === undefined) return options;
  if (options.json || options.bundle !== undefined) {
    throw new UsageError("--watch cannot be combined with --json or --bundle");
  }
  return { ...options, watch: secondsOf(watch) };
}

const defaultSeconds = 5;

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 1 && seconds <= 3600)) throw new UsageError(`--watch: ${text} is not a number from 1 to 3600`);
  return seconds;
}
