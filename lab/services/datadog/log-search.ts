import { z } from "zod";
import { type LogFilter, logFilter } from "./engine";
import type { StoredLog } from "./log-store";
import { plainRefusal, zodDetails } from "./refusal";
import { timeOf } from "./time-range";

/** Which logs are searched. */
export const filter = z.strictObject({
  query: z.string().default("*"),
  from: z.string().default("now-15m"),
  to: z.string().default("now"),
  indexes: z.array(z.string()).default(["*"]),
  storage_tier: z.enum(["indexes", "online-archives", "flex"]).optional(),
});

/** The logs that a filter finds, in the order in which they came. */
export function findLogs(
  logs: readonly StoredLog[],
  { query, from, to }: Pick<z.output<typeof filter>, "query" | "from" | "to">,
  now: number,
): StoredLog[] {
  const [begin, end] = [timeOf(from, now), timeOf(to, now)];
  let matches: LogFilter;
  try {
    matches = logFilter(query);
  } catch (error) {
    throw plainRefusal(400, `invalid_argument(Query syntax error: ${(error as Error).message})`);
  }
  return logs.filter((log) => log.timestamp >= begin && log.timestamp <= end && matches(log));
}

/** A search's parameters by their schema, or a refusal in the search API's words. */
export function parameters<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    throw plainRefusal(400, ...zodDetails(parsed.error).map((detail) => `invalid_argument(${detail})`));
  }
  return parsed.data;
}
