import { LabError } from "./error";

/**
 * How often something is to be measured, as an option says.
 *
 * @throws LabError where that is not a whole number from 1 on
 */
export function trialsOf(text: string, option = "--trials"): number {
  const trials = Number(text);
  if (!Number.isInteger(trials) || trials < 1) {
    throw new LabError(`${option} ${text}: give a whole number, 1 or more`);
  }
  return trials;
}
