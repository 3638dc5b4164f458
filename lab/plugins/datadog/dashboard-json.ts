import type { ResourceType } from "../protocol/resource";
import { list, number, text } from "../protocol/schema";
import { isRecord, isUnknown, type Properties, type Value } from "../protocol/value";
import { failed, type DatadogClient, unless404 } from "./client";
import { items } from "./processors";

const base = "/api/v1/dashboard";

/** `datadog:index/dashboardJson:DashboardJson`: POST, GET, PUT, DELETE, as the official plugin. */
export const dashboardJson: ResourceType<DatadogClient> = {
  inputs: {
    dashboard: { ...text, required: true },
    url: { ...text, computed: true },
    dashboardLists: { ...list(number), unsupported: "the dashboard of kube-control's is in none" },
  },
  outputs: { url: "stable" },
  check({ dashboard }) {
    if (isUnknown(dashboard) || typeof dashboard !== "string") {
      return [];
    }
    try {
      if (isRecord(JSON.parse(dashboard) as Value)) {
        return [];
      }
    } catch {
      // Said below.
    }
    return [{ property: "dashboard", reason: `"dashboard" contains an invalid JSON` }];
  },
  judge: (path, change, state, inputs) =>
    path === "dashboard" && !isUnknown(inputs["dashboard"]) && normal(state) === normal(inputs) ? undefined : change,
  async create(given, { configuration: client, signal }) {
    const made = await client.send("POST", base, signal, sent(given)).catch(failed("error creating resource"));
    return { id: made["id"] as string, outputs: properties(made) };
  },
  async read(id, _state, given, { configuration: client, signal }) {
    const found = await client.send("GET", `${base}/${id}`, signal).catch(unless404("error reading dashboard"));
    if (found === undefined) {
      return undefined;
    }
    const outputs = properties(found);
    const same = typeof given["dashboard"] === "string" && normal(given) === outputs["dashboard"];
    return { outputs, inputs: { dashboard: (same ? given : outputs)["dashboard"] ?? "" } };
  },
  async update(id, _state, given, { configuration: client, signal }) {
    const changed = await client
      .send("PUT", `${base}/${id}`, signal, sent(given))
      .catch(failed("error updating dashboard"));
    return properties(changed);
  },
  async delete(id, _state, { configuration: client, signal }) {
    await client.send("DELETE", `${base}/${id}`, signal).catch(unless404("error deleting dashboard"));
  },
};

function parsed({ dashboard }: Properties): Properties {
  return JSON.parse(dashboard as string) as Properties;
}

/** What the API no longer takes, and still answers. */
function sent(given: Properties): Properties {
  const { is_read_only: _, ...rest } = parsed(given);
  return rest;
}

function properties(answer: Properties): Properties {
  return { dashboard: normalised(answer), url: answer["url"] ?? "" };
}

function normal(of: Properties): string {
  return normalised(parsed(of));
}

const addedByApi = ["id", "author_handle", "author_name", "created_at", "modified_at", "url"];

/** The definition without what the API adds to it, its names in order: so two ways to write the same are the same. */
function normalised(dashboard: Properties): string {
  const own = Object.fromEntries(Object.entries(dashboard).filter(([name]) => !addedByApi.includes(name)));
  const { widgets, notify_list: notify, is_read_only: readOnly, ...rest } = own;
  return sortedJson({
    ...rest,
    ...(notify === undefined ? {} : { notify_list: Array.isArray(notify) ? [...notify].sort() : notify }),
    ...(Array.isArray(rest["restricted_roles"]) ? {} : { is_read_only: readOnly ?? false }),
    widgets: withoutIds(widgets),
  });
}

function withoutIds(widgets: Value | undefined): Value {
  return items(widgets).map(({ id: _, definition, ...rest }) => ({
    ...rest,
    definition:
      isRecord(definition) && definition["type"] === "group"
        ? { ...definition, widgets: withoutIds(definition["widgets"]) }
        : (definition ?? {}),
  }));
}

function sortedJson(value: Value): string {
  return JSON.stringify(value, (_name, part: Value) =>
    isRecord(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}
