import { LabError } from "./error";

/**
 * Parses the number of trials from an option.
 *
 * @throws LabError if it is not an integer of 1 or more
 */
export function parseTrials(text: string, option = "--trials"): number {
  const trials = Number(text);
  if (!Number.isInteger(trials) || trials < 1) {
    throw new LabError(`${option} ${text} is not a whole number of 1 or more`);
  }
  return trials;
}
