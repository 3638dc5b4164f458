import type * as cloudflare from "cloudflare";

/** What every dynamic provider here needs to reach the zone. */
export interface ZoneAccess {
  readonly apiToken: string;
  /** Base of the API; empty: Cloudflare's own. */
  readonly baseUrl: string;
  readonly zoneId: string;
}

/** A record as the API shows it, as far as it is compared. */
export interface LiveRecord {
  readonly id: string;
  readonly type: string;
  readonly content: string;
  readonly ttl: number;
  readonly comment: string;
  readonly proxied: boolean;
}

// The functions below are part of dynamic providers: Pulumi freezes their text into the state and runs it in a process
// of its own. So they take what they need by `require` when they run, and capture nothing but each other.

/** The official client. */
export function connect(access: ZoneAccess) {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { Cloudflare } = require("cloudflare") as typeof cloudflare;
  return new Cloudflare({
    apiToken: access.apiToken,
    // not those that the environment may hold for something else
    apiKey: null,
    apiEmail: null,
    userServiceKey: null,
    baseURL: access.baseUrl === "" ? undefined : access.baseUrl,
    maxRetries: 4,
    timeout: 20_000,
  });
}

/** The fields that are compared, from what the API returned. */
export function live(record: unknown): LiveRecord {
  const { id, type, content, ttl, comment, proxied } = record as Partial<Record<keyof LiveRecord, unknown>>;
  return {
    id: String(id),
    type: String(type),
    content: String(content),
    ttl: Number(ttl),
    comment: typeof comment === "string" ? comment : "",
    proxied: proxied === true,
  };
}

export function isGone(error: unknown): boolean {
  return (error as { status?: number }).status === 404;
}

/** A failed call in words: the API's own, with what it was about. */
export function explain(what: string, error: unknown): Error {
  const { status, message } = error as { status?: number; message?: string };
  const advice =
    status === 401 || status === 403
      ? " The token needs the permission to edit DNS in this zone: set it with `pulumi config set --secret kube-control:cloudflareApiToken`."
      : "";
  return new Error(`${what}: Cloudflare says ${message ?? String(error)}.${advice}`);
}
