import { setTimeout as pause } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";

/** Something that exists in Datadog, with the text that identifies its stack. */
export interface Existing {
  readonly id: string;
  readonly name: string;
  /** The search, or the description of a dashboard. */
  readonly about: string;
  /** The description of a pipeline. */
  readonly description?: string;
}

export const kinds = ["pipelines", "metrics", "monitors", "dashboards"] as const;
export type Kind = (typeof kinds)[number];

/** A kind could not be listed. */
export class ListError extends Error {
  /** @param status HTTP status; undefined if there was no answer */
  constructor(
    message: string,
    readonly status?: number,
  ) {
    super(message);
  }
}

/** What exists of each kind that was listed, or why it could not be listed. */
export type ExistingByKind = Readonly<Partial<Record<Kind, readonly Existing[] | ListError>>>;

export interface DatadogAccess {
  /** Only monitors with this tag are listed. An organisation can have thousands of others. */
  readonly tag: string;
  readonly apiUrl: string;
  readonly apiKey: pulumi.Input<string>;
  readonly appKey: pulumi.Input<string>;
  /**
   * Milliseconds for which a request is retried if Datadog limits the rate, fails or is unreachable.
   *
   * @default 60000
   */
  readonly retryFor?: number;
}

/** Dashboards per request. */
const pageSize = 100;
/** Limit, in case the list does not end. */
const mostPages = 100;

/** Lists what exists in Datadog of these kinds. */
export async function existingInDatadog(access: DatadogAccess, listed: readonly Kind[]): Promise<ExistingByKind> {
  const keys = await new Promise<readonly [string, string]>((resolve) =>
    pulumi.all([access.apiKey, access.appKey]).apply(([apiKey, appKey]) => resolve([apiKey, appKey])),
  );
  const until = Date.now() + (access.retryFor ?? 60_000);
  const get = (path: string) => retrying(() => getJson(access.apiUrl, path, keys), until);
  const existing: Partial<Record<Kind, readonly Existing[] | ListError>> = {};
  const settle = async (kind: Kind) => {
    existing[kind] = await list[kind](get, access.tag).catch((error: unknown) =>
      error instanceof ListError ? error : new ListError((error as Error).message),
    );
  };
  await Promise.all(listed.map(settle));
  return existing;
}

type Get = (path: string) => Promise<unknown>;

interface Answers {
  readonly pipelines: readonly {
    readonly id: string;
    readonly name: string;
    readonly description?: string | null;
    readonly filter?: { readonly query?: string };
  }[];
  readonly metrics: {
    readonly data: readonly { readonly id: string; readonly attributes: { readonly filter?: { query?: string } } }[];
  };
  readonly monitors: readonly { readonly id: number; readonly name: string; readonly query: string }[];
  readonly dashboards: {
    readonly dashboards?: readonly {
      readonly id: string;
      readonly title: string;
      readonly description?: string | null;
    }[];
  };
}

const list: Record<Kind, (get: Get, tag: string) => Promise<readonly Existing[]>> = {
  async pipelines(get) {
    const listed = (await get("/api/v1/logs/config/pipelines")) as Answers["pipelines"];
    return listed.map(({ id, name, filter, description }) => ({
      id,
      name,
      about: filter?.query ?? "",
      description: description ?? "",
    }));
  },
  async metrics(get) {
    const { data } = (await get("/api/v2/logs/config/metrics")) as Answers["metrics"];
    return data.map(({ id, attributes }) => ({ id, name: id, about: attributes.filter?.query ?? "" }));
  },
  async monitors(get, tag) {
    const listed = (await get(`/api/v1/monitor?monitor_tags=${encodeURIComponent(tag)}`)) as Answers["monitors"];
    return listed.map(({ id, name, query }) => ({ id: String(id), name, about: query }));
  },
  async dashboards(get) {
    const found: Existing[] = [];
    for (let start = 0; start < mostPages * pageSize; start += pageSize) {
      const path = `/api/v1/dashboard?count=${pageSize}&start=${start}`;
      const { dashboards: listed = [] } = (await get(path)) as Answers["dashboards"];
      found.push(...listed.map(({ id, title, description }) => ({ id, name: title, about: description ?? "" })));
      if (listed.length < pageSize) break;
    }
    return found;
  },
};

/** An error that may not occur again soon. */
class RetryableError extends ListError {
  /** @param wait milliseconds to wait, as Datadog asks */
  constructor(
    message: string,
    status?: number,
    readonly wait = 0,
  ) {
    super(message, status);
  }
}

async function getJson(apiUrl: string, path: string, [apiKey, appKey]: readonly [string, string]): Promise<unknown> {
  const request = `GET ${path}`;
  let answer: Response;
  try {
    answer = await fetch(`${apiUrl.replace(/\/+$/, "")}${path}`, {
      headers: { "dd-api-key": apiKey, "dd-application-key": appKey },
      signal: AbortSignal.timeout(10_000),
    });
    if (answer.ok) return await answer.json();
  } catch (error) {
    const { message, cause } = error as Error & { readonly cause?: { readonly code?: string } };
    throw new RetryableError(`${request}: ${cause?.code === undefined ? message : `${message} (${cause.code})`}`);
  }
  const message = `${request}: status ${answer.status}`;
  throw answer.status === 429 || answer.status >= 500
    ? new RetryableError(message, answer.status, askedWait(answer.headers))
    : new ListError(message, answer.status);
}

/** Milliseconds to wait. `Retry-After` is in seconds or a date, Datadog's `X-RateLimit-Reset` is in seconds. */
function askedWait(headers: Headers): number {
  const given = headers.get("retry-after") ?? headers.get("x-ratelimit-reset") ?? "";
  const wait = /^\d+$/.test(given) ? Number(given) * 1000 : Date.parse(given) - Date.now();
  return Number.isNaN(wait) ? 0 : wait;
}

/** Retries with growing pauses while the error is retryable and the next pause ends in time. */
async function retrying<T>(request: () => Promise<T>, until: number): Promise<T> {
  for (let least = 1000; ; least *= 2) {
    try {
      return await request();
    } catch (error) {
      const wait = error instanceof RetryableError ? Math.max(least, error.wait) : Infinity;
      if (Date.now() + wait > until) throw error;
      await pause(wait);
    }
  }
}
