import { choice, flag, list, record, required, text, type Fields } from "../protocol/schema";
import type { Properties } from "../protocol/value";
import { membersOf } from "./collection";
import { toApi, toSdk } from "./names";

// The official plugin's values for omitted properties.
const unsaid = { draft_status: "published", restricted_roles: null };
const unsaidOptions = { include_tags: true, new_host_delay: 300, notify_no_data: false, renotify_statuses: null };

const inputs: Fields = {
  name: required(text),
  type: { ...required(choice("log alert")), replaces: true },
  query: required(text),
  message: required(text),
  priority: choice("1", "2", "3", "4", "5"),
  tags: { ...required(list(text)), unordered: true },
  monitorThresholds: required(record({ critical: required(text) })),
  onMissingData: required(choice("default")),
  requireFullWindow: required(flag),
  enableLogsSample: required(flag),
  validate: required(flag),
};

/** `datadog:index/monitor:Monitor`, for log alerts. */
export const monitor = membersOf({
  what: "monitor",
  path: "/api/v1/monitor",
  changedBy: "PUT",
  inputs,
  check: ({ validate }) =>
    validate === false
      ? []
      : [{ property: "validate", reason: `"validate" must be false: this stand-in asks nobody at a preview` }],
  body({ name, type, query, message, tags, priority, monitorThresholds, ...given }) {
    const { critical } = monitorThresholds as Properties;
    const { onMissingData = "", requireFullWindow = false, enableLogsSample = false } = given;
    return {
      ...{ name, type, query, message, tags, ...unsaid },
      priority: priority === undefined ? null : Number(priority),
      options: {
        ...unsaidOptions,
        thresholds: { critical: Number(critical) },
        ...toApi({ onMissingData, requireFullWindow, enableLogsSample }),
      },
    };
  },
  shown({ priority, options, ...answer }) {
    const found = options as Properties;
    const { critical } = found["thresholds"] as { critical: number };
    return {
      ...toSdk(inputs, { ...found, ...answer }),
      priority: typeof priority === "number" ? String(priority) : undefined,
      monitorThresholds: { critical: String(critical) },
      validate: false,
    };
  },
});
