import { JsonApi } from "../protocol/json-api";
import { choice, required, text, type Failure } from "../protocol/schema";
import { serve } from "../protocol/serve";
import { dashboardJson } from "./dashboard-json";
import { logsCustomPipeline } from "./logs-custom-pipeline";
import { logsMetric } from "./logs-metric";
import { getLogsPipelines, getLogsPipelinesOrder, logsPipelineOrder } from "./logs-pipelines";
import { monitor } from "./monitor";

// A stand-in for the official plugin of @pulumi/datadog, with the resource types and functions that kube-control uses.
serve<JsonApi>({
  name: "datadog",
  configuration: {
    apiKey: required(text),
    appKey: required(text),
    apiUrl: required(text),
    // The keys are not validated before the first request.
    validate: required(choice("false")),
    httpClientRetryEnabled: { ...choice("true", "false"), fallback: "true" },
  },
  resources: {
    "datadog:index/logsCustomPipeline:LogsCustomPipeline": logsCustomPipeline,
    "datadog:index/logsMetric:LogsMetric": logsMetric,
    "datadog:index/logsPipelineOrder:LogsPipelineOrder": logsPipelineOrder,
    "datadog:index/dashboardJson:DashboardJson": dashboardJson,
    "datadog:index/monitor:Monitor": monitor,
  },
  functions: {
    "datadog:index/getLogsPipelines:getLogsPipelines": getLogsPipelines,
    "datadog:index/getLogsPipelinesOrder:getLogsPipelinesOrder": getLogsPipelinesOrder,
  },
  checkConfiguration: ({ apiKey, appKey }) => Object.entries({ apiKey, appKey }).flatMap(wrongKey),
  configure({ apiKey, appKey, apiUrl, httpClientRetryEnabled }) {
    const headers = { "dd-api-key": apiKey as string, "dd-application-key": appKey as string };
    return new JsonApi(new URL(apiUrl as string).origin, headers, httpClientRetryEnabled === "true" ? 3 : 0);
  },
});

/** A key with a line break, e.g. from its file, is not a valid header, and fetch's error would show the key. */
function wrongKey([property, value]: [string, unknown]): Failure[] {
  const wrong = typeof value === "string" && /[^\x21-\x7e]/.test(value);
  return wrong ? [{ property, reason: `${property} holds blanks or characters that no key has` }] : [];
}
