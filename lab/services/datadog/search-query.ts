import { z } from "zod";
import { logFilter } from "./engine";

/** A text that the log search can read. */
export function searchQuery() {
  return z.string().check((context) => {
    try {
      logFilter(context.value);
    } catch (error) {
      const message = `cannot be read: ${(error as Error).message}`;
      context.issues.push({ code: "custom", input: context.value, message });
    }
  });
}
