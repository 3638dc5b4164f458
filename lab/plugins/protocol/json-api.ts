import { setTimeout as sleep } from "node:timers/promises";
import { Refusal } from "./refusal";
import type { Properties } from "./value";

/** A vendor's API that speaks JSON. Nothing is dialled before its first request. */
export class JsonApi {
  private lastChange: Promise<unknown> = Promise.resolve();

  /**
   * @param url what the paths of requests are appended to
   * @param headers of each request: they say who asks
   * @param retries how often a request is sent again after a status of 429 or of 500 and above
   */
  constructor(
    private readonly url: string,
    private readonly headers: Readonly<Record<string, string>>,
    private readonly retries: number,
  ) {}

  /** Sends a request of JSON and returns the answer's. Changes go one after the other: Datadog refuses them at the same time. */
  send(method: string, path: string, signal: AbortSignal, body?: object): Promise<Properties> {
    const headers = { "content-type": "application/json", ...this.headers };
    const request = { method, headers, signal, body: body === undefined ? null : JSON.stringify(body) };
    if (method === "GET") {
      return this.patiently(path, request);
    }
    const mine = this.lastChange.then(() => this.patiently(path, request));
    this.lastChange = mine.catch(() => undefined);
    return mine;
  }

  private async patiently(path: string, request: RequestInit & { signal: AbortSignal }): Promise<Properties> {
    for (let tries = 0; ; tries++) {
      const response = await fetch(`${this.url}${path}`, request);
      const { ok, status, headers } = response;
      const answer = await response.text();
      if (ok) {
        return (answer === "" ? {} : JSON.parse(answer)) as Properties;
      }
      if (tries === this.retries || (status !== 429 && status < 500)) {
        throw new Refusal(status, [status, ...sentences(answer)].join(": "));
      }
      // As the official plugin of Datadog: 2, 4, 8 seconds, unless the API says when to come again.
      const seconds = Number(headers.get("x-ratelimit-reset")) || 2 ** (tries + 1);
      await sleep(seconds * 1000, undefined, { signal: request.signal });
    }
  }
}

interface Complaint {
  readonly code?: number;
  readonly message: string;
}

/** The sentences of a refusal, whose shape depends on the vendor and the endpoint. */
function sentences(body: string): string[] {
  const worded = ({ code, message }: Complaint) => (code === undefined ? message : `${code}: ${message}`);
  try {
    const { errors, error } = JSON.parse(body) as {
      errors?: (string | Complaint)[];
      error?: { message: string; details?: { message: string }[] };
    };
    const all =
      errors ?? (error === undefined ? [body] : [error, ...(error.details ?? [])].map(({ message }) => message));
    return all.map((one) => (typeof one === "string" ? one : worded(one)));
  } catch {
    return [body];
  }
}
