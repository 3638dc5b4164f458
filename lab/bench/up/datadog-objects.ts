import { type PipelineDefinition } from "../../../grok";
import { pipelineDefinition, qnapPipeline } from "../../../components/datadog-log-pipeline";
import { dashboardJson } from "../../../components/datadog-log-pipeline/dashboard";
import { metricArgs } from "../../../components/datadog-log-pipeline/metrics";
import { monitorQuery } from "../../../components/datadog-log-pipeline/monitors";
import type { Site } from "./site";

/** What the stack has in Datadog, each as the published API takes it. */
export interface DatadogObjects {
  readonly pipeline: PipelineDefinition;
  readonly metrics: readonly { readonly id: string; readonly attributes: object }[];
  readonly monitors: readonly { readonly name: string; readonly [field: string]: unknown }[];
  readonly dashboard: { readonly title: string };
}

export function datadogObjects({ settings }: Site): DatadogObjects {
  const { nas, monitor, datadog } = settings;
  const args = qnapPipeline({ ...nas, agentHost: monitor.name });
  const { filter, metrics = [], monitors = [], tags = [], dashboard } = args;
  if (dashboard === undefined) {
    throw new Error("the pipeline has no dashboard");
  }
  const pipeline = pipelineDefinition(args);
  return {
    // the API leaves a processor off that does not say it is on
    pipeline: { ...pipeline, processors: pipeline.processors.map((one) => ({ is_enabled: true, ...one })) },
    metrics: metrics.map((metric) => ({
      id: metric.name,
      attributes: {
        compute: { aggregation_type: "count" },
        filter: metricArgs(filter, metric).filter,
        group_by: Object.entries(metric.groupBy ?? {}).map(([tag_name, path]) => ({ path, tag_name })),
      },
    })),
    monitors: monitors.map((one) => {
      const alerts = "atLeast" in one.when;
      return {
        name: one.name,
        type: "log alert",
        query: monitorQuery(filter, one),
        message: [one.message, datadog.notify.join(" ")].filter((part) => part !== "").join("\n\n"),
        priority: one.priority ?? null,
        tags: [...tags].sort(),
        draft_status: "published",
        restricted_roles: null,
        options: {
          thresholds: { critical: "atLeast" in one.when ? one.when.atLeast : one.when.fewerThan },
          on_missing_data: "default",
          require_full_window: false,
          enable_logs_sample: alerts,
          include_tags: true,
          new_host_delay: 300,
          notify_no_data: false,
        },
      };
    }),
    dashboard: JSON.parse(dashboardJson(filter, dashboard)) as { title: string },
  };
}
