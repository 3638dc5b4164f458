import { choice, flag, list, record, required, text } from "../protocol/schema";
import type { Properties } from "../protocol/value";
import { membersOf } from "./collection";

// The official plugin sends these where the program says nothing.
const unsaid = { draft_status: "published", restricted_roles: null };
const unsaidOptions = { include_tags: true, new_host_delay: 300, notify_no_data: false, renotify_statuses: null };

/** `datadog:index/monitor:Monitor`, for log alerts. */
export const monitor = membersOf({
  what: "monitor",
  path: "/api/v1/monitor",
  changedBy: "PUT",
  inputs: {
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
  },
  check: ({ validate }) =>
    validate === false
      ? []
      : [{ property: "validate", reason: `"validate" must be false: this stand-in asks nobody at a preview` }],
  body({ name, type, query, message, priority, tags, ...given }) {
    const { critical } = given["monitorThresholds"] as Properties;
    return {
      name,
      type,
      query,
      message,
      priority: priority === undefined ? null : Number(priority),
      tags,
      ...unsaid,
      options: {
        ...unsaidOptions,
        thresholds: { critical: Number(critical) },
        on_missing_data: given["onMissingData"],
        require_full_window: given["requireFullWindow"],
        enable_logs_sample: given["enableLogsSample"],
      },
    };
  },
  shown({ name, type, query, message, priority, tags, options }) {
    const found = options as Properties;
    const { critical } = found["thresholds"] as { critical: number };
    return {
      name,
      type,
      query,
      message,
      priority: typeof priority === "number" ? String(priority) : undefined,
      tags,
      monitorThresholds: { critical: String(critical) },
      onMissingData: found["on_missing_data"],
      requireFullWindow: found["require_full_window"],
      enableLogsSample: found["enable_logs_sample"],
      validate: false,
    };
  },
});
