import type { Progress, Report } from "../../base/progress";
import { type Contestant, timed } from "./contestants/contestant";
import { orderOf } from "./order";

/** No-op runs after each build. */
const repeats = 2;

export interface Trials {
  readonly contestants: readonly Contestant[];
  readonly trials: number;
  /** Brings the hosts, and what is outside them, to where every build begins. */
  readonly clean: (report: Report) => Promise<void>;
  /** Whether the whole stack stands; fails where it does not. */
  readonly verify: (report: Report) => Promise<void>;
  /** What a no-op run of the first contestant is compared with, side by side. */
  readonly baseline?: { readonly name: string; readonly run: (report?: Report) => Promise<void> };
  readonly progress: Progress;
  readonly record: (times: "full" | "noop", name: string, seconds: number) => void;
}

/** Measures every contestant in turn, as many times as there are trials. */
export async function runTrials(given: Trials): Promise<void> {
  const { contestants, trials, clean, verify, progress, record } = given;
  const [ours] = contestants;
  for (let trial = 0; trial < trials; trial++) {
    for (const contestant of orderOf(contestants, trial)) {
      const title = `trial ${trial + 1} of ${trials}, ${contestant.name}`;
      await progress.run([
        { title: `${title}: hosts made anew`, run: clean },
        {
          title: `${title}: whole stack`,
          run: async (report) => {
            const seconds = await timed(() => contestant.build(report));
            record("full", contestant.name, seconds);
            return `${seconds.toFixed(1)} s`;
          },
        },
        { title: `${title}: looking whether all stands`, run: verify },
      ]);
      const baseline = contestant === ours ? given.baseline : undefined;
      await runAgain(contestant, baseline, repeats, { progress, record, title });
    }
  }
}

type Told = Pick<Trials, "progress" | "record"> & { readonly title: string };

/** Measures a contestant that has nothing to do, and beside it the baseline, which goes first every other time. */
export async function runAgain(
  { name, again }: Pick<Contestant, "name" | "again">,
  baseline: Trials["baseline"],
  times: number,
  { progress, record, title }: Told,
): Promise<void> {
  if (again === undefined) {
    return;
  }
  const pair = [{ name, run: again }, ...(baseline === undefined ? [] : [baseline])];
  for (let time = 0; time < times; time++) {
    for (const one of orderOf(pair, time)) {
      await progress.run([
        {
          title: `${title}: nothing to change, ${one.name}`,
          run: async (report) => {
            const seconds = await timed(() => one.run(report));
            record("noop", one.name, seconds);
            return `${seconds.toFixed(1)} s`;
          },
        },
      ]);
    }
  }
}
