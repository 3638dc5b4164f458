import { plainTable } from "../base/table";
import type { LabHost } from "../hosts/plan";
import type { Stack } from "../hosts/stack";
import type { Place } from "../base/place";

/** A lab whose hosts exist. */
export interface Lab {
  readonly place: Place;
  readonly stack: Stack;
  readonly hosts: readonly LabHost[];
}

export interface CheckResult {
  readonly ok: boolean;
  /** What the check found, a line each. */
  readonly seen: readonly string[];
}

/** A check by its name, and its result. */
export interface Finding extends CheckResult {
  readonly what: string;
}

/** The findings as a table. */
export function table(findings: readonly Finding[]): string {
  const rows = findings.flatMap(({ what, ok, seen: [first = "", ...more] }) => [
    [ok ? "ok" : "!!", what, first],
    ...more.map((line) => ["", "", line]),
  ]);
  return plainTable(rows).replaceAll(/^(?=.)/gm, "  ");
}
