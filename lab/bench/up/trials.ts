import type { Progress, Report } from "../../base/progress";
import { measured, rotated } from "../results";

/**
 * What a trial is made of: `clean` brings the hosts, and what is outside them, to where every build begins; `verify` fails
 * where the stack does not stand; `again` is `pulumi up` with nothing to change, and `empty` what it is compared with.
 */
export type Steps = Record<"clean" | "build" | "verify" | "again" | "empty", (report: Report) => Promise<unknown>>;

export const names = { stack: "pulumi up", empty: "empty program" } as const;

/** Takes the seconds of a run. */
export type Recorder = (times: "full" | "noop", name: string, seconds: number) => void;

/** Runs with nothing to change after each build. */
const repeats = 2;

/** Builds the stack on fresh hosts so many times, and after each build runs again with nothing to change. */
export async function runTrials(steps: Steps, trials: number, progress: Progress, record: Recorder): Promise<void> {
  for (let trial = 1; trial <= trials; trial++) {
    const title = `trial ${trial} of ${trials}`;
    await buildFresh(steps, title, progress, (took) => record("full", names.stack, took));
    await runNoOp(steps, title, repeats, progress, record);
  }
}

/** Builds the stack on fresh hosts, and looks whether all of it stands. */
export const buildFresh = (steps: Steps, title: string, progress: Progress, built: (seconds: number) => void) =>
  progress.run([
    { title: `${title}: hosts made anew`, run: steps.clean },
    { title: `${title}: whole stack`, run: measured(steps.build, built) },
    { title: `${title}: looking whether all stands`, run: steps.verify },
  ]);

/** Measures `pulumi up` that has nothing to do and the empty program in turns; each goes first every other time. */
export async function runNoOp(steps: Steps, title: string, times: number, progress: Progress, record: Recorder) {
  const pair = [[names.stack, steps.again] as const, [names.empty, steps.empty] as const];
  for (let time = 0; time < times; time++) {
    await progress.run(
      rotated(pair, time).map(([name, run]) => ({
        title: `${title}: nothing to change, ${name}`,
        run: measured(run, (took) => record("noop", name, took)),
      })),
    );
  }
}
