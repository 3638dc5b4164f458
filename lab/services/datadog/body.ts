import type { z } from "zod";
import { plainRefusal, zodDetails } from "./refusal";

/** A request's body by its schema, or a refusal in the envelope that most of Datadog's API has. */
export function bodyOf<T extends z.ZodType>(schema: T, body: Buffer, refused: string): z.output<T> {
  const parsed = schema.safeParse(json(body));
  if (!parsed.success) {
    throw plainRefusal(400, ...zodDetails(parsed.error).map((detail) => `${refused}: ${detail}`));
  }
  return parsed.data;
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch {
    throw plainRefusal(400, "Invalid JSON structure");
  }
}
