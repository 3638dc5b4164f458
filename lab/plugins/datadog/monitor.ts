import type { ResourceType } from "../protocol/resource";
import { choice, flag, integer, list, record, required, text, type Field, type Fields } from "../protocol/schema";
import { isRecord, type Properties, type Value } from "../protocol/value";
import { failed, type DatadogClient, unless404 } from "./client";

const base = "/api/v1/monitor";
const unneeded = (shape: Field): Field => ({ ...shape, unsupported: "no monitor of kube-control's needs it" });

/** Properties that are options in the API, under their own names in its spelling. The official plugin sends no empty one. */
const options: Fields = {
  enableLogsSample: flag,
  escalationMessage: text,
  evaluationDelay: { ...integer, computed: true },
  groupRetentionDuration: text,
  groupbySimpleMonitor: flag,
  newGroupDelay: integer,
  onMissingData: choice("default", "show_no_data", "show_and_notify_no_data", "resolve"),
  notifyAudit: flag,
  notificationPresetName: choice("show_all", "hide_query", "hide_handles", "hide_all"),
  renotifyInterval: integer,
  renotifyOccurrences: integer,
  timeoutH: integer,
};

/** Options that are always sent. */
const alwaysSent: Fields = {
  includeTags: { ...flag, fallback: true },
  newHostDelay: { ...integer, fallback: 300 },
  notifyNoData: { ...flag, fallback: false },
  requireFullWindow: { ...flag, fallback: true },
};

const inputs: Fields = {
  name: required(text),
  type: { ...choice("log alert"), required: true, replaces: true },
  query: required(text),
  message: required(text),
  priority: choice("1", "2", "3", "4", "5"),
  tags: { ...list(text), unordered: true, computed: true },
  monitorThresholds: record({
    critical: text,
    warning: text,
    criticalRecovery: unneeded(text),
    warningRecovery: unneeded(text),
    ok: unneeded(text),
    unknown: unneeded(text),
    criticalQuery: unneeded(text),
    criticalRecoveryQuery: unneeded(text),
  }),
  draftStatus: { ...choice("draft", "published"), fallback: "published" },
  noDataTimeframe: { ...integer, fallback: 10 },
  validate: flag,
  ...options,
  ...alwaysSent,
  forceDelete: unneeded(flag),
  enableSamples: unneeded(flag),
  ignoreTagKeys: unneeded(list(text)),
  notifyBies: unneeded(list(text)),
  renotifyStatuses: unneeded(list(text)),
  restrictedRoles: unneeded(list(text)),
  monitorThresholdWindows: unneeded(record({})),
  schedulingOptions: unneeded(record({})),
  variables: unneeded(record({})),
  assets: unneeded(list(record({}))),
};

/** `datadog:index/monitor:Monitor` for log alerts: POST, GET, PUT, DELETE, as the official plugin. */
export const monitor: ResourceType<DatadogClient> = {
  inputs,
  outputs: {},
  check: ({ validate }) =>
    validate === false
      ? []
      : [{ property: "validate", reason: `"validate" must be false: this stand-in asks nobody at a preview` }],
  judge: (path, change, state, given) =>
    path.startsWith("monitorThresholds.") && sameNumber(path, state, given) ? undefined : change,
  async create(given, { configuration: client, signal }) {
    const made = await client.send("POST", base, signal, body(given)).catch(failed("error creating monitor"));
    return { id: `${made["id"] as number}`, outputs: properties(made, given) };
  },
  async read(id, _state, given, { configuration: client, signal }) {
    const found = await client.send("GET", `${base}/${id}`, signal).catch(unless404("error getting monitor"));
    if (found === undefined) {
      return undefined;
    }
    // An import has no inputs yet, and its first preview must ask nobody either.
    const outputs = properties(found, { validate: false, ...given });
    return { outputs, inputs: outputs };
  },
  async update(id, _state, given, { configuration: client, signal }) {
    const changed = await client
      .send("PUT", `${base}/${id}`, signal, { ...body(given), id: Number(id) })
      .catch(failed("error updating monitor"));
    return properties(changed, given);
  },
  async delete(id, _state, { configuration: client, signal }) {
    await client.send("DELETE", `${base}/${id}`, signal).catch(unless404("error deleting monitor"));
  },
};

function sameNumber(path: string, state: Properties, given: Properties): boolean {
  const name = path.slice("monitorThresholds.".length);
  const [before, after] = [state, given].map(({ monitorThresholds: all }) => (isRecord(all) ? all[name] : undefined));
  return typeof before === "string" && typeof after === "string" && Number(before) === Number(after);
}

const snake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const says = (value: Value | undefined): value is Value =>
  value !== undefined && value !== null && value !== "" && value !== 0 && value !== false;

function body(given: Properties): Properties {
  const { name = "", type = "", query = "", message = "", draftStatus = "", priority, tags } = given;
  const { monitorThresholds: thresholds, onMissingData, noDataTimeframe } = given;
  const numbers = Object.entries(isRecord(thresholds) ? thresholds : {})
    .filter(([, value]) => says(value))
    .map(([threshold, value]): [string, Value] => [snake(threshold), Number(value)]);
  const sent = [
    ...Object.keys(options).filter((option) => says(given[option]) || option === "enableLogsSample"),
    ...Object.keys(alwaysSent),
  ].map((option): [string, Value] => [snake(option), given[option] ?? false]);
  return {
    name,
    type,
    query,
    message,
    draft_status: draftStatus,
    priority: says(priority) ? Number(priority) : null,
    tags: Array.isArray(tags) ? [...tags].sort() : [],
    restricted_roles: null,
    options: {
      thresholds: Object.fromEntries(numbers),
      renotify_statuses: null,
      ...Object.fromEntries(sent),
      // The two exclude each other, and the one has a default.
      ...(says(noDataTimeframe) && !says(onMissingData) ? { no_data_timeframe: noDataTimeframe } : {}),
    },
  };
}

function properties(answer: Properties, given: Properties): Properties {
  const { name = "", type = "", query = "", message = "", draft_status: draftStatus, priority, tags } = answer;
  const found = isRecord(answer["options"]) ? answer["options"] : {};
  const { thresholds } = found;
  const texts = Object.entries(isRecord(thresholds) ? thresholds : {})
    .filter(([, value]) => value !== null)
    .map(([threshold, value]): [string, Value] => [threshold, `${value as number}`]);
  const shown = [
    ...Object.keys(options).filter((option) => says(found[snake(option)]) || option in given),
    ...Object.keys(alwaysSent),
  ].map((option): [string, Value] => [option, found[snake(option)] ?? inputs[option]?.fallback ?? false]);
  const timeframe = found["no_data_timeframe"] ?? given["noDataTimeframe"];
  return {
    name,
    type,
    query,
    message,
    draftStatus: draftStatus ?? "published",
    ...(says(priority) ? { priority: `${priority as number}` } : {}),
    tags: Array.isArray(tags) ? [...tags].sort() : [],
    ...(texts.length === 0 ? {} : { monitorThresholds: Object.fromEntries(texts) }),
    ...(timeframe === undefined ? {} : { noDataTimeframe: timeframe }),
    ...Object.fromEntries(shown),
    ...("validate" in given ? { validate: given["validate"] ?? false } : {}),
  };
}
