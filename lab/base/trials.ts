import { LabError } from "./error";

/**
 * How often something is to be measured, as `--trials` says.
 *
 * @throws LabError where that is not a whole number from 1 on
 */
export function trialsOf(text: string): number {
  const trials = Number(text);
  if (!Number.isInteger(trials) || trials < 1) {
    throw new LabError(`--trials ${text}: give a whole number, 1 or more`);
  }
  return trials;
}
