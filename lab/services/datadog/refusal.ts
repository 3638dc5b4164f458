import type { z } from "zod";
import type { Answer } from "../http";

interface LogsApiError {
  readonly code: string;
  readonly message: string;
  readonly details?: readonly LogsApiError[];
}

/** A refusal in the words of one of Datadog's APIs. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: unknown,
  ) {
    super(JSON.stringify(body));
  }

  answer(): Answer {
    return { status: this.status, body: this.body };
  }
}

/** `{"errors": ["Forbidden"]}`: the envelope that most of the API refuses with. */
export function plainRefusal(status: number, ...errors: string[]): Refusal {
  return new Refusal(status, { errors });
}

/** `{"error": {code, message, details}}`: the envelope of the logs configuration API. */
export function logsRefusal(status: number, code: string, message: string, details?: readonly string[]): Refusal {
  const error: LogsApiError = {
    code,
    message,
    ...(details ? { details: details.map((text) => ({ code, message: text })) } : {}),
  };
  return new Refusal(status, { error });
}

/** `{"errors": [{status, title, detail}]}`: the envelope of the logs intake. */
export function intakeRefusal(status: number, title: string, detail: string): Refusal {
  return new Refusal(status, { errors: [{ status: String(status), title, detail }] });
}

/** What is wrong with a body, one line each: where, and what. */
export function zodDetails(error: z.ZodError): string[] {
  return error.issues.map((issue) => `${issue.path.map(String).join(".") || "body"}: ${issue.message}`);
}

export async function answering(work: () => Promise<Answer> | Answer): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) {
      return error.answer();
    }
    throw error;
  }
}
