import type { z } from "zod";
import { type Call, jsonOf, Refusal } from "../http";

/** `{"errors": ["Forbidden"]}`: the error format of most of Datadog's API. */
export function refusal(status: number, ...errors: string[]): Refusal {
  return new Refusal(status, { errors });
}

/** `{"error": {code, message, details}}`: the error format of the logs configuration API. */
export function logsRefusal(status: number, message: string, details: readonly string[] = []): Refusal {
  const code = "InvalidArgument";
  return new Refusal(status, { error: { code, message, details: details.map((text) => ({ code, message: text })) } });
}

/** A call's body as JSON. */
export function bodyOf(call: Call): unknown {
  return jsonOf(call, refusal(400, "the body is no JSON"));
}

/** Parses a value with a schema. A refusal begins with `what`: `Invalid monitor: options.thresholds: …`. */
export function parsed<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const { success, data, error } = schema.safeParse(value);
  if (!success) {
    const wrong = error.issues.map(({ path, message }) => `${path.map(String).join(".") || "body"}: ${message}`);
    throw refusal(400, ...wrong.map((detail) => `${what}: ${detail}`));
  }
  return data;
}
