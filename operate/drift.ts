import type { Finding } from "./finding";
import type { Reading } from "./view";

/**
 * How a host differs from what the last `up` made of it. Nothing compares hosts yet: it finds nothing, and the subject is not
 * shown. The results of the steps' checks belong here.
 */
export function driftOf(_reading: Reading): readonly Finding[] {
  return [];
}
