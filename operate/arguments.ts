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

/** @throws UsageError with the reason */
export function readOptions(args: readonly string[]): Options {
  const options: { -readonly [Key in keyof Options]: Options[Key] } = { json: false, help: false };
  const rest = args.flatMap((arg) => /^(--\w+)=(.*)$/s.exec(arg)?.slice(1) ?? [arg]);
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
      case "--bundle":
        options.bundle = value(arg);
        break;
      case "--json":
        options.json = true;
        break;
      case "--watch":
        options.watch = rest[0] === undefined || rest[0].startsWith("--") ? 5 : secondsOf(value(arg));
        break;
      case "--help":
      case "-h":
        options.help = true;
        break;
      default:
        throw new UsageError(`${arg} is not an option`);
    }
  }
  if (options.watch !== undefined && (options.json || options.bundle !== undefined)) {
    throw new UsageError("--watch cannot be combined with --json or --bundle");
  }
  return options;
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 1 && seconds <= 3600)) throw new UsageError(`--watch: ${text} is not a number from 1 to 3600`);
  return seconds;
}
