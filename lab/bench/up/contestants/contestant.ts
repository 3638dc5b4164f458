import type { Report } from "../../../base/progress";

/** One way to bring the stack about, from hosts as they were raised. */
export interface Contestant {
  readonly name: string;
  /** What is not measured: downloads, files that a user would have already. */
  readonly prepare: (report: Report) => Promise<void>;
  /** The whole stack, from nothing. This is what is measured. */
  readonly build: (report: Report) => Promise<void>;
  /**
   * The same again, with nothing to change; also measured. Fails where something was changed.
   * Undefined where there is no such thing: bare commands do not look.
   */
  readonly again?: (report: Report) => Promise<void>;
}

/** Seconds that it takes, on a clock that nobody sets. */
export async function timed(what: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await what();
  return (performance.now() - begin) / 1000;
}
