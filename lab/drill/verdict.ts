import { type Fault, usualBound } from "./faults/fault";
import { throughout } from "./measure";
import type { Trial } from "./trial";

/** What must never be, and was: a sentence for each. How long other things took is for a person to judge. */
export function brokenPromises(
  { stays = false, bound = usualBound }: Pick<Fault, "stays" | "bound">,
  trial: Pick<Trial, "during" | "after" | "lost">,
): string[] {
  const { lost, during, after } = trial;
  const moves = throughout(trial, (measured) => measured.moves);
  const blackout = Math.max(during.connect.blackout, after?.connect.blackout ?? 0);
  return [
    ...(lost > 0 ? [`acknowledged writes that are gone: ${lost}`] : []),
    ...(stays && moves > 0 ? [`moves of the virtual IP, for which there was no reason: ${moves}`] : []),
    ...(blackout > bound
      ? [`new connections failed for ${Math.round(blackout)} ms; the bound of this fault is ${bound} ms`]
      : []),
  ];
}
