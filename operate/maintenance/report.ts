import type { Plan } from "../plan";
import type { Outcome } from "./run";
import type { Step } from "./steps";
import type { HostWork } from "./survey";

/** Version of the format. Increase it when a field is removed or changes its meaning. */
const format = 1;

export interface Result extends Outcome {
  readonly host: string;
}

/** The object that `npm run maintain -- --json` prints. docs/operations.md lists its fields. */
export function maintenanceReport(
  plan: Plan,
  works: readonly HostWork[],
  steps: readonly Step[],
  results: readonly Result[],
  exitCode: number,
) {
  return {
    format,
    stack: plan.stack,
    at: new Date().toISOString(),
    exitCode,
    order: steps.map(({ work }) => work.host.name),
    hosts: works.map((work) => {
      const step = steps.find((one) => one.work === work);
      const result = results.find(({ host }) => host === work.host.name);
      return {
        name: work.host.name,
        role: work.host.role,
        updates: work.updates.map(({ name, from, to, security, held }) => ({
          ...{ name, from: from ?? null, to, security, held },
        })),
        kept: work.kept,
        rebootNeeded: work.reboots,
        reboot: step?.reboot ?? null,
        interrupted: work.interrupted,
        effects: step?.effects ?? [],
        listsAgeSeconds: work.listsAgeSeconds ?? null,
        problems: work.problems,
        result:
          result === undefined
            ? null
            : { ok: result.ok, seconds: Math.round(result.seconds), said: result.said, error: result.error || null },
      };
    }),
  };
}
