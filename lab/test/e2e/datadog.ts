import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { addresses, pulumi, root } from "./driver";

const secrets = () =>
  JSON.parse(readFileSync(join(root, ".lab/secrets.json"), "utf8")) as { datadogApiKey: string; datadogAppKey: string };

/** Runs an action with the URL of the lab's Datadog at a port of this machine's loopback, and with the variables that have its keys. */
export async function onLoopback(action: (url: string, keys: Record<string, string>) => Promise<void>): Promise<void> {
  const forward = createServer((client) => {
    const api = connect(8082, addresses.services);
    client.pipe(api).pipe(client);
    client.on("error", () => api.destroy());
    api.on("error", () => client.destroy());
  });
  await new Promise<void>((listening) => forward.listen(0, "127.0.0.1", listening));
  const { datadogApiKey: DD_API_KEY, datadogAppKey: DD_APP_KEY } = secrets();
  try {
    await action(`http://127.0.0.1:${(forward.address() as AddressInfo).port}`, { DD_API_KEY, DD_APP_KEY });
  } finally {
    forward.close();
  }
}

/** Calls the public API of the lab's Datadog with both keys. */
async function datadog(method: string, path: string, body?: unknown): Promise<any> {
  const { datadogApiKey, datadogAppKey } = secrets();
  const response = await fetch(`http://${addresses.services}:8082${path}`, {
    method,
    headers: { "Content-Type": "application/json", "DD-API-KEY": datadogApiKey, "DD-APPLICATION-KEY": datadogAppKey },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

export interface Log {
  readonly message: string;
  readonly timestamp: string;
  readonly attributes: Record<string, any>;
}

/** The newest logs that a query finds in the past hour. */
export async function search(query: string, limit = 200): Promise<Log[]> {
  const filter = { query, from: "now-1h", to: "now" };
  const { data } = await datadog("POST", "/api/v2/logs/events/search", { filter, page: { limit }, sort: "-timestamp" });
  return (data as { attributes: Log }[]).map(({ attributes }) => attributes);
}

/** The number of a query's logs by value of a facet, the most frequent first. */
export async function top(query: string, facet: string): Promise<[string, number][]> {
  const { data } = await datadog("POST", "/api/v2/logs/analytics/aggregate", {
    compute: [{ aggregation: "count" }],
    filter: { query, from: "now-1h", to: "now" },
    group_by: [{ facet, limit: 10, sort: { type: "measure", aggregation: "count", order: "desc" } }],
  });
  return (data.buckets as { by: Record<string, string>; computes: { c0: number } }[]).map(({ by, computes }) => [
    by[facet] ?? "",
    computes.c0,
  ]);
}

/** The sums of a metric's query over the past hour, by group: `{ "action:read": 12 }`. */
export async function counted(query: string): Promise<Record<string, number>> {
  const now = Math.floor(Date.now() / 1000);
  const asked = new URLSearchParams({ from: `${now - 3600}`, to: `${now + 60}`, query });
  const { series } = await datadog("GET", `/api/v1/query?${asked.toString()}`);
  return Object.fromEntries(
    (series as { tag_set: string[]; pointlist: [number, number][] }[]).map(({ tag_set: tags, pointlist }) => [
      tags.join(","),
      pointlist.reduce((sum, [, value]) => sum + value, 0),
    ]),
  );
}

/** The ids of the stack's monitors, by their keys. */
export async function monitorIds(): Promise<Record<string, string>> {
  const { stdout } = await pulumi(["stack", "output", "monitors", "--json"]);
  return JSON.parse(stdout) as Record<string, string>;
}

/** The state of one of the stack's monitors, by its key: `OK`, `Alert`, … */
export async function monitorState(key: string): Promise<string> {
  const { overall_state: state } = await datadog("GET", `/api/v1/monitor/${(await monitorIds())[key]}`);
  return state as string;
}

/** The groups of a monitor that are in a state: the values of the tag that it groups by. */
export async function groupsIn(state: string, id: string): Promise<string[]> {
  const { state: found } = await datadog("GET", `/api/v1/monitor/${id}?group_states=all`);
  const groups = Object.values(found.groups as Record<string, { name: string; status: string }>);
  return groups.filter(({ status }) => status === state).map(({ name }) => name.slice(name.indexOf(":") + 1));
}

/** The ids of what is at Datadog, by kind. */
export async function idsAtDatadog(): Promise<Record<string, string[]>> {
  const idsAt = async (path: string, key?: string) => {
    const answer = await datadog("GET", path);
    return ((key === undefined ? answer : answer[key]) as { id: unknown }[]).map(({ id }) => String(id)).sort();
  };
  return {
    monitors: await idsAt("/api/v1/monitor"),
    pipelines: await idsAt("/api/v1/logs/config/pipelines"),
    metrics: await idsAt("/api/v2/logs/config/metrics", "data"),
    dashboards: await idsAt("/api/v1/dashboard", "dashboards"),
  };
}
