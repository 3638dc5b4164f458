import type { Provider } from "../protocol/resource";
import { choice, list, number, record, text, type Failure, type Field } from "../protocol/schema";
import { isUnknown, type Value } from "../protocol/value";
import { DatadogClient } from "./client";
import { dashboardJson } from "./dashboard-json";
import { logsCustomPipeline } from "./logs-custom-pipeline";
import { logsMetric } from "./logs-metric";
import { logsPipelineOrder } from "./logs-pipeline-order";
import { getLogsPipelines, getLogsPipelinesOrder } from "./logs-pipelines";
import { monitor } from "./monitor";

const otherCredentials = { unsupported: "only an API key and an application key are" };
const secretKey = (...environment: string[]): Field => ({ ...text, secret: true, environment });

/** Stands in for the official plugin of @pulumi/datadog, for the resource types and functions that kube-control uses. */
export const datadogProvider: Provider<DatadogClient> = {
  name: "datadog",
  version: "5.11.0",
  configuration: {
    apiKey: secretKey("DD_API_KEY", "DATADOG_API_KEY"),
    appKey: secretKey("DD_APP_KEY", "DATADOG_APP_KEY"),
    apiUrl: { ...text, environment: ["DD_HOST", "DATADOG_HOST"], fallback: "https://api.datadoghq.com" },
    validate: { ...choice("true", "false"), fallback: "true" },
    httpClientRetryEnabled: {
      ...choice("true", "false"),
      environment: ["DD_HTTP_CLIENT_RETRY_ENABLED"],
      fallback: "true",
    },
    httpClientRetryMaxRetries: { ...number, fallback: 3 },
    httpClientRetryBackoffBase: { ...number, fallback: 2 },
    httpClientRetryBackoffMultiplier: { ...number, fallback: 2 },
    httpClientRetryJitter: { ...number, unsupported: "the client has no such setting" },
    httpClientRetryTimeout: { ...number, unsupported: "the client has no such setting" },
    defaultTags: { ...record({}), unsupported: "what kube-control makes names its own tags" },
    // For monitors and objectives only.
    ignoreTagKeys: list(text),
    bearerToken: { ...text, secret: true, ...otherCredentials },
    awsAccessKeyId: { ...text, secret: true, ...otherCredentials },
    awsSecretAccessKey: { ...text, secret: true, ...otherCredentials },
    awsSessionToken: { ...text, secret: true, ...otherCredentials },
    cloudProviderRegion: { ...text, ...otherCredentials },
    cloudProviderType: { ...text, ...otherCredentials },
    orgUuid: { ...text, ...otherCredentials },
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
  checkConfiguration({ apiKey, appKey, apiUrl, validate, httpClientRetryBackoffBase }) {
    const failures: Failure[] = [...wrongKey("apiKey", apiKey), ...wrongKey("appKey", appKey)];
    if (validate === "true" && (!isGiven(apiKey) || !isGiven(appKey))) {
      const reason = "apiKey and appKey must be set unless validate is false";
      failures.push({ property: isGiven(apiKey) ? "appKey" : "apiKey", reason });
    }
    const url = textOf(apiUrl);
    if (!isUnknown(url) && !(/^https?:\/\/[^/]/.test(url) && URL.canParse(url))) {
      failures.push({ property: "apiUrl", reason: `missing protocol or host in apiUrl: ${url}` });
    }
    if (typeof httpClientRetryBackoffBase === "number" && httpClientRetryBackoffBase < 2) {
      const reason = "httpClientRetryBackoffBase must be at least 2";
      failures.push({ property: "httpClientRetryBackoffBase", reason });
    }
    return failures;
  },
  async configure(given) {
    const client = new DatadogClient({
      apiKey: textOf(given["apiKey"]),
      appKey: textOf(given["appKey"]),
      apiUrl: textOf(given["apiUrl"]),
      retry: {
        enabled: given["httpClientRetryEnabled"] === "true",
        max: Number(given["httpClientRetryMaxRetries"]),
        backoffBase: Number(given["httpClientRetryBackoffBase"]),
        backoffMultiplier: Number(given["httpClientRetryBackoffMultiplier"]),
      },
    });
    if (given["validate"] === "true") {
      await client.validate();
    }
    return client;
  },
};

function textOf(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

function isGiven(value: Value | undefined): boolean {
  return value !== undefined && value !== "";
}

/** A key with, say, the line break of the file it came from is no header; the client's error would show all of it. */
function wrongKey(property: string, value: Value | undefined): Failure[] {
  const wrong = typeof value === "string" && /[^\x21-\x7e]/.test(value);
  return wrong ? [{ property, reason: `${property} holds blanks or characters that no key has` }] : [];
}
