import { setTimeout as sleep } from "node:timers/promises";
import { Refusal } from "./refusal";
import type { Properties } from "./value";

/** A client of a vendor's JSON API. It opens no connection before the first request. */
export class JsonApi {
  private lastChange: Promise<unknown> = Promise.resolve();

  /**
   * @param url prefix of the requests' paths
   * @param headers headers of each request, with the credentials
   * @param retries how often a request is repeated after status 429, or 500 and above
   */
  constructor(
    private readonly url: string,
    private readonly headers: Readonly<Record<string, string>>,
    private readonly retries: number,
  ) {}

  /** Sends a JSON request and returns the JSON response. Sends one change at a time: Datadog refuses concurrent ones. */
  send(method: string, path: string, signal: AbortSignal, body?: object): Promise<Properties> {
    const headers = { "content-type": "application/json", ...this.headers };
    const request = { method, headers, signal, body: body === undefined ? null : JSON.stringify(body) };
    if (method === "GET") {
      return this.sendWithRetries(path, request);
    }
    const mine = this.lastChange.then(() => this.sendWithRetries(path, request));
    this.lastChange = mine.catch(() => undefined);
    return mine;
  }

  private async sendWithRetries(path: string, request: RequestInit & { signal: AbortSignal }): Promise<Properties> {
    for (let tries = 0; ; tries++) {
      const response = await fetch(`${this.url}${path}`, request);
      const { ok, status, headers } = response;
      const answer = await response.text();
      if (ok) {
        return (answer === "" ? {} : JSON.parse(answer)) as Properties;
      }
      if (tries === this.retries || (status !== 429 && status < 500)) {
        throw new Refusal(status, [status, ...messagesOf(answer)].join(": "));
      }
      // As in the official Datadog plugin: 2, 4, 8 seconds, unless the API names a time.
      const seconds = Number(headers.get("x-ratelimit-reset")) || 2 ** (tries + 1);
      await sleep(seconds * 1000, undefined, { signal: request.signal });
    }
  }
}

interface Complaint {
  readonly code?: number;
  readonly message: string;
}

/** The messages of a refusal. Their format depends on the vendor and the endpoint. */
function messagesOf(body: string): string[] {
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
