import { plainTable } from "../base/table";
import type { LabHost } from "../hosts/plan";
import type { Stack } from "../hosts/stack";
import type { Place } from "../base/place";

/** A lab whose hosts are up. */
export interface Lab {
  readonly place: Place;
  readonly stack: Stack;
  readonly hosts: readonly LabHost[];
}

export interface CheckResult {
  readonly ok: boolean;
  /** What was seen, a line each. */
  readonly seen: readonly string[];
}

/** One thing that was looked at. */
export interface Finding extends CheckResult {
  readonly what: string;
}

/** Findings as a person reads them. */
export function table(findings: readonly Finding[]): string {
  const rows = findings.flatMap(({ what, ok, seen: [first = "", ...more] }) => [
    [ok ? "ok" : "!!", what, first],
    ...more.map((line) => ["", "", line]),
  ]);
  return plainTable(rows).replaceAll(/^(?=.)/gm, "  ");
}
