import { exitCodes, findingsOf, type Verdict } from "./verdict";
import type { View } from "./view";

/** Version of the format. Increase it when a field is removed or changes its meaning. */
const format = 1;

/** The object that `--json` prints. docs/status.md lists its fields. */
export function report(view: View, verdict: Verdict, seconds: number) {
  return {
    format,
    stack: view.plan.stack,
    at: view.now.toISOString(),
    seconds: Math.round(seconds * 1000) / 1000,
    state: verdict.state,
    exitCode: exitCodes[verdict.state],
    headline: verdict.headline,
    findings: findingsOf(verdict).map(({ subject, finding: { level, host, what, todo } }) => ({
      ...{ level, subject: subject.key, host: host ?? null, what, todo },
    })),
    subjects: Object.fromEntries(verdict.subjects.map(({ key, facts }) => [key, facts])),
  };
}
