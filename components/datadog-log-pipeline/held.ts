import * as pulumi from "@pulumi/pulumi";

/** A thing that Datadog has: its id, and what it is known by as a certain stack's (its query, or its description). */
export interface Held {
  readonly id: string;
  readonly name: string;
  readonly about: string;
}

/** What Datadog has of each kind. */
export type HeldByDatadog = Readonly<Record<"pipelines" | "metrics" | "monitors" | "dashboards", readonly Held[]>>;

export const nothingHeld: HeldByDatadog = { pipelines: [], metrics: [], monitors: [], dashboards: [] };

export interface DatadogAccess {
  /** A tag of the monitors that matter: an organisation may have thousands of others. */
  readonly tag: string;
  readonly apiUrl: string;
  readonly apiKey: pulumi.Input<string>;
  readonly appKey: pulumi.Input<string>;
}

/** Dashboards that Datadog lists at once, at most. */
const page = 100;
/** Where it lists no end of them, something is wrong. */
const mostPages = 100;

/**
 * Asks Datadog at `up` what it has, so that what an earlier run made and could not note is adopted. A preview asks nobody. Where
 * Datadog does not answer, nothing is adopted, and a warning says so: nothing else of the stack depends on it.
 */
export async function heldByDatadog(access: DatadogAccess): Promise<HeldByDatadog> {
  if (pulumi.runtime.isDryRun()) {
    return nothingHeld;
  }
  const keys = await new Promise<readonly [string, string]>((resolve) =>
    pulumi.all([access.apiKey, access.appKey]).apply(([apiKey, appKey]) => resolve([apiKey, appKey])),
  );
  try {
    return await ask(access, keys);
  } catch (error) {
    void pulumi.log.warn(
      `Datadog does not say what it has already (${(error as Error).message}): what an earlier run has made there, and did not ` +
        "note, is not adopted.",
    );
    return nothingHeld;
  }
}

interface Answers {
  readonly pipelines: readonly { id: string; name: string; filter?: { query?: string } }[];
  readonly metrics: { readonly data: readonly { id: string; attributes: { filter?: { query?: string } } }[] };
  readonly monitors: readonly { id: number; name: string; query: string }[];
  readonly dashboards: { readonly dashboards?: readonly { id: string; title: string; description?: string | null }[] };
}

async function ask(
  { apiUrl, tag }: DatadogAccess,
  [apiKey, appKey]: readonly [string, string],
): Promise<HeldByDatadog> {
  const get = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${apiUrl.replace(/\/+$/, "")}${path}`, {
      headers: { "dd-api-key": apiKey, "dd-application-key": appKey },
      signal: AbortSignal.timeout(10_000),
    });
    if (!answer.ok) throw new Error(`GET ${path} answers ${answer.status}`);
    return answer.json();
  };
  const dashboards = async () => {
    const found: Held[] = [];
    for (let start = 0; start < mostPages * page; start += page) {
      const { dashboards: listed = [] } = (await get(
        `/api/v1/dashboard?count=${page}&start=${start}`,
      )) as Answers["dashboards"];
      found.push(...listed.map(({ id, title, description }) => ({ id, name: title, about: description ?? "" })));
      if (listed.length < page) break;
    }
    return found;
  };
  const [pipelines, metrics, monitors, listed] = await Promise.all([
    get("/api/v1/logs/config/pipelines") as Promise<Answers["pipelines"]>,
    get("/api/v2/logs/config/metrics") as Promise<Answers["metrics"]>,
    get(`/api/v1/monitor?monitor_tags=${encodeURIComponent(tag)}`) as Promise<Answers["monitors"]>,
    dashboards(),
  ]);
  return {
    pipelines: pipelines.map(({ id, name, filter }) => ({ id, name, about: filter?.query ?? "" })),
    metrics: metrics.data.map(({ id, attributes }) => ({ id, name: id, about: attributes.filter?.query ?? "" })),
    monitors: monitors.map(({ id, name, query }) => ({ id: String(id), name, about: query })),
    dashboards: listed,
  };
}

/**
 * The id of what an earlier run of this stack has made under a name; undefined where there is nothing, something of others, or
 * more than one: none of several is more the right one than another.
 *
 * @param isOurs whether what it is known by is this stack's
 */
export function adoptable(held: readonly Held[], name: string, isOurs: (about: string) => boolean): string | undefined {
  const [only, ...others] = held.filter((one) => one.name === name && isOurs(one.about));
  return others.length === 0 ? only?.id : undefined;
}
