import type { ResourceType } from "../protocol/resource";
import { choice, flag, list, record, required, text } from "../protocol/schema";
import { isRecord, type Properties, type Value } from "../protocol/value";
import { failed, type DatadogClient, unless404 } from "./client";
import { items } from "./processors";

const base = "/api/v2/logs/config/metrics";

/** `datadog:index/logsMetric:LogsMetric`: POST, GET, PATCH, DELETE, as the official plugin. */
export const logsMetric: ResourceType<DatadogClient> = {
  inputs: {
    name: { ...text, required: true, replaces: true },
    compute: {
      ...record({
        aggregationType: required(choice("count", "distribution")),
        path: text,
        includePercentiles: flag,
      }),
      required: true,
      replaces: true,
    },
    filter: required(record({ query: required(text) })),
    groupBies: { ...list(record({ path: required(text), tagName: required(text) })), unordered: true },
  },
  outputs: {},
  judge: (path, change) => (path === "compute.includePercentiles" ? { ...change, replaces: false } : change),
  async create(given, { configuration: client, signal }) {
    const { includePercentiles: _, ...compute } = computeOf(given);
    const attributes = { ...shared(given), compute: { ...snake(compute), ...percentiles(given) } };
    const made = await client
      .send("POST", base, signal, { data: { type: "logs_metrics", id: given["name"] ?? "", attributes } })
      .catch(failed("error creating LogsMetric"));
    return { id: dataOf(made)["id"] as string, outputs: properties(made) };
  },
  async read(id, _state, _given, { configuration: client, signal }) {
    const found = await client
      .send("GET", `${base}/${encodeURIComponent(id)}`, signal)
      .catch(unless404("error reading LogsMetric"));
    return found === undefined ? undefined : { outputs: properties(found), inputs: properties(found) };
  },
  async update(id, _state, given, { configuration: client, signal }) {
    const attributes = { ...shared(given), compute: percentiles(given) };
    const changed = await client
      .send("PATCH", `${base}/${encodeURIComponent(id)}`, signal, { data: { type: "logs_metrics", attributes } })
      .catch(failed("error updating LogsMetric"));
    return properties(changed);
  },
  async delete(id, _state, { configuration: client, signal }) {
    await client
      .send("DELETE", `${base}/${encodeURIComponent(id)}`, signal)
      .catch(unless404("error deleting LogsMetric"));
  },
};

function computeOf(given: Properties): Properties {
  const { compute } = given;
  return isRecord(compute) ? compute : {};
}

function snake({ aggregationType = "", path }: Properties): Properties {
  return { aggregation_type: aggregationType, ...(path === undefined ? {} : { path }) };
}

function percentiles(given: Properties): Properties {
  const { aggregationType, includePercentiles = false } = computeOf(given);
  return aggregationType === "distribution" ? { include_percentiles: includePercentiles } : {};
}

function shared({ filter = {}, groupBies }: Properties): Properties {
  return {
    filter,
    group_by: items(groupBies).map(({ path = "", tagName = "" }) => ({ path, tag_name: tagName })),
  };
}

function dataOf(answer: Properties): Properties {
  return answer["data"] as Properties;
}

function properties(answer: Properties): Properties {
  const { id, attributes } = dataOf(answer);
  const { compute, filter, group_by: groups } = attributes as Record<string, Value>;
  const { aggregation_type: aggregationType = "", path, include_percentiles: shown } = compute as Properties;
  return {
    name: id as string,
    compute: {
      aggregationType,
      ...(path === undefined ? {} : { path }),
      ...(shown === true ? { includePercentiles: true } : {}),
    },
    filter: filter as Properties,
    groupBies: items(groups).map(({ path: from = "", tag_name: tagName = "" }) => ({ path: from, tagName })),
  };
}
