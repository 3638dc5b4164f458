import { CharSet } from "../regex/char-set";
import { Run } from "../regex/run";

/* eslint-disable @typescript-eslint/unbound-method -- called with their own `this` below */
const match = Run.prototype.match;
const has = CharSet.prototype.has;
/* eslint-enable @typescript-eslint/unbound-method */

/** Steps of the matcher during a call. Unlike the time, they are the same on each machine. */
export function stepsOf(call: () => unknown): number {
  const runs = new Set<Run>();
  const watched = jest.spyOn(Run.prototype, "match").mockImplementation(function (this: Run, ...args) {
    runs.add(this);
    return match.apply(this, args);
  });
  try {
    call();
  } finally {
    watched.mockRestore();
  }
  return [...runs].reduce((sum, run) => sum + run.steps, 0);
}

/** Comparisons of a character with a set during a call: most of the work of a filter that scans a text itself. */
export function comparisonsOf(call: () => unknown): number {
  let count = 0;
  const watched = jest.spyOn(CharSet.prototype, "has").mockImplementation(function (this: CharSet, code) {
    count++;
    return has.call(this, code);
  });
  try {
    call();
  } finally {
    watched.mockRestore();
  }
  return count;
}
