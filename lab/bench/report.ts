import { median } from "../base/figures";
import type { Table } from "../base/table";

/** A promise about two measurements: the first takes at most so much of the second. */
export interface Goal {
  readonly what: string;
  /** The quotient of the two medians. */
  readonly ratio: number;
  readonly atMost: number;
  readonly met: boolean;
}

export function goal(what: string, ours: readonly number[], theirs: readonly number[], atMost: number): Goal {
  const ratio = median(ours) / median(theirs);
  return { what, ratio, atMost, met: ratio <= atMost };
}

/** Seconds as a person reads them: two digits behind the point below ten, one below a hundred. */
export function seconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} s`;
}

/** Goals as a table. */
export function goalTable(goals: readonly Goal[]): Table {
  return [
    ["goal", "at most", "measured", ""],
    ...goals.map(({ what, ratio, atMost, met }) => [
      what,
      atMost.toFixed(2),
      ratio.toFixed(2),
      met ? "met" : "NOT met",
    ]),
  ];
}
