import { seconds } from "../../drill/report/table";
import { markdownTable, median, worst } from "../report";
import type { Measurement } from "./failover";

/**
 * Faults by profiles: the middle and the worst blackout of new connections in seconds, and how many times ours that is.
 * One that outlasted the time it was looked at is marked with `>`.
 */
export function comparison(seen: readonly Measurement[], profiles: readonly string[], ours: string): string {
  const faults = [...new Set(seen.map(({ trial }) => trial.fault))];
  const of = (fault: string, profile: string) =>
    seen.filter((one) => one.profile === profile && one.trial.fault === fault).map(({ trial }) => trial);
  const rows = faults.map((fault) => {
    const own = of(fault, ours).map(blackout);
    return [
      fault,
      ...profiles.map((profile) => {
        const trials = of(fault, profile);
        const values = trials.map(blackout);
        if (values.length === 0) return "-";
        const endless = trials.some(({ during, begun, cured }) => during.connect.blackout > 0.9 * (cured - begun));
        const figures = `${endless ? ">" : ""}${seconds(median(values))} / ${seconds(worst(values))}`;
        return profile === ours || own.length === 0
          ? figures
          : `${figures} (${(median(values) / median(own)).toFixed(1)}×)`;
      }),
    ];
  });
  return markdownTable([["blackout, s: median / worst", ...profiles], ...rows]);
}

/** The longest blackout of a trial, its cure included: a fail-back is part of the price. */
function blackout({ during, after }: Measurement["trial"]): number {
  return Math.max(during.connect.blackout, after?.connect.blackout ?? 0);
}
