import { randomInt } from "node:crypto";
import { z } from "zod";
import type { RecentLines } from "../json-lines";
import type { Kept } from "./account";
import { checkQueryOf, evaluateChecks, type Group, overallState } from "./check-monitors";
import type { Collection } from "./collection";
import { evaluateLogs, logQueryOf } from "./log-monitors";
import type { StoredLog } from "./logs";
import { evaluateMetric, metricAlertOf } from "./metric-monitors";
import type { Point } from "./metric-points";
import { parsed, refusal } from "./refusal";
import type { CheckRun } from "./submissions";

/** The fields of every monitor that kube-control sends. Any other field is refused, so that a mistake is noticed. */
const common = {
  name: z.string().min(1),
  query: z.string(),
  message: z.string(),
  tags: z.array(z.string()),
  priority: z.number().int().min(1).max(5).nullable(),
  restricted_roles: z.null().optional(),
  draft_status: z.literal("published").optional(),
  // accepted and ignored, because the path contains the id
  id: z.number().optional(),
};
const commonOptions = {
  include_tags: z.boolean().optional(),
  new_host_delay: z.number().optional(),
  renotify_statuses: z.null().optional(),
  require_full_window: z.boolean().optional(),
};

const logAlert = z.strictObject({
  ...common,
  type: z.literal("log alert"),
  options: z.strictObject({
    ...commonOptions,
    thresholds: z.strictObject({ critical: z.number() }),
    enable_logs_sample: z.boolean().optional(),
    notify_no_data: z.literal(false).optional(),
    on_missing_data: z.literal("default").optional(),
  }),
});

const count = z.number().int().min(1);
const minutes = z.number().int().min(0).nullable();
const serviceCheck = z.strictObject({
  ...common,
  type: z.literal("service check"),
  options: z.strictObject({
    ...commonOptions,
    thresholds: z.strictObject({ critical: count, warning: count.default(1), ok: count.default(1) }),
    notify_no_data: z.boolean().default(false),
    // Datadog recommends at least two minutes
    no_data_timeframe: minutes.optional(),
    renotify_interval: minutes.optional(),
  }),
});

const metricAlert = z.strictObject({
  ...common,
  type: z.literal("query alert"),
  options: z.strictObject({
    ...commonOptions,
    thresholds: z.strictObject({ critical: z.number() }),
    notify_no_data: z.boolean().default(false),
    no_data_timeframe: minutes.optional(),
    renotify_interval: minutes.optional(),
  }),
});

const monitorBody = z.discriminatedUnion("type", [logAlert, serviceCheck, metricAlert]).check((context) => {
  const { value } = context;
  const wrong = (path: string[], message: string) =>
    context.issues.push({ code: "custom", input: value, path, message });
  try {
    if (value.type === "service check") {
      checkQueryOf(value.query, value.options.thresholds);
      return;
    }
    const { threshold } = value.type === "query alert" ? metricAlertOf(value.query) : logQueryOf(value.query);
    if (value.options.thresholds.critical !== threshold) {
      wrong(["options", "thresholds"], `does not match that used in the query (${threshold})`);
    }
  } catch (error) {
    wrong(["query"], `The value provided for parameter 'query' is invalid: ${(error as Error).message}`);
  }
});

/** A monitor as it is stored. */
type Monitor = z.output<typeof monitorBody> & {
  readonly id: number;
  readonly created: string;
  readonly modified: string;
};

interface Watched {
  readonly logs: RecentLines<StoredLog>;
  readonly runs: RecentLines<CheckRun>;
  readonly points: RecentLines<Point>;
  readonly now: () => number;
}

/** The organisation's monitors. Each is evaluated on logs, results of checks or metrics whenever it is read. */
export function monitors(kept: Kept<Monitor>, { logs, runs, points, now }: Watched): Collection<Monitor> {
  const stateOf = ({ type, query, options }: Monitor) => {
    switch (type) {
      case "service check":
        return checkState(evaluateChecks(query, options, runs.all(), now()));
      case "query alert":
        return { overall_state: evaluateMetric(query, options, points.all(), now()), multi: false };
      default:
        return evaluateLogs(query, logs.all(), now());
    }
  };
  const shown = (monitor: Monitor) => ({ ...monitor, ...stateOf(monitor) });
  return {
    path: "/api/v1/monitor",
    changedBy: "PUT",
    kept,
    from(body, before) {
      const modified = new Date(now()).toISOString();
      const given = parsed(monitorBody, body, "Invalid monitor");
      return { ...given, id: before?.id ?? randomInt(1e8, 1e9), created: before?.created ?? modified, modified };
    },
    one: shown,
    all: (monitors) => monitors.map(shown),
    removed: ({ id }) => ({ status: 200, body: { deleted_monitor_id: id } }),
    missing: () => refusal(404, "Monitor not found"),
  };
}

/** The state of a monitor and of its groups. Datadog shows the groups only if `group_states` asks for them. */
function checkState(groups: readonly Group[]) {
  const states = groups.map(({ name, status }) => [name, { name, status }] as const);
  return { overall_state: overallState(groups), multi: true, state: { groups: Object.fromEntries(states) } };
}
