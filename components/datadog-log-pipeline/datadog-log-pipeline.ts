import * as datadog from "@pulumi/datadog";
import * as pulumi from "@pulumi/pulumi";
import type { Adopted } from "./adoption";
import { dashboardJson } from "./dashboard";
import { defaults } from "./defaults";
import { pipelineDefinition } from "./definition";
import { explorerOf, type FacetLink, facetLink } from "./explorer";
import { type LogPipeline, placeOf } from "./log-pipeline";
import { metricArgs } from "./metrics";
import { monitorArgs } from "./monitors";
import { pipelineOrder } from "./order";
import type { PipelineOrder } from "./placement";
import { resourceArgs } from "./resource";
import { verify } from "./samples";

export interface DatadogLogPipelineArgs extends LogPipeline {
  /**
   * Datadog site, for the links to the Log Explorer.
   *
   * @default `defaults.site`
   */
  readonly site?: string;
  /**
   * URL of the Log Explorer: `https://logs.example.com/logs`.
   *
   * @default that of the site
   */
  readonly explorerUrl?: string;
  /**
   * Recipients of the monitors' notifications: `@name@example.com`, `@slack-ops`.
   *
   * @default none
   */
  readonly notify?: readonly string[];
  /**
   * Position of the pipeline among those of the organisation: `"first"`, `"last"`, `{ before: X }` or `{ after: X }`, where X
   * is the id or the exact name of another pipeline, which must exist. The others keep their order. Each run reads the present
   * order from Datadog, after the pipeline is created. At most one pipeline of an organisation can have this; add resources
   * that create other pipelines to its `dependsOn`.
   *
   * @default the order is not managed
   */
  readonly order?: PipelineOrder;
  /**
   * Ids of what an earlier run created in Datadog, but that is not in the state. It is imported.
   *
   * @default nothing is imported
   */
  readonly adopted?: Adopted;
  /**
   * Current time in milliseconds since 1970, to complete dates in samples without a year.
   *
   * @default the system clock
   */
  readonly now?: number;
}

/**
 * A log pipeline in Datadog, with metrics, a dashboard and monitors of its logs. A preview runs the samples through the
 * pipeline, so that bad rules are found before anything is deployed.
 *
 * ```ts
 * new DatadogLogPipeline("qnap-nas", qnapPipeline({ timezone: "Asia/Singapore" }), { provider: datadogProvider });
 * ```
 */
export class DatadogLogPipeline extends pulumi.ComponentResource {
  /** The pipeline's id in Datadog. */
  readonly pipelineId: pulumi.Output<string>;
  /** A link to the explorer for each facet. */
  readonly facets: readonly FacetLink[];
  readonly pipeline: datadog.LogsCustomPipeline;
  /** URL of the dashboard, if the pipeline has one. */
  readonly dashboardUrl?: pulumi.Output<string>;
  /** The monitors' ids by their keys. */
  readonly monitors: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: DatadogLogPipelineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:DatadogLogPipeline", name, {}, opts);
    const { filter, description, facets = [], metrics = [], monitors = [], tags = [], notify = [], dashboard } = args;
    const definition = pipelineDefinition(args);
    verify(args, definition, args.now ?? Date.now());

    // `adopted` has no ids of resources in the state: with an id to import, the engine could not replace them.
    const known = (resource: string) => ({ parent: this, import: args.adopted?.[resource] });
    this.pipeline = new datadog.LogsCustomPipeline(
      `${name}-pipeline`,
      { ...resourceArgs(definition), description },
      known(`${name}-pipeline`),
    );
    this.pipelineId = this.pipeline.id;

    if (args.order !== undefined) {
      pipelineOrder(`${name}-order`, this.pipeline, { order: args.order, where: placeOf(args) }, this);
    }

    const explorer = args.explorerUrl ?? explorerOf(args.site ?? defaults.site);
    this.facets = facets.map((facet) => facetLink(explorer, filter, facet));

    for (const metric of metrics) {
      const resource = `${name}-metric-${metric.key}`;
      new datadog.LogsMetric(resource, metricArgs(filter, metric), {
        ...known(resource),
        // Datadog does not allow two metrics with the same name.
        deleteBeforeReplace: true,
        ignoreChanges: metric.keepsName === true ? ["name"] : [],
      });
    }

    const made = monitors.map((monitor) => {
      const resource = `${name}-monitor-${monitor.key}`;
      const monitorOf = monitorArgs({ filter, notify, tags }, monitor);
      return [monitor.key, new datadog.Monitor(resource, monitorOf, known(resource)).id] as const;
    });
    this.monitors = Object.fromEntries(made);

    if (dashboard !== undefined) {
      const json = dashboardJson(filter, dashboard);
      const resource = `${name}-dashboard`;
      const { url } = new datadog.DashboardJson(resource, { dashboard: json }, known(resource));
      // The resource has only the path.
      this.dashboardUrl = url.apply((path) => new URL(path, explorer).href);
    }
    const { pipelineId, dashboardUrl } = this;
    this.registerOutputs({ pipelineId, facets: this.facets, dashboardUrl, monitors: this.monitors });
  }
}
