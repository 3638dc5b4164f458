import type { Settings } from "./settings/schema";

export type * from "./settings/schema";

/** Reads and checks the stack's configuration. @throws UserError that lists every mistake. */
export function loadSettings(): Settings {
  throw new Error("not written yet");
}
