import { version } from "../package.json";
import { ProcessorError } from "../pipeline/run";
import { RuleError } from "../rules";
import { ApiError } from "../organisation/api";
import { type Command, CommandError, OK, type Terminal, UNUSABLE, UsageError } from "./command";
import { diff } from "./diff";
import { explain } from "./explain";
import { lint } from "./lint";
import { parse } from "./parse";
import { pull } from "./pull";
import { push } from "./push";
import { serve } from "./serve";
import { test } from "./test";

const COMMANDS: Readonly<Record<string, Command>> = { test, explain, lint, diff, serve, pull, push, parse };
/** Former names. */
const ALIASES: Readonly<Record<string, string>> = { check: "test" };

const USAGE = `Usage: grok COMMAND …

  grok test FILE_OR_FOLDER…          runs the samples of pipelines and compares the results
  grok explain FILE [LINE…]          shows where the rules of a pipeline stop in lines that they do not match
  grok lint FILE_OR_FOLDER…          finds mistakes in pipelines
  grok diff OLD NEW FILE.log         shows what a change of a pipeline changes in real logs
  grok serve [FILE]                  shows in a browser what rules make of lines, while you type
  grok pull FOLDER                   writes the pipelines of an organisation into files
  grok push --dry-run FILE…          shows how the pipelines of an organisation differ from files
  grok parse --pipeline FILE         runs the lines of standard input through a pipeline

"grok COMMAND --help" shows the options of a command, and "grok --version" the version.

Exit codes: 0, ok; 1, findings, differences or failed samples; 2, wrong arguments, or the command could not do its work.
`;

/** Runs a command and returns the exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name = "", ...rest] = args;
  const command = Object.hasOwn(COMMANDS, ALIASES[name] ?? name) ? COMMANDS[ALIASES[name] ?? name] : undefined;
  if (name === "--version" || name === "-v") {
    terminal.out(`${version}\n`);
    return OK;
  }
  if (command === undefined) {
    const help = ["--help", "-h", "help"].includes(name);
    if (name !== "" && !help) terminal.err(`error: unknown command ${name}\n`);
    (help ? terminal.out : terminal.err)(USAGE);
    return help ? OK : UNUSABLE;
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    terminal.out(`Usage: ${command.usage}`);
    return OK;
  }
  try {
    return await command.run(rest, terminal);
  } catch (error) {
    terminal.err(messageOf(error, command));
    return UNUSABLE;
  }
}

function messageOf(error: unknown, { usage }: Command): string {
  if (!(error instanceof Error)) return `error: ${String(error)}\n`;
  const isUsage =
    error instanceof UsageError || String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS");
  if (isUsage) return `error: ${error.message}\nUsage: ${usage}`;
  const isPlain = [CommandError, ApiError, ProcessorError, RuleError].some((known) => error instanceof known);
  return `error: ${isPlain ? error.message : (error.stack ?? error.message)}\n`;
}
