export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** The full names of the tests that were skipped. */
  readonly skipped: readonly string[];
}

export const none: Tally = { passed: 0, failed: 0, skipped: [] };

export function sum(one: Tally, other: Tally): Tally {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: [...one.skipped, ...other.skipped],
  };
}
