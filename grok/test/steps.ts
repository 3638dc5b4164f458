import { CharSet } from "../regex/char-set";
import { Run } from "../regex/run";

/* eslint-disable @typescript-eslint/unbound-method -- called with their own `this` below */
const match = Run.prototype.match;
const has = CharSet.prototype.has;
/* eslint-enable @typescript-eslint/unbound-method */

/** Steps that the matcher takes for what is called; time is made of them, but is another on each machine. */
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

/** Characters that are compared with a set of them for what is called: what a filter that scans by hand does most. */
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
