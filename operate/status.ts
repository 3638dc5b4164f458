import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { readOptions, usage, UsageError } from "./arguments";
import { programFolder, readConfiguration } from "./configuration";
import { type Drift, drift, readDrift } from "./drift";
import { type Plan, planOf } from "./plan";
import { report } from "./report";
import { readRound } from "./round";
import { screen } from "./screen";
import { type ChosenStack, chooseStack, type Surroundings } from "./stack";
import { writeSupportBundle } from "./support-bundle";
import { exitCodes, judge, type KeyedSubject, type Verdict } from "./verdict";
import type { View } from "./view";

/** Reads the state of a stack and prints it. Changes nothing. Returns the exit code. */
export async function status(args: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    const options = readOptions(args);
    if (options.help) {
      print(usage);
      return 0;
    }
    const stack = chooseStack(surroundings, options.stack);
    // npm starts a script in the project's folder; INIT_CWD is the folder of the caller
    const file = options.bundle && resolve(surroundings.env["INIT_CWD"] ?? surroundings.cwd, options.bundle);
    // relative paths in the configuration start in this folder
    process.chdir(programFolder(stack));
    const { plan, further } = prepare(stack);
    const read = () => once(plan, further, readDrift(stack, surroundings));
    if (options.watch !== undefined) {
      return await watch(read, options.watch);
    }
    const round = await read();
    const { view, verdict, seconds } = round;
    if (file !== undefined) await bundle(stack, plan, round, file);
    if (options.json) print(JSON.stringify(report(view, verdict, seconds), undefined, 2));
    else process.stdout.write(screen(view, verdict, seconds));
    return exitCodes[verdict.state];
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${error instanceof UsageError ? `${usage}\n` : ""}`);
    return exitCodes["cannot tell"];
  }
}

const print = (text: string) => process.stdout.write(`${text}\n`);

/** Writes the file for a bug report. A host that cannot be read is printed, and is not an error. */
async function bundle(stack: ChosenStack, plan: Plan, { view, verdict, seconds }: Round, file: string): Promise<void> {
  const failures = await writeSupportBundle(plan, file, [
    { path: "status.txt", content: screen(view, verdict, seconds) },
    { path: "status.json", content: JSON.stringify(report(view, verdict, seconds), undefined, 2) },
    { path: basename(stack.configurationFile), content: readFileSync(stack.configurationFile, "utf8") },
  ]);
  const unread = failures.map((failure) => `\nmissing: ${failure}`).join("");
  process.stderr.write(`wrote ${file}; look through it before you send it${unread}\n`);
}

/** The plan of a round, and the mistakes in the configuration as a subject. */
function prepare(stack: ChosenStack): { plan: Plan; further: readonly KeyedSubject[] } {
  const { values, mistakes } = readConfiguration(stack);
  const plan = planOf(stack.name, values);
  const findings = mistakes.map(({ key, what, remedy }) => ({
    level: "degraded" as const,
    what: `${key} ${what}`,
    todo: remedy,
  }));
  const name = "configuration";
  return {
    plan,
    further:
      findings.length === 0 ? [] : [{ key: name, name, summary: "", findings, facts: mistakes.map(({ key }) => key) }],
  };
}

interface Round {
  readonly view: View;
  readonly verdict: Verdict;
  readonly seconds: number;
}

async function once(plan: Plan, further: readonly KeyedSubject[], compared: Promise<Drift>): Promise<Round> {
  const begin = performance.now();
  const [view, read] = await Promise.all([readRound(plan), compared]);
  const verdict = judge(view, [drift(read), ...further]);
  return { view, verdict, seconds: (performance.now() - begin) / 1000 };
}

/** Reads and prints until a signal arrives. Returns the exit code of the last round. */
async function watch(read: () => Promise<Round>, seconds: number): Promise<number> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const ended = new Promise<undefined>((resolve) =>
    stop.signal.addEventListener("abort", () => resolve(undefined), { once: true }),
  );
  let state: Verdict["state"] = "cannot tell";
  while (!stop.signal.aborted) {
    const begin = performance.now();
    const round = await Promise.race([read(), ended]);
    if (round === undefined) break;
    state = round.verdict.state;
    // clear and print in one write, so that the screen does not flicker
    const clear = process.stdout.isTTY ? "\u001b[H\u001b[2J" : "";
    process.stdout.write(clear + screen(round.view, round.verdict, round.seconds));
    const rest = Math.max(0, seconds * 1000 - (performance.now() - begin));
    await pause(rest, undefined, { signal: stop.signal }).catch(() => undefined);
  }
  return exitCodes[state];
}
