import { LabError } from "../../base/error";
import { changes } from "./changes";
import type { Context, Fault } from "./fault";
import { faults } from "./faults";

export { changes, faults };
export type { Context, Fault };

/** Each drill by its name, and the two groups. */
const drills = new Map<string, readonly Fault[]>([
  ["faults", faults.filter(({ onlyNamed = false }) => !onlyNamed)],
  ["changes", changes],
  ...[...faults, ...changes].map((fault) => [fault.name, [fault]] as const),
]);

/** The drills of these names or groups; without names, the faults. */
export function drillsNamed(names: readonly string[]): readonly Fault[] {
  return (names.length === 0 ? ["faults"] : names).flatMap((name) => {
    const found = drills.get(name);
    if (found === undefined)
      throw new LabError(`there is no drill ${name}`, `The drills are ${[...drills.keys()].join(", ")}.`);
    return found;
  });
}
