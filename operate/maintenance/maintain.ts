import { createInterface } from "node:readline/promises";
import { UsageError } from "../arguments";
import { programFolder, readConfiguration } from "../configuration";
import { shown } from "../facts";
import { type HostPlan, type Plan, planOf } from "../plan";
import { chooseStack, type Surroundings } from "../stack";
import { type MaintainOptions, readMaintainOptions, usage } from "./arguments";
import { preview } from "./preview";
import { maintenanceReport, type Result } from "./report";
import { clearRequests, requestReboots } from "./request";
import { maintainHost } from "./run";
import { interruptedRun, type Step, stepsOf } from "./steps";
import { type HostWork, isRead, surveyHosts } from "./survey";

/** The exit code of each end of a maintenance. */
const maintenanceCodes = { done: 0, failed: 1, refused: 2, due: 3 } as const;

type End = keyof typeof maintenanceCodes;

/** Nothing was changed. */
class Refusal extends Error {}

/** Updates and reboots the hosts of a stack, one after another. Returns the exit code. */
export async function maintain(args: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    const options = readMaintainOptions(args);
    if (options.help) {
      process.stdout.write(`${usage}\n`);
      return 0;
    }
    const stack = chooseStack(surroundings, options.stack);
    // relative paths in the configuration start in this folder
    process.chdir(programFolder(stack));
    const plan = planOf(stack.name, readConfiguration(stack).values);
    return maintenanceCodes[await maintainStack(plan, options)];
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${error instanceof UsageError ? `${usage}\n` : ""}`);
    return maintenanceCodes.refused;
  }
}

async function maintainStack(plan: Plan, options: MaintainOptions): Promise<End> {
  const tell = (text: string) => (options.json ? process.stderr : process.stdout).write(`${text}\n`);
  const works = await surveyed(plan, chosenHosts(plan, options.hosts));
  const steps = stepsOf(works, options.reboot);
  tell(preview(plan, works, steps));
  const [end, results] = await carryOut(plan, options, works, steps, tell);
  if (options.json) {
    const report = maintenanceReport(plan, works, steps, results, maintenanceCodes[end]);
    process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  }
  return end;
}

/** @throws UsageError if a name is not a host of the stack */
function chosenHosts({ hosts }: Plan, names: readonly string[]): readonly HostPlan[] {
  const unknown = names.find((name) => hosts.every((host) => host.name !== name));
  if (unknown !== undefined) {
    throw new UsageError(`--host: ${unknown} is not a host of this stack: ${hosts.map(({ name }) => name).join(", ")}`);
  }
  return names.length === 0 ? hosts : hosts.filter(({ name }) => names.includes(name));
}

/** @throws Refusal if a host could not be read */
async function surveyed(plan: Plan, hosts: readonly HostPlan[]): Promise<HostWork[]> {
  const answers = await surveyHosts(plan, hosts);
  const unread = answers.flatMap((answer) => (isRead(answer) ? [] : [answer]));
  if (unread.length > 0) {
    const lines = unread.map(({ host, said }) => `  ${host.name} (${host.address}): ${said}`);
    throw new Refusal(
      `${lines.length === 1 ? "This host" : "These hosts"} could not be read, so no host was changed:\n${lines.join("\n")}\n` +
        "Repair what is named, or name the other hosts with --host. `npm run status` shows the state of the stack.",
    );
  }
  return answers.filter(isRead);
}

type Tell = (text: string) => void;

async function carryOut(
  plan: Plan,
  options: MaintainOptions,
  works: readonly HostWork[],
  steps: readonly Step[],
  tell: Tell,
): Promise<[End, readonly Result[]]> {
  if (steps.length === 0) {
    tell("Nothing is left to do.");
    return ["done", []];
  }
  if (options.preview || !(options.yes || (await confirmed()))) {
    tell(
      options.preview || process.stdin.isTTY ? "Nothing was changed." : "Nothing was changed: to do this, pass --yes.",
    );
    return ["due", []];
  }
  const problem = steps.find(({ work }) => work.updates.length === 0 && work.problems.length > 0)?.work;
  if (problem?.problems.some((text) => text.startsWith("apt-get cannot"))) {
    throw new Refusal(`${problem.host.name}: ${problem.problems.join("; ")}. No host was changed.`);
  }
  const rebooted = steps.flatMap(({ work, reboot }) => (reboot === undefined ? [] : [work.host]));
  if (options.reboot === "always") {
    const failures = await requestReboots(rebooted, interruptedRun(works) ?? `run-${Date.now()}`);
    if (failures.length > 0) throw new Refusal(`No host was updated or rebooted: ${failures.join("; ")}`);
  }
  const ended = await inTurn(plan, options, steps, tell);
  // a note that stays has no effect: its boot has ended
  if (ended[0] === "done") await clearRequests(works.map(({ host }) => host));
  return ended;
}

async function confirmed(): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question("Do this now? [y/N] ")).trim());
  } finally {
    terminal.close();
  }
}

/** Maintains one host after another. The first failure, or Ctrl-C, ends it after that host. */
async function inTurn(
  plan: Plan,
  { reboot }: MaintainOptions,
  steps: readonly Step[],
  tell: Tell,
): Promise<[End, readonly Result[]]> {
  const results: Result[] = [];
  const stopping = new AbortController();
  const stop = () => {
    if (stopping.signal.aborted) process.exit(maintenanceCodes.failed);
    stopping.abort();
    tell("The maintenance ends after this host. Press Ctrl-C again to end it now.");
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);
  try {
    for (const [index, { work }] of steps.entries()) {
      const { host } = work;
      tell(`${host.name} (${index + 1} of ${steps.length})`);
      const outcome = await maintainHost(plan, host, reboot, (line) => tell(`  ${clock()}  ${shown(line, 400)}`));
      results.push({ host: host.name, ...outcome });
      if (!outcome.ok) {
        tell(`${outcome.error}\n\n${host.name} failed after ${minutes(outcome.seconds)}; ${left(steps, index)}`);
        return ["failed", results];
      }
      tell(`  ${host.name}: done in ${minutes(outcome.seconds)}`);
      if (stopping.signal.aborted && index < steps.length - 1) {
        tell(`Interrupted; ${left(steps, index)}`);
        return ["failed", results];
      }
    }
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, stop);
  }
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  tell(`All ${steps.length} hosts are done, in ${minutes(seconds)}.`);
  return ["done", results];
}

const left = (steps: readonly Step[], index: number) => {
  const rest = steps.slice(index + 1).map(({ work }) => work.host.name);
  const unchanged = rest.length === 0 ? "" : ` Not changed: ${rest.join(", ")}.`;
  return `the other hosts serve.${unchanged} The same command continues.`;
};

const clock = () => new Date().toISOString().slice(11, 19);

function minutes(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
