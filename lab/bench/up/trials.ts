import type { Progress, Report } from "../../base/progress";
import { measured, rotated } from "../results";

/**
 * The steps of a trial. `clean` prepares the hosts and the resources outside them; `build` runs `pulumi up`; `verify` fails if a
 * check of the stack fails; `again` runs `pulumi up` with nothing to change; `empty` runs the empty program; `refresh` and
 * `status` read the hosts; `round` connects to all hosts at the same time and starts Node.js.
 */
export type Steps = Record<
  "clean" | "build" | "verify" | "again" | "empty" | "refresh" | "status" | "round",
  (report: Report) => Promise<unknown>
>;

export const names = {
  stack: "pulumi up",
  empty: "empty program",
  refresh: "pulumi refresh",
  status: "npm run status",
  round: "SSH to all hosts, start of Node.js",
} as const;

/** Records the seconds of a run. */
export type Recorder = (times: "full" | "noop", name: string, seconds: number) => void;

/** The number of runs with nothing to change after each build. */
const repeats = 2;

/** Builds the stack on new hosts `trials` times. After each build, measures runs with nothing to change. */
export async function runTrials(steps: Steps, trials: number, progress: Progress, record: Recorder): Promise<void> {
  for (let trial = 1; trial <= trials; trial++) {
    const title = `trial ${trial} of ${trials}`;
    await buildFresh(steps, title, progress, (took) => record("full", names.stack, took));
    await runNoOp(steps, title, repeats, progress, record);
  }
}

/** Builds the stack on new hosts and checks it. */
export const buildFresh = (steps: Steps, title: string, progress: Progress, built: (seconds: number) => void) =>
  progress.run([
    { title: `${title}: new hosts`, run: steps.clean },
    { title: `${title}: complete stack`, run: measured(steps.build, built) },
    { title: `${title}: checks`, run: steps.verify },
  ]);

/** Measures the runs that change nothing alternately. Each is first in turn. */
export async function runNoOp(steps: Steps, title: string, times: number, progress: Progress, record: Recorder) {
  const runs = [
    [names.stack, steps.again] as const,
    [names.empty, steps.empty] as const,
    [names.refresh, steps.refresh] as const,
    [names.status, steps.status] as const,
    [names.round, steps.round] as const,
  ];
  for (let time = 0; time < times; time++) {
    await progress.run(
      rotated(runs, time).map(([name, run]) => ({
        title: `${title}: nothing to change, ${name}`,
        run: measured(run, (took) => record("noop", name, took)),
      })),
    );
  }
}
