import { LabError } from "../../base/error";
import { datadogObjects } from "./datadog-objects";
import { recordComment } from "./rendered";
import type { Site } from "./site";

/** Calls an API with JSON. @throws LabError with what it answered where that is no success */
async function callApi(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new LabError(
      `${method} ${url} answered ${response.status}`,
      "Is the lab up? npm run lab",
      text.slice(0, 500),
    );
  }
  return text === "" ? undefined : (JSON.parse(text) as unknown);
}

/** Cloudflare's and Datadog's API as this stack reaches them. */
export function apisOf({ secrets, zone, datadogUrl }: Pick<Site, "secrets" | "zone" | "datadogUrl">) {
  const records = `${zone.apiUrl}/zones/${zone.id}/dns_records`;
  const bearer = { authorization: `Bearer ${secrets.cloudflareApiToken}` };
  const keys = { "dd-api-key": secrets.datadogApiKey, "dd-application-key": secrets.datadogAppKey };
  return {
    cloudflare: (method: string, path = "", body?: unknown) => callApi(method, `${records}${path}`, bearer, body),
    datadog: (method: string, path: string, body?: unknown) => callApi(method, `${datadogUrl}${path}`, keys, body),
  };
}

interface Named {
  readonly id: string | number;
  readonly name?: string;
  readonly title?: string;
}

/** One of the stack's objects outside its hosts: where the APIs hold it, and what it is to hold. */
interface Outside {
  readonly path: string;
  readonly found: Named;
  readonly wanted: object;
}

/** The stack's objects outside its hosts, as they are now. */
async function listOutside(site: Site): Promise<Readonly<Record<"records" | "objects", readonly Outside[]>>> {
  const { cloudflare, datadog } = apisOf(site);
  const wanted = datadogObjects(site);
  const { endpoint, virtualIp } = site.settings;
  const [records, pipelines, metrics, monitors, dashboards] = (await Promise.all([
    cloudflare("GET", `?name=${endpoint.fqdn}`),
    datadog("GET", paths.pipelines),
    datadog("GET", paths.metrics),
    datadog("GET", paths.monitors),
    datadog("GET", paths.dashboards),
  ])) as [{ result: Named[] }, Named[], { data: Named[] }, Named[], { dashboards: Named[] }];
  const fitting = (base: string, all: readonly Named[], key: "id" | "name" | "title", objects: readonly object[]) =>
    all.flatMap((found) => {
      const one = objects.find((object) => (object as Partial<Named>)[key] === found[key]);
      return one === undefined ? [] : [{ path: `${base}/${encodeURIComponent(found.id)}`, found, wanted: one }];
    });
  const { ttl, fqdn } = endpoint;
  const record = { name: fqdn, type: "A", content: virtualIp.address, ttl, proxied: false, comment: recordComment };
  return {
    records: fitting("", records.result, "name", [record]),
    objects: [
      ...fitting(paths.pipelines, pipelines, "name", [wanted.pipeline]),
      ...fitting(paths.metrics, metrics.data, "id", wanted.metrics),
      ...fitting(paths.monitors, monitors, "name", wanted.monitors),
      // a list of dashboards tells of each what it is called, and no more
      ...fitting(paths.dashboards, dashboards.dashboards, "title", [{ title: wanted.dashboard.title }]),
    ],
  };
}

export const paths = {
  pipelines: "/api/v1/logs/config/pipelines",
  metrics: "/api/v2/logs/config/metrics",
  monitors: "/api/v1/monitor",
  dashboards: "/api/v1/dashboard",
} as const;

/** Deletes what a contestant has made outside the hosts: record, pipeline, metrics, monitors, dashboard. */
export async function clearOutside(site: Site): Promise<void> {
  const { cloudflare, datadog } = apisOf(site);
  const { records, objects } = await listOutside(site);
  for (const { path } of records) await cloudflare("DELETE", path);
  // one after another: Datadog refuses changes of pipelines at the same time
  for (const { path } of objects) await datadog("DELETE", path);
}

/** What is not as it should be outside the hosts: each object is there, just once, and holds what it is to hold. */
export async function outsideFindings(site: Site): Promise<string[]> {
  const { records, objects } = await listOutside(site);
  const { metrics, monitors } = datadogObjects(site);
  const expected = 1 + metrics.length + monitors.length + 1;
  return [
    ...(records.length === 1 ? [] : [`${records.length} records of the name, not 1`]),
    ...(objects.length === expected ? [] : [`${objects.length} objects in Datadog, not ${expected}`]),
    ...[...records, ...objects].flatMap(({ path, found, wanted }) => differences(found, wanted).map((at) => path + at)),
  ];
}

/** Where an object does not hold what is wanted of it; what it holds besides is the API's own. */
export function differences(found: unknown, wanted: unknown, at = ""): string[] {
  if (Array.isArray(wanted)) {
    return Array.isArray(found) && found.length === wanted.length
      ? wanted.flatMap((one, index) => differences(found[index], one, `${at}[${index}]`))
      : [`${at} has other entries`];
  }
  if (typeof wanted === "object" && wanted !== null) {
    const there = (found ?? {}) as Readonly<Record<string, unknown>>;
    return Object.entries(wanted).flatMap(([key, value]) => differences(there[key], value, `${at}.${key}`));
  }
  return found === wanted ? [] : [`${at} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`];
}
