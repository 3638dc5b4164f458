import { execFile, spawn, type ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "./error";

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input. Secrets go here, never into the arguments. */
  readonly input?: string | Buffer;
  /** Called with each line of standard output and standard error as it arrives. */
  readonly onLine?: (line: string) => void;
  /**
   * Seconds after which the command is killed and counts as failed.
   *
   * @default no limit
   */
  readonly seconds?: number;
  /** What to do if it fails, for the person who reads the error. */
  readonly remedy?: string;
  /** Lets the processes of the lab's hosts run first: a program that runs on another machine than the hosts outside of the lab. */
  readonly isElsewhere?: boolean;
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const running = new Set<ChildProcess>();
/** Those of them that Ctrl-C in a terminal does not reach, because they have sessions of their own. */
const apart = new Set<ChildProcess>();
const interruption = new AbortController();
const stop = new AbortController();
let cleanUps = 0;

let onFirstSignal: (() => void) | undefined;

/**
 * Aborted when this command stops. Not aborted at Ctrl-C in a terminal, which reaches all processes by itself. For libraries
 * that start processes of their own.
 */
export const interrupted = interruption.signal;

/** Whether this command is stopping. If so, start nothing new. */
export const isStopping = () => stop.signal.aborted;

/** @throws LabError at once if this command is stopping */
export async function pause(seconds: number): Promise<void> {
  await sleep(Math.max(0, seconds * 1000), undefined, { signal: stop.signal }).catch(() => {
    throw interruptedError();
  });
}

/** Runs work that restores something. It may start commands even after a signal; a second signal ends it. */
export async function cleanUp<T>(work: () => Promise<T>): Promise<T> {
  cleanUps++;
  try {
    return await work();
  } finally {
    cleanUps--;
  }
}

/**
 * Polls until the result is good, or until the time is over.
 *
 * @param every seconds between two polls
 * @returns the last result
 * @throws LabError at once if this command is stopping
 */
export async function until<T>(
  poll: () => Promise<T>,
  good: (result: T) => boolean,
  { seconds, every = 0.5 }: { readonly seconds: number; readonly every?: number },
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const result = await poll();
    if (good(result) || Date.now() >= end) return result;
    await pause(every);
  }
}

const interruptedError = () => new LabError("interrupted", "Run the command again: it continues from here.");

/** The exit code that a shell gives for a process that a signal ended. */
const codeOf = (signal: NodeJS.Signals) => 128 + constants.signals[signal];

/**
 * Starts no further commands, and sends SIGTERM to those that run.
 *
 * @param byTerminal Ctrl-C in a terminal has reached them already
 */
export function stopChildren({ byTerminal = false } = {}): void {
  stop.abort();
  if (!byTerminal) interruption.abort();
  for (const child of byTerminal ? apart : running) child.kill("SIGTERM");
}

/**
 * Installs signal handlers. The first signal stops the commands that run; this process then exits with the code that a shell
 * gives for the signal. A second signal exits at once. A closed output pipe counts as a signal: nobody reads the result.
 *
 * @param tell is called at the first signal, to inform the person; a later call replaces it
 * @param repeat milliseconds within which a further signal counts as the first one: the process group and the parent both send it
 */
export function stopOnSignals(tell: () => void = () => undefined, repeat = 1000): void {
  const listening = onFirstSignal !== undefined;
  onFirstSignal = tell;
  if (listening) return;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    const code = codeOf(signal);
    let first: number | undefined;
    // never removed: without a handler, even for a moment, a signal would kill this process
    process.on(signal, () => {
      if (first !== undefined) {
        if (Date.now() - first >= repeat) process.exit(code);
        return;
      }
      first = Date.now();
      process.exitCode = code;
      onFirstSignal?.();
      stopChildren({ byTerminal: signal === "SIGINT" && process.stdin.isTTY });
    });
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.once("error", () => {
      process.exitCode ??= 141;
      stream.on("error", () => undefined);
      stopChildren();
    });
  }
}

/** Registers a child, so that {@link stopChildren} ends it. */
function tracked(child: ChildProcess, among = running): ChildProcess {
  among.add(child);
  return child.on("close", () => among.delete(child));
}

/**
 * The command that runs a program after the processes of the lab's hosts. Start it in a session of its own: the kernel divides
 * the processors among sessions and containers first, and only then, within a session, by the priority of each process.
 *
 * @see https://man7.org/linux/man-pages/man7/sched.7.html (autogroup)
 */
export const yielding = (command: string, args: readonly string[]): [string, string[]] => [
  "sh",
  ["-c", '{ echo 19 >/proc/self/autogroup; } 2>/dev/null; exec nice -n 19 "$@"', "sh", command, ...args],
];

function notStarted(error: Error & { code?: unknown }, command: string, remedy?: string): Error {
  return error.code === "ENOENT"
    ? new LabError(`${command} is not installed`, remedy ?? `Install ${command}, or put it on PATH.`)
    : error;
}

/** Runs a command and returns its exit code and output. A failure of the command is not an error. */
export function tryRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { cwd, input, onLine, seconds = 0, remedy, isElsewhere = false } = options;
  if (isStopping() && cleanUps === 0) return Promise.reject(interruptedError());
  const env = { ...process.env, ...options.env };
  const how = { cwd, env, timeout: Math.ceil(seconds * 1000), killSignal: "SIGKILL", maxBuffer: Infinity } as const;
  const [program, words] = isElsewhere ? (["setsid", yielding(command, args).flat()] as const) : [command, args];
  return new Promise((done, reject) => {
    const child = execFile(program, words, how, (error, stdout, stderr) => {
      if (typeof error?.code === "string") {
        reject(notStarted(error, command, remedy));
        return;
      }
      const timedOut = error?.killed === true && error.signal === "SIGKILL";
      const code = error === null ? 0 : (error.code ?? 1);
      done({ code, stdout, stderr: timedOut ? `${stderr}killed after ${seconds} s\n` : stderr });
    });
    tracked(child);
    if (isElsewhere) tracked(child, apart);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null && onLine !== undefined) createInterface({ input: stream }).on("line", onLine);
    }
    // a program may exit before it reads its input: that is not an error
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

/** As {@link tryRun}. A failure is an error with the command and the last lines of its output. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryRun(command, args, options);
  if (code !== 0) {
    const line = [command, ...args].join(" ").replaceAll(/\s+/g, " ");
    const last = `${stdout}\n${stderr}`.trim().split("\n").slice(-40).join("\n");
    throw new LabError(`${line.slice(0, 200)} failed with exit code ${code}`, options.remedy, last);
  }
  return stdout;
}

/** Runs a command with this process's terminal; returns its exit code. */
export function inTerminal(
  command: string,
  args: readonly string[],
  { cwd, env }: Pick<RunOptions, "cwd" | "env"> = {},
): Promise<number> {
  return new Promise((done, reject) => {
    const child = tracked(spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: "inherit" }));
    child.on("error", (error) => reject(notStarted(error, command)));
    child.on("close", (code, signal) => done(code ?? codeOf(signal ?? "SIGTERM")));
  });
}

/** The last line of a failed command's output. */
export const lastLine = ({ code, stdout, stderr }: Finished) =>
  (stderr || stdout).trim().split("\n").at(-1) || `exit ${code}`;
