import { LabError } from "../../lab/cli/error";
import { datadogObjects } from "./datadog-objects";
import type { Site } from "./site";

/** Calls an API with JSON. @throws LabError with what it answered where that is no success */
export async function callApi(
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

/** The stack's objects outside its hosts, as paths of the APIs that hold them. */
async function listOutside(site: Site): Promise<Readonly<Record<"record" | "datadog", readonly string[]>>> {
  const { cloudflare, datadog } = apisOf(site);
  const wanted = datadogObjects(site);
  const { fqdn } = site.settings.endpoint;
  const [records, pipelines, metrics, monitors, dashboards] = (await Promise.all([
    cloudflare("GET", `?name=${fqdn}`),
    datadog("GET", paths.pipelines),
    datadog("GET", paths.metrics),
    datadog("GET", paths.monitors),
    datadog("GET", paths.dashboards),
  ])) as [{ result: Named[] }, Named[], { data: Named[] }, Named[], { dashboards: Named[] }];
  const at = (path: string) => (one: Named) => `${path}/${encodeURIComponent(one.id)}`;
  return {
    record: records.result.filter(({ name }) => name === fqdn).map(({ id }) => `/${id}`),
    datadog: [
      ...pipelines.filter(({ name }) => name === wanted.pipeline.name).map(at(paths.pipelines)),
      ...metrics.data.filter(({ id }) => wanted.metrics.some((one) => one.id === id)).map(at(paths.metrics)),
      ...monitors.filter(({ name }) => wanted.monitors.some((one) => one.name === name)).map(at(paths.monitors)),
      ...dashboards.dashboards.filter(({ title }) => title === wanted.dashboard.title).map(at(paths.dashboards)),
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
  const found = await listOutside(site);
  for (const path of found.record) await cloudflare("DELETE", path);
  // Datadog refuses changes of pipelines at the same time
  for (const path of found.datadog) await datadog("DELETE", path);
}

/** What is not as it should be outside the hosts: each object is there, and just once. */
export async function outsideFindings(site: Site): Promise<string[]> {
  const found = await listOutside(site);
  const { metrics, monitors } = datadogObjects(site);
  const expected = 1 + metrics.length + monitors.length + 1;
  return [
    ...(found.record.length === 1 ? [] : [`${found.record.length} records of the name, not 1`]),
    ...(found.datadog.length === expected ? [] : [`${found.datadog.length} objects in Datadog, not ${expected}`]),
  ];
}
