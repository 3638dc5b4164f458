import { compareInputs } from "../protocol/diff";
import { choice, flag, list, number, record, required, text, type Fields } from "../protocol/schema";
import type { Properties } from "../protocol/value";
import { membersOf } from "./collection";
import { toApi, toSdk } from "./names";

// The official plugin's values for omitted properties.
const unsaid = { draft_status: "published", restricted_roles: null };
const unsaidOptions = { include_tags: true, new_host_delay: 300, notify_no_data: false, renotify_statuses: null };
const unsaidOfChecks = { require_full_window: true, no_data_timeframe: 10 };

const inputs: Fields = {
  name: required(text),
  type: { ...required(choice("log alert", "service check", "query alert")), replaces: true },
  query: required(text),
  message: required(text),
  priority: choice("1", "2", "3", "4", "5"),
  tags: { ...required(list(text)), unordered: true },
  monitorThresholds: required(record({ critical: required(text), warning: text, ok: text })),
  // of log alerts
  onMissingData: choice("default"),
  enableLogsSample: flag,
  // of log alerts and metrics
  requireFullWindow: flag,
  // of service checks and metrics
  notifyNoData: flag,
  noDataTimeframe: number,
  renotifyInterval: number,
  validate: required(flag),
};

/** `datadog:index/monitor:Monitor`, for log alerts, service checks and metrics. */
export const monitor = membersOf({
  what: "monitor",
  path: "/api/v1/monitor",
  changedBy: "PUT",
  inputs,
  // as in the official plugin: without notifyNoData, noDataTimeframe has no meaning
  isSame: ({ noDataTimeframe: minutes = null, ...state }, given) =>
    compareInputs(inputs, given["notifyNoData"] === true ? { ...state, noDataTimeframe: minutes } : state, given)
      .size === 0,
  check: ({ validate }) =>
    validate === false
      ? []
      : [
          {
            property: "validate",
            reason: `"validate" must be false: this stand-in does not call the API at a preview`,
          },
        ],
  body({ name, type, query, message, tags, priority, monitorThresholds, ...given }) {
    const thresholds = Object.entries(monitorThresholds as Properties);
    const { validate: _validate, ...options } = given;
    return {
      ...{ name, type, query, message, tags, ...unsaid },
      priority: priority === undefined ? null : Number(priority),
      options: {
        ...unsaidOptions,
        ...(type === "service check" ? unsaidOfChecks : {}),
        thresholds: Object.fromEntries(thresholds.map(([status, count]) => [status, Number(count)])),
        ...toApi(options),
      },
    };
  },
  shown({ priority, options, ...answer }) {
    const found = options as Properties;
    const thresholds = Object.entries(found["thresholds"] as Record<string, number>);
    const { notifyNoData, noDataTimeframe, requireFullWindow, ...shown } = toSdk(inputs, { ...found, ...answer });
    return {
      ...shown,
      // the plugin adds requireFullWindow to service checks; it is not an input
      ...(answer["type"] === "service check" ? {} : { requireFullWindow }),
      ...(notifyNoData === true ? { notifyNoData, noDataTimeframe } : {}),
      priority: typeof priority === "number" ? String(priority) : undefined,
      monitorThresholds: Object.fromEntries(thresholds.map(([status, count]) => [status, String(count)])),
      validate: false,
    };
  },
});
