import { LabError } from "../../lab/cli/error";
import type { Fault } from "./fault";
import { loadBalancerFaults } from "./load-balancers";
import { masterFaults, siteFaults } from "./masters";

export type { Fault, Field } from "./fault";

/** All faults, in the order in which they are tried: the gentle ones first. */
export const faults: readonly Fault[] = [...loadBalancerFaults, ...masterFaults, ...siteFaults];

/** The faults of these names; where none is named, all but those that have to be. */
export function faultsNamed(names: readonly string[]): readonly Fault[] {
  if (names.length === 0) return faults.filter(({ onlyNamed = false }) => !onlyNamed);
  return names.map((name) => {
    const fault = faults.find((one) => one.name === name);
    if (fault === undefined) {
      throw new LabError(`there is no drill ${name}`, `There are ${faults.map((one) => one.name).join(", ")}.`);
    }
    return fault;
  });
}
