import type * as v1 from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1";
import type { ResourceType } from "../protocol/resource";
import type { Properties, Value } from "../protocol/value";
import { checkPipeline } from "./check";
import { failed, statusOf, type DatadogClient } from "./client";
import { inputs, pipelineToApi, pipelineToSdk } from "./processors";

/** `datadog:index/logsCustomPipeline:LogsCustomPipeline`: POST, GET, PUT of the whole, DELETE, as the official plugin. */
export const logsCustomPipeline: ResourceType<DatadogClient> = {
  inputs,
  // The vendor's where the program names none.
  outputs: { tags: "stable" },
  check: (given) => checkPipeline(given),
  async create(given, { name, configuration: client, signal }) {
    const made = await inTurn(() => client.pipelines(signal).createLogsPipeline({ body: body(given, []) })).catch(
      failed(`failed to create logs pipeline ${name} using Datadog API`),
    );
    return { id: made.id ?? "", outputs: properties(made) };
  },
  async read(id, _state, given, { name, configuration: client, signal }) {
    const found = await client
      .pipelines(signal)
      .getLogsPipeline({ pipelineId: id })
      .catch(unlessGone(`failed to get logs pipeline ${name} using Datadog API`));
    if (found === undefined) {
      return undefined;
    }
    const outputs = properties(found);
    return { outputs, inputs: inputsAsFound(outputs, given) };
  },
  async update(id, state, given, { name, configuration: client, signal }) {
    const params = { pipelineId: id, body: body(given, state["tags"] ?? []) };
    const changed = await inTurn(() => client.pipelines(signal).updateLogsPipeline(params)).catch(
      failed(`error updating logs pipeline ${name}`),
    );
    return properties(changed);
  },
  async delete(id, _state, { name, configuration: client, signal }) {
    await inTurn(() => client.pipelines(signal).deleteLogsPipeline({ pipelineId: id })).catch(
      unlessGone(`error deleting logs pipeline ${name}`),
    );
  },
};

/** Datadog refuses changes of pipelines at the same time. */
let lastChange: Promise<unknown> = Promise.resolve();

function inTurn<T>(change: () => Promise<T>): Promise<T> {
  const mine = lastChange.then(change);
  lastChange = mine.catch(() => undefined);
  return mine;
}

function body(given: Properties, tags: Value): v1.LogsPipeline {
  return pipelineToApi({ tags, ...given }) as unknown as v1.LogsPipeline;
}

function properties(pipeline: v1.LogsPipeline): Properties {
  return pipelineToSdk({ tags: [], ...(pipeline as unknown as Properties) });
}

/** What a program would have to say to get this pipeline: of what it said, and what says something. */
function inputsAsFound(found: Properties, given: Properties): Properties {
  const empty = (value: Value) => value === "" || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(found).filter(([name, value]) => name in given || !empty(value)));
}

/** The API says 400 of a pipeline that is not there. */
function unlessGone(what: string): (error: unknown) => undefined {
  return (error) => ([400, 404].includes(statusOf(error) ?? 0) ? undefined : failed(what)(error));
}
