import type { Fault } from "./faults";
import { throughout } from "./measure";
import type { Trial } from "./trial";

/** What must never be, and was: a sentence for each. How long things took is for a person to judge. */
export function brokenPromises(
  { stays = false }: Pick<Fault, "stays">,
  trial: Pick<Trial, "during" | "after" | "lost">,
): string[] {
  const { lost } = trial;
  const moves = throughout(trial, (measured) => measured.moves);
  return [
    ...(lost > 0 ? [`acknowledged writes that are gone: ${lost}`] : []),
    ...(stays && moves > 0 ? [`moves of the virtual IP, for which there was no reason: ${moves}`] : []),
  ];
}
