import * as v1 from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1";
import type { ResourceType } from "../protocol/resource";
import { list, required, text } from "../protocol/schema";
import type { Properties } from "../protocol/value";
import { failed, statusOf, type DatadogClient } from "./client";

/**
 * `datadog:index/logsPipelineOrder:LogsPipelineOrder`, as the official plugin: creating it is the update, PUT of all
 * pipelines' ids; its id is its name, of which the API knows nothing; deleting it leaves the order as it is.
 */
export const logsPipelineOrder: ResourceType<DatadogClient> = {
  inputs: { name: required(text), pipelines: required(list(text)) },
  outputs: {},
  async create(given, { configuration: client, signal }) {
    return { id: given["name"] as string, outputs: await put(given, client, signal) };
  },
  async read(_id, state, _given, { configuration: client, signal }) {
    const { pipelineIds } = await client
      .pipelines(signal)
      .getLogsPipelineOrder()
      .catch(failed("error getting logs pipeline order"));
    const found = { ...named(state), pipelines: pipelineIds };
    return { outputs: found, inputs: found };
  },
  update: (_id, _state, given, { configuration: client, signal }) => put(given, client, signal),
};

function named({ name }: Properties): Properties {
  return name === undefined ? {} : { name };
}

async function put(given: Properties, client: DatadogClient, signal: AbortSignal): Promise<Properties> {
  const wanted = given["pipelines"] as string[];
  const api = client.pipelines(signal);
  const body = Object.assign(new v1.LogsPipelinesOrder(), { pipelineIds: wanted });
  const { pipelineIds } = await api.updateLogsPipelineOrder({ body }).catch(async (error: unknown) => {
    if (statusOf(error) !== 422) return failed("error updating logs pipeline order")(error);
    const present = await api.getLogsPipelineOrder().catch(failed("error getting logs pipeline order"));
    const shown = (ids: readonly string[]) => `[${ids.join(" ")}]`;
    throw new Error(
      `cannot map pipelines to existing ones\n existing pipelines: ${shown(present.pipelineIds)}\n pipeline to be updated: ${shown(wanted)}`,
    );
  });
  return { ...named(given), pipelines: pipelineIds };
}
