import type { Machine } from "../../bench/results";

/** A machine for reports. */
export const aMachine: Machine = {
  kernel: "Linux 6.1",
  processor: "a | b",
  cores: 2,
  memoryGiB: 8,
  node: "v20.0.0",
};
