import { setTimeout as sleep } from "node:timers/promises";
import { Refusal } from "../protocol/refusal";
import type { Properties } from "../protocol/value";

/** How Datadog's API is reached, and as whom. */
export interface Account {
  readonly apiKey: string;
  readonly appKey: string;
  /** Scheme and host; a path is ignored. */
  readonly apiUrl: string;
  /** How often a request is sent again after a status of 429 or of 500 and above. */
  readonly retries: number;
}

/** Datadog's API for an account. Nothing is dialled before its first request. */
export class DatadogClient {
  private lastChange: Promise<unknown> = Promise.resolve();

  constructor(private readonly account: Account) {}

  /** Sends a request of JSON and returns the answer's. Changes go one after the other: Datadog refuses them at the same time. */
  send(method: string, path: string, signal: AbortSignal, body?: object): Promise<Properties> {
    const { apiKey, appKey } = this.account;
    const headers = { "content-type": "application/json", "dd-api-key": apiKey, "dd-application-key": appKey };
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
      const response = await fetch(new URL(path, this.account.apiUrl), request);
      const { ok, status, headers } = response;
      const answer = await response.text();
      if (ok) {
        return (answer === "" ? {} : JSON.parse(answer)) as Properties;
      }
      if (tries === this.account.retries || (status !== 429 && status < 500)) {
        throw new Refusal(status, [status, ...sentences(answer)].join(": "));
      }
      // As the official plugin: 2, 4, 8 seconds, unless the API says when to come again.
      const seconds = Number(headers.get("x-ratelimit-reset")) || 2 ** (tries + 1);
      await sleep(seconds * 1000, undefined, { signal: request.signal });
    }
  }
}

/** The sentences of a refusal, whose shape depends on the endpoint. */
function sentences(body: string): string[] {
  try {
    const { errors, error } = JSON.parse(body) as {
      errors?: string[];
      error?: { message: string; details?: { message: string }[] };
    };
    return errors ?? (error === undefined ? [body] : [error, ...(error.details ?? [])].map(({ message }) => message));
  } catch {
    return [body];
  }
}
