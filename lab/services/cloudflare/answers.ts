import { type Answer, Refusal } from "../http";

interface ApiError {
  readonly code: number;
  readonly message: string;
}

/** A refusal in Cloudflare's format: HTTP status, error code and message, and the chain of causes. */
export function refusal(status: number, code: number, message: string, chain: readonly ApiError[] = []): Refusal {
  const error = { code, message, ...(chain.length > 0 ? { error_chain: chain } : {}) };
  return new Refusal(status, { result: null, success: false, errors: [error], messages: [] });
}

export function result(value: unknown): Answer {
  return { status: 200, body: { result: value, success: true, errors: [], messages: [] } };
}
