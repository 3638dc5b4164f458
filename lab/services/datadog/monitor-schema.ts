import { z } from "zod";
import { logFilter } from "./engine";
import { parseMonitorQuery } from "./monitor-query";

/**
 * The body of a monitor as the published API takes it: unknown fields and wrong types are refused. So are other types of
 * monitors, and recovery thresholds, which this stand-in does not evaluate.
 */

const count = z.number().int().min(0);
const roles = z.array(z.string()).nullable();

const options = z.strictObject({
  thresholds: z.strictObject({ critical: z.number().optional(), warning: z.number().nullable().optional() }).optional(),
  enable_logs_sample: z.boolean().default(false),
  escalation_message: z.string().optional(),
  evaluation_delay: count.nullable().optional(),
  group_retention_duration: z
    .string()
    .regex(/^\d+[mhd]$/, "is no time span")
    .optional(),
  groupby_simple_monitor: z.boolean().default(false),
  include_tags: z.boolean().default(true),
  locked: z.boolean().optional(),
  new_group_delay: count.nullable().optional(),
  new_host_delay: count.nullable().default(300),
  no_data_timeframe: count.nullable().optional(),
  notification_preset_name: z.enum(["show_all", "hide_query", "hide_handles", "hide_all"]).optional(),
  notify_audit: z.boolean().default(false),
  notify_by: z.array(z.string()).optional(),
  notify_no_data: z.boolean().default(false),
  on_missing_data: z.enum(["default", "show_no_data", "show_and_notify_no_data", "resolve"]).optional(),
  renotify_interval: count.nullable().optional(),
  renotify_occurrences: count.nullable().optional(),
  renotify_statuses: z
    .array(z.enum(["alert", "warn", "no data"]))
    .nullable()
    .optional(),
  require_full_window: z.boolean().optional(),
  silenced: z.record(z.string(), z.number().nullable()).default({}),
  timeout_h: count.max(24).nullable().optional(),
});

export const monitorBody = z
  .strictObject({
    type: z.literal("log alert", { error: "this stand-in has log alerts only" }),
    name: z.string().min(1),
    query: z.string(),
    message: z.string().default(""),
    tags: z.array(z.string()).default([]),
    priority: z.number().int().min(1).max(5).nullable().default(null),
    restricted_roles: roles.default(null),
    draft_status: z.enum(["draft", "published"]).default("published"),
    options: options.prefault({}),
    // read-only in the published schema: taken and ignored
    id: z.number().optional(),
    multi: z.boolean().optional(),
  })
  .check((context) => {
    const { query, options: given } = context.value;
    const wrong = (path: string[], message: string) =>
      context.issues.push({ code: "custom", input: context.value, path, message });
    try {
      const { threshold, search } = parseMonitorQuery(query);
      logFilter(search);
      const critical = given.thresholds?.critical ?? threshold;
      if (critical !== threshold) {
        const message = `Alert threshold (${critical}) does not match that used in the query (${threshold}).`;
        wrong(["options", "thresholds"], message);
      }
    } catch (error) {
      wrong(["query"], `The value provided for parameter 'query' is invalid: ${(error as Error).message}`);
    }
    if (given.on_missing_data !== undefined && (given.notify_no_data || given.no_data_timeframe !== undefined)) {
      wrong(["options", "on_missing_data"], "cannot be combined with notify_no_data or no_data_timeframe");
    }
  });

export type MonitorBody = z.output<typeof monitorBody>;
