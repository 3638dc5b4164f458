import { createHash } from "node:crypto";
import type { FunctionType } from "../protocol/resource";
import { choice } from "../protocol/schema";
import { failed, type DatadogClient } from "./client";

/** `datadog:index/getLogsPipelinesOrder:getLogsPipelinesOrder`: GET of the order, as the official plugin. */
export const getLogsPipelinesOrder: FunctionType<DatadogClient> = {
  inputs: {},
  async run(_given, { configuration: client, signal }) {
    const { pipelineIds } = await client
      .pipelines(signal)
      .getLogsPipelineOrder()
      .catch(failed("error while fetching logs pipelines order"));
    return { id: createHash("sha256").update(pipelineIds.join(";")).digest("hex"), pipelineIds };
  },
};

/** `datadog:index/getLogsPipelines:getLogsPipelines`: GET of all pipelines, of which it tells all but the processors. */
export const getLogsPipelines: FunctionType<DatadogClient> = {
  inputs: { isReadOnly: choice("true", "false") },
  async run({ isReadOnly }, { configuration: client, signal }) {
    const found = await client.pipelines(signal).listLogsPipelines().catch(failed("error querying log pipelines"));
    const wanted = found.filter((pipeline) => isReadOnly === undefined || String(pipeline.isReadOnly) === isReadOnly);
    return {
      id: isReadOnly === undefined ? "logs-pipeline" : `logs-pipeline|is_read_only:${isReadOnly as string}`,
      ...(isReadOnly === undefined ? {} : { isReadOnly }),
      logsPipelines: wanted.map(({ id = "", name, filter, isEnabled = false, isReadOnly: fixed = false, ...rest }) => ({
        id,
        name,
        filters: [{ query: filter?.query ?? "" }],
        isEnabled,
        isReadOnly: fixed,
        type: rest.type ?? "",
        tags: rest.tags ?? [],
        description: rest.description ?? "",
      })),
    };
  },
};
