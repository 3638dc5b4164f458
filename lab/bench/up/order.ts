/**
 * The order of the contestants in a trial: it rotates, so that each comes first, in the middle and last, and what drifts on
 * the machine meets all of them alike.
 */
export function orderOf<T>(contestants: readonly T[], trial: number): T[] {
  const from = contestants.length === 0 ? 0 : trial % contestants.length;
  return [...contestants.slice(from), ...contestants.slice(0, from)];
}
