import type { Trial } from "../trial";
export function htmlReport(trials: readonly Trial[]): string {
  return `<pre>${trials.length}</pre>`;
}
