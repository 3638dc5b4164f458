import { type Fault, defaultBound } from "./faults/fault";
import { blackoutOf, throughout } from "./measure";
import type { Trial } from "./trial";

/** The violations of a fault's bounds in a trial, a sentence each. All other figures are for a person to judge. */
export function violations(
  { stays = false, moves: hasToMove = false, bound = defaultBound }: Pick<Fault, "stays" | "moves" | "bound">,
  trial: Pick<Trial, "during" | "after" | "lost">,
): string[] {
  const { lost } = trial;
  const moves = throughout(trial, (measured) => measured.moves);
  const blackout = blackoutOf(trial);
  const onNodes = throughout(trial, (measured) => measured.node.failed);
  return [
    ...(lost > 0 ? [`acknowledged writes that are lost: ${lost}`] : []),
    ...(stays && moves > 0 ? [`moves of the virtual IP without a reason: ${moves}`] : []),
    ...(hasToMove && trial.during.moves === 0 ? ["the virtual IP did not move, so the drill tested nothing"] : []),
    ...(onNodes > 0 ? [`failed requests by the name on the nodes: ${onNodes}`] : []),
    ...(blackout > bound
      ? [`new connections failed for ${Math.round(blackout)} ms; the bound of this fault is ${bound} ms`]
      : []),
  ];
}
