import { LabError } from "../../base/error";
import { changes } from "./changes";
import type { Fault } from "./fault";
import { loadBalancerFaults } from "./load-balancers";
import { masterFaults, siteFaults } from "./masters";

export { changes } from "./changes";
export type { Context, Fault } from "./fault";

/** All faults, in the order in which they are tried: the gentle ones first. */
export const faults: readonly Fault[] = [...loadBalancerFaults, ...masterFaults, ...siteFaults];

/** Several drills by one name. */
const groups: Readonly<Record<string, readonly Fault[]>> = {
  faults: faults.filter(({ onlyNamed = false }) => !onlyNamed),
  changes,
};

/** The drills of these names, groups among them; where none is named, the faults. */
export function drillsNamed(names: readonly string[]): readonly Fault[] {
  const all = [...faults, ...changes];
  return (names.length === 0 ? ["faults"] : names).flatMap((name) => {
    if (Object.hasOwn(groups, name)) return groups[name] ?? [];
    const fault = all.find((one) => one.name === name);
    if (fault === undefined) {
      const known = [...Object.keys(groups), ...all.map((one) => one.name)];
      throw new LabError(`there is no drill ${name}`, `There are ${known.join(", ")}.`);
    }
    return [fault];
  });
}
