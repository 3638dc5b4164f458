import type { JsonApi } from "../protocol/json-api";
import { failed } from "../protocol/refusal";
import type { FunctionType, ResourceType } from "../protocol/resource";
import { list, required, text } from "../protocol/schema";
import type { Properties } from "../protocol/value";

const orderPath = "/api/v1/logs/config/pipeline-order";

/**
 * `datadog:index/logsPipelineOrder:LogsPipelineOrder`, as in the official plugin: a creation is an update, the PUT of all
 * pipelines' ids. The id is the resource's name, which the API does not know. A deletion does not change the order.
 */
export const logsPipelineOrder: ResourceType<JsonApi> = {
  inputs: { name: required(text), pipelines: required(list(text)) },
  async create(given, { configuration: client, signal }) {
    return { id: given["name"] as string, outputs: await put(given, client, signal) };
  },
  async read(id, _state, _given, { configuration: client, signal }) {
    const order = await client.send("GET", orderPath, signal).catch(failed("error getting logs pipeline order"));
    const found = { name: id, pipelines: order["pipeline_ids"] ?? [] };
    return { outputs: found, inputs: found };
  },
  update: (_id, _state, given, { configuration: client, signal }) => put(given, client, signal),
};

async function put({ name = "", pipelines }: Properties, client: JsonApi, signal: AbortSignal) {
  const order = await client
    .send("PUT", orderPath, signal, { pipeline_ids: pipelines })
    .catch(failed("error updating logs pipeline order"));
  return { name, pipelines: order["pipeline_ids"] ?? [] };
}

/** `datadog:index/getLogsPipelinesOrder:getLogsPipelinesOrder`: GET of the order. */
export const getLogsPipelinesOrder: FunctionType<JsonApi> = {
  inputs: {},
  async run(_given, { configuration: client, signal }) {
    const order = await client
      .send("GET", orderPath, signal)
      .catch(failed("error while fetching logs pipelines order"));
    return { id: "logs-pipelines-order", pipelineIds: order["pipeline_ids"] ?? [] };
  },
};

/** `datadog:index/getLogsPipelines:getLogsPipelines`: GET of all pipelines; returns their ids and names. */
export const getLogsPipelines: FunctionType<JsonApi> = {
  inputs: {},
  async run(_given, { configuration: client, signal }) {
    const found = await client
      .send("GET", "/api/v1/logs/config/pipelines", signal)
      .catch(failed("error querying log pipelines"));
    const pipelines = found as unknown as Properties[];
    return { id: "logs-pipelines", logsPipelines: pipelines.map(({ id = "", name = "" }) => ({ id, name })) };
  },
};
