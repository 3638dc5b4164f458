import { execFile, spawn, type ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "./error";

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Goes to standard input. Secrets go this way, never among the arguments. */
  readonly input?: string | Buffer;
  /** Called with each line of standard output and standard error as it comes. */
  readonly onLine?: (line: string) => void;
  /** Seconds after which the command is ended and counts as failed. Default: no bound. */
  readonly seconds?: number;
  /** What to do where it fails, for the person who reads the error. */
  readonly remedy?: string;
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const running = new Set<ChildProcess>();
const interruption = new AbortController();
const end = new AbortController();
let undoings = 0;

let tellOnSignal: (() => void) | undefined;

/** Aborted once the lab's command is to end, unless a terminal has told its processes: for what starts some by itself. */
export const interrupted = interruption.signal;

/** Whether the lab's command is to end: nothing new is to be begun. */
export const isEnding = () => end.signal.aborted;

/**
 * Waits for so many seconds.
 *
 * @throws LabError at once where the lab's command is to end
 */
export async function pause(seconds: number): Promise<void> {
  await sleep(Math.max(0, seconds * 1000), undefined, { signal: end.signal }).catch(() => {
    throw brokenOff();
  });
}

/** Puts something back as it was: what `work` starts is started after a signal too. A second signal ends it all the same. */
export async function undo<T>(work: () => Promise<T>): Promise<T> {
  undoings++;
  try {
    return await work();
  } finally {
    undoings--;
  }
}

/**
 * Looks at something until it is as it should be, or for so many seconds.
 *
 * @param every seconds between two looks
 * @returns what was seen last
 * @throws LabError at once where the lab's command is to end
 */
export async function until<T>(
  look: () => Promise<T>,
  good: (seen: T) => boolean,
  { seconds, every = 0.5 }: { readonly seconds: number; readonly every?: number },
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (good(seen) || Date.now() >= end) return seen;
    await pause(every);
  }
}

const brokenOff = () => new LabError("interrupted", "Run it again: it goes on from here.");

/** The exit code that a shell gives for a process that a signal has ended. */
const codeOf = (signal: NodeJS.Signals) => 128 + constants.signals[signal];

/**
 * Starts nothing any more, and ends what was started and has not been seen to end, each in its own way.
 *
 * @param byTerminal Ctrl-C at a terminal has reached all of them already
 */
export function endChildren({ byTerminal = false } = {}): void {
  end.abort();
  if (byTerminal) return;
  interruption.abort();
  for (const child of running) child.kill("SIGTERM");
}

/**
 * From now on a signal ends what runs, in its own way, and this command with the exit code that a shell would give; a second
 * one ends at once. Whoever reads what it prints and has gone is a signal too, for so is who waited for the result.
 *
 * @param tell is called first, for what the person has to know; that of the last call
 * @param echo milliseconds within which a signal is the first one once more: sent to the group, and passed on by the parent
 */
export function endOnSignals(tell: () => void = () => undefined, echo = 1000): void {
  const listening = tellOnSignal !== undefined;
  tellOnSignal = tell;
  if (listening) return;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    const code = codeOf(signal);
    let first: number | undefined;
    // never taken off: without a handler for a moment, a signal would end this process on the spot
    process.on(signal, () => {
      if (first !== undefined) {
        if (Date.now() - first >= echo) process.exit(code);
        return;
      }
      first = Date.now();
      process.exitCode = code;
      tellOnSignal?.();
      endChildren({ byTerminal: signal === "SIGINT" && process.stdin.isTTY });
    });
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.once("error", () => {
      process.exitCode ??= 141;
      stream.on("error", () => undefined);
      endChildren();
    });
  }
}

/** Notes a child, so that it is ended where the lab's command is to end. */
function noted(child: ChildProcess): ChildProcess {
  running.add(child);
  return child.on("close", () => running.delete(child));
}

function notStarted(error: Error & { code?: unknown }, command: string, remedy?: string): Error {
  return error.code === "ENOENT"
    ? new LabError(`${command} is not installed`, remedy ?? `Install ${command}, or put it on PATH.`)
    : error;
}

/** Runs a command to its end and gives what it printed; a failure is the caller's to judge. */
export function tryRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { cwd, input, onLine, seconds = 0, remedy } = options;
  if (isEnding() && undoings === 0) return Promise.reject(brokenOff());
  const env = { ...process.env, ...options.env };
  const how = { cwd, env, timeout: Math.ceil(seconds * 1000), killSignal: "SIGKILL", maxBuffer: Infinity } as const;
  return new Promise((done, reject) => {
    const child = execFile(command, args, how, (error, stdout, stderr) => {
      if (typeof error?.code === "string") {
        reject(notStarted(error, command, remedy));
        return;
      }
      const late = error?.killed === true && error.signal === "SIGKILL";
      const code = error === null ? 0 : (error.code ?? 1);
      done({ code, stdout, stderr: late ? `${stderr}ended after ${seconds} s\n` : stderr });
    });
    noted(child);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null && onLine !== undefined) createInterface({ input: stream }).on("line", onLine);
    }
    // a program may end without reading its input: that is not an error
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

/** As {@link tryRun}; a failure is an error that shows the command and the last lines of what it printed. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryRun(command, args, options);
  if (code !== 0) {
    const line = [command, ...args].join(" ").replaceAll(/\s+/g, " ");
    const last = `${stdout}\n${stderr}`.trim().split("\n").slice(-40).join("\n");
    throw new LabError(`${line.slice(0, 200)} ended with ${code}`, options.remedy, last);
  }
  return stdout;
}

/** Runs a command with this process's terminal; gives its exit code. */
export function inTerminal(
  command: string,
  args: readonly string[],
  { cwd, env }: Pick<RunOptions, "cwd" | "env"> = {},
): Promise<number> {
  return new Promise((done, reject) => {
    const child = noted(spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: "inherit" }));
    child.on("error", (error) => reject(notStarted(error, command)));
    child.on("close", (code, signal) => done(code ?? codeOf(signal ?? "SIGTERM")));
  });
}

/** The last line of what a command that failed has said. */
export const lastLine = ({ code, stdout, stderr }: Finished) =>
  (stderr || stdout).trim().split("\n").at(-1) || `exit ${code}`;
