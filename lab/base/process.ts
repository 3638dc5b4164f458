import { spawn, type ChildProcess } from "node:child_process";
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
  readonly todo?: string;
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

/** Milliseconds within which a signal is the first one once more: sent to the group, and passed on by the parent. */
const echo = 1000;

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

const brokenOff = () => new LabError("interrupted", "Run it again: it goes on from here.");

/**
 * Starts nothing any more, and ends what was started and has not been seen to end, each in its own way.
 *
 * @param byTerminal Ctrl-C at a terminal has reached all of them already
 */
export function endChildren({ byTerminal = false } = {}): void {
  end.abort();
  if (byTerminal) {
    return;
  }
  interruption.abort();
  for (const child of running) {
    child.kill("SIGTERM");
  }
}

/**
 * From now on a signal ends what runs, in its own way, and this command with the exit code that a shell would give; a second
 * one ends at once. Whoever reads what it prints and has gone is a signal too, for so is who waited for the result.
 *
 * @param tell is called first, for what the person has to know; that of the last call
 */
export function endOnSignals(tell: () => void = () => undefined): void {
  const listening = tellOnSignal !== undefined;
  tellOnSignal = tell;
  if (listening) return;
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    let first: number | undefined;
    // never taken off: without a handler for a moment, a signal would end this process on the spot
    process.on(signal, () => {
      if (first !== undefined) {
        if (Date.now() - first > echo) process.exit(code);
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

/** Runs a command to its end and gives what it printed; a failure is the caller's to judge. */
export function tryRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  if (isEnding() && undoings === 0) {
    return Promise.reject(brokenOff());
  }
  return new Promise((done, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    running.add(child);
    let late = false;
    const timer =
      options.seconds === undefined
        ? undefined
        : setTimeout(() => {
            late = true;
            child.kill("SIGKILL");
            // what it has started itself may live on and hold these open
            child.stdout?.destroy();
            child.stderr?.destroy();
          }, options.seconds * 1000);
    const texts = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      let rest = "";
      child[name]?.setEncoding("utf8").on("data", (text: string) => {
        texts[name] += text;
        if (options.onLine === undefined) return;
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        lines.forEach(options.onLine);
      });
      child[name]?.on("end", () => {
        if (rest !== "") options.onLine?.(rest);
      });
    }
    child.on("error", (error: NodeJS.ErrnoException) => {
      running.delete(child);
      clearTimeout(timer);
      reject(
        error.code === "ENOENT"
          ? new LabError(`${command} is not installed`, options.todo ?? `Install ${command}, or put it on PATH.`)
          : error,
      );
    });
    child.on("close", (code) => {
      running.delete(child);
      clearTimeout(timer);
      const stderr = late ? `${texts.stderr}ended after ${options.seconds} s\n` : texts.stderr;
      done({ code: code ?? 1, stdout: texts.stdout, stderr });
    });
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.input);
  });
}

/** As {@link tryRun}; a failure is an error that shows the command and the last lines of what it printed. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryRun(command, args, options);
  if (code !== 0) {
    const line = [command, ...args].join(" ").replaceAll(/\s+/g, " ");
    const last = `${stdout}\n${stderr}`.trim().split("\n").slice(-25).join("\n");
    throw new LabError(`${line.slice(0, 200)} ended with ${code}`, options.todo, last);
  }
  return stdout;
}
