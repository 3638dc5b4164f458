import { setTimeout as pause } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";

/** A thing that Datadog has: its id, and what it is known by as a certain stack's. */
export interface Held {
  readonly id: string;
  readonly name: string;
  /** Its search, or a dashboard's description. */
  readonly about: string;
  /** A pipeline's description. */
  readonly description?: string;
}

export const kinds = ["pipelines", "metrics", "monitors", "dashboards"] as const;
export type Kind = (typeof kinds)[number];

/** Why Datadog does not tell what it has of a kind. */
export class Unread extends Error {
  /** @param status of Datadog's answer; undefined where there was none */
  constructor(
    message: string,
    readonly status?: number,
  ) {
    super(message);
  }
}

/** What Datadog has of each kind that was asked for, each answered for itself. */
export type HeldByDatadog = Readonly<Partial<Record<Kind, readonly Held[] | Unread>>>;

export interface DatadogAccess {
  /** A tag of the monitors that matter: an organisation may have thousands of others. */
  readonly tag: string;
  readonly apiUrl: string;
  readonly apiKey: pulumi.Input<string>;
  readonly appKey: pulumi.Input<string>;
  /** Milliseconds in which a list is asked for again where Datadog is busy, failing or out of reach. Default a minute. */
  readonly patience?: number;
}

/** Dashboards that Datadog lists at once, at most. */
const page = 100;
/** Where it lists no end of them, something is wrong. */
const mostPages = 100;

/** Asks Datadog what it has of some kinds. */
export async function heldByDatadog(access: DatadogAccess, asked: readonly Kind[]): Promise<HeldByDatadog> {
  const keys = await new Promise<readonly [string, string]>((resolve) =>
    pulumi.all([access.apiKey, access.appKey]).apply(([apiKey, appKey]) => resolve([apiKey, appKey])),
  );
  const until = Date.now() + (access.patience ?? 60_000);
  const get = (path: string) => patiently(() => answerOf(access.apiUrl, path, keys), until);
  const held: Partial<Record<Kind, readonly Held[] | Unread>> = {};
  const settle = async (kind: Kind) => {
    held[kind] = await list[kind](get, access.tag).catch((error: unknown) =>
      error instanceof Unread ? error : new Unread((error as Error).message),
    );
  };
  await Promise.all(asked.map(settle));
  return held;
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

const list: Record<Kind, (get: Get, tag: string) => Promise<readonly Held[]>> = {
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
    const found: Held[] = [];
    for (let start = 0; start < mostPages * page; start += page) {
      const path = `/api/v1/dashboard?count=${page}&start=${start}`;
      const { dashboards: listed = [] } = (await get(path)) as Answers["dashboards"];
      found.push(...listed.map(({ id, title, description }) => ({ id, name: title, about: description ?? "" })));
      if (listed.length < page) break;
    }
    return found;
  },
};

/** An answer that may be another one soon. */
class NotNow extends Unread {
  /** @param wait milliseconds that Datadog asks to wait for */
  constructor(
    message: string,
    status?: number,
    readonly wait = 0,
  ) {
    super(message, status);
  }
}

async function answerOf(apiUrl: string, path: string, [apiKey, appKey]: readonly [string, string]): Promise<unknown> {
  const called = `GET ${path}`;
  let answer: Response;
  try {
    answer = await fetch(`${apiUrl.replace(/\/+$/, "")}${path}`, {
      headers: { "dd-api-key": apiKey, "dd-application-key": appKey },
      signal: AbortSignal.timeout(10_000),
    });
    if (answer.ok) return await answer.json();
  } catch (error) {
    const { message, cause } = error as Error & { readonly cause?: { readonly code?: string } };
    throw new NotNow(`${called}: ${cause?.code === undefined ? message : `${message} (${cause.code})`}`);
  }
  const said = `${called} answers ${answer.status}`;
  throw answer.status === 429 || answer.status >= 500
    ? new NotNow(said, answer.status, askedWait(answer.headers))
    : new Unread(said, answer.status);
}

/** Milliseconds. `Retry-After` holds seconds or a date, Datadog's `X-RateLimit-Reset` seconds. */
function askedWait(headers: Headers): number {
  const given = headers.get("retry-after") ?? headers.get("x-ratelimit-reset") ?? "";
  const wait = /^\d+$/.test(given) ? Number(given) * 1000 : Date.parse(given) - Date.now();
  return Number.isNaN(wait) ? 0 : wait;
}

/** Asks again, with growing pauses, as long as the answer may change and the next pause ends in time. */
async function patiently<T>(ask: () => Promise<T>, until: number): Promise<T> {
  for (let least = 1000; ; least *= 2) {
    try {
      return await ask();
    } catch (error) {
      const wait = error instanceof NotNow ? Math.max(least, error.wait) : Infinity;
      if (Date.now() + wait > until) throw error;
      await pause(wait);
    }
  }
}
