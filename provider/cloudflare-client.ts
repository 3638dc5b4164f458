/** What a resource needs to access the zone. */
export interface ZoneAccess {
  readonly apiToken: string;
  /** Base URL of the API; empty: Cloudflare's own. */
  readonly baseUrl: string;
  readonly zoneId: string;
}

/** The fields of a record that are compared, as the API returns them. */
export interface LiveRecord {
  readonly id: string;
  readonly type: string;
  readonly content: string;
  readonly ttl: number;
  readonly comment: string;
  readonly proxied: boolean;
}

/** Creates Cloudflare's official client. It is loaded here, because most runs of the provider do not need it. */
export async function connect(access: ZoneAccess) {
  const { Cloudflare } = await import("cloudflare");
  return new Cloudflare({
    apiToken: access.apiToken,
    // ignore the environment, which may contain credentials for another purpose
    apiKey: null,
    apiEmail: null,
    userServiceKey: null,
    baseURL: access.baseUrl === "" ? undefined : access.baseUrl,
    maxRetries: 4,
    timeout: 20_000,
  });
}

/** The request that creates or changes the record of the control plane's name. */
export function recordAt(
  address: string,
  { zoneId, fqdn, ttl, comment }: { zoneId: string; fqdn: string; ttl: number; comment: string },
) {
  return { zone_id: zoneId, type: "A" as const, name: fqdn, content: address, ttl, comment, proxied: false };
}

/** Reads the compared fields from a record that the API returned. */
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

/** Cloudflare's errors in an answer, including those in the `error_chain` of another error. */
function errorsIn(error: unknown): { code: number; message: string }[] {
  const { errors } = error as { errors?: unknown };
  const each = (one: unknown): { code: number; message: string }[] => {
    const { code, message, error_chain: chain } = one as { code?: unknown; message?: unknown; error_chain?: unknown };
    return [{ code: Number(code), message: String(message) }, ...(Array.isArray(chain) ? chain.flatMap(each) : [])];
  };
  return Array.isArray(errors) ? errors.flatMap(each) : [];
}

/** Whether the record does not exist. Cloudflare also answers 404 if the zone does not exist, which does not count. */
export function isGone(error: unknown): boolean {
  return (
    (error as { status?: number }).status === 404 && !errorsIn(error).some(({ code }) => code === 7000 || code === 7003)
  );
}

/** Whether a record was not created because the name already has it, or has a record that conflicts with it. */
export function isTaken(error: unknown): boolean {
  return errorsIn(error).some(({ code }) => [81053, 81057, 81058].includes(code));
}

/** What to do about a failed call; empty if nothing is known beyond the API's message. */
function adviceFor(error: unknown): string {
  const { status } = error as { status?: number };
  const has = (...codes: number[]) => errorsIn(error).some(({ code }) => codes.includes(code));
  const set = "`pulumi config set --secret kube-control:cloudflareApiToken`";
  if (has(6003, 6103, 6111)) {
    return `This is not an API token: it may be a Global API Key, cut off, or pasted with something else. Create a token that may edit DNS in this zone, and set it with ${set}.`;
  }
  if (has(7000, 7003)) {
    return "There is no such zone: correct kube-control:endpoint.cloudflare.zoneId, which the zone's overview page in Cloudflare's dashboard shows.";
  }
  if (has(9109)) {
    return `The token is unknown or has expired, may not be used from this machine's address (its client IP filter), or lacks the permission Zone.DNS Edit on the zone that kube-control:endpoint.cloudflare.zoneId names: look at it in Cloudflare's dashboard, or create a new token and set it with ${set}.`;
  }
  if (has(9103, 9106, 9107, 10000, 10001) || status === 401 || status === 403) {
    return `The token needs the permission to edit DNS in this zone, which kube-control:endpoint.cloudflare.zoneId names: set it with ${set}.`;
  }
  return status === 429 ? "Cloudflare limits the rate of calls: wait five minutes, then run the command again." : "";
}

/** The error of a failed call: what the call was for, the API's message, and what to do. */
export function explain(what: string, error: unknown): Error {
  const { status, message = String(error) } = error as { status?: number; message?: string };
  const own = errorsIn(error).map((one) => `${one.message.replace(/\.$/, "")} (${one.code})`);
  const advice = adviceFor(error);
  return new Error(
    `${what} failed at Cloudflare: ${own.length === 0 ? message : `${status} ${own.join(": ")}`}.${advice === "" ? "" : `\n  ${advice}`}`,
  );
}
