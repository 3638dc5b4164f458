import { type Answer, Refusal } from "../http";

/** A refusal in Cloudflare's envelope: HTTP status, its code and its message. */
export function refusal(status: number, code: number, message: string): Refusal {
  return new Refusal(status, { result: null, success: false, errors: [{ code, message }], messages: [] });
}

export function result(value: unknown): Answer {
  return { status: 200, body: { result: value, success: true, errors: [], messages: [] } };
}
