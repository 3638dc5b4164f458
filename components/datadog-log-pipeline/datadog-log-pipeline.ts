import * as datadog from "@pulumi/datadog";
import * as pulumi from "@pulumi/pulumi";
import { jsonText } from "../../grok/attributes";
import { beyondRecommendations } from "../../grok/pipeline/recommendations";
import { argumentsChecked, inputsOf } from "../../host/argument";
import type { Adopted } from "./adoption";
import { dashboardJson } from "./dashboard";
import { defaults } from "./defaults";
import { pipelineDefinition } from "./definition";
import { explorerOf, type FacetLink, facetLink } from "./explorer";
import { type LogPipeline, placeOf } from "./log-pipeline";
import { metricArgs } from "./metrics";
import { monitorArgs } from "./monitors";
import { pipelineOrder } from "./order";
import { orderOf, type PipelineOrderArgs } from "./placement";
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
  readonly notify?: string[];
  /**
   * Position of the pipeline among those of the organisation: `{ end: "first" }`, `{ end: "last" }`, `{ before: X }` or
   * `{ after: X }`, where X is the id or the exact name of another pipeline, which must exist. The others keep their order.
   * Each run reads the present order from Datadog, after the pipeline is created. At most one pipeline of an organisation can
   * have this; add resources that create other pipelines to its `dependsOn`.
   *
   * @default the order is not managed
   */
  readonly order?: PipelineOrderArgs;
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
 * @example
 * ```ts
 * import { DatadogLogPipeline } from "kube-control";
 *
 * const pipeline = new DatadogLogPipeline("door", {
 *   name: "Front door",
 *   filter: "service:door",
 *   parser: { name: "Door parser", matchRules: "opened %{word:user} opened %{word:door}" },
 *   samples: [{ line: "anna opened garage", attributes: { user: "anna", door: "garage" } }],
 *   facets: ["user"],
 * });
 *
 * export const { pipelineId, facets } = pipeline;
 * ```
 *
 * @throws ResourceError if an argument is not valid, or if a sample fails
 */
export class DatadogLogPipeline extends pulumi.ComponentResource {
  /** The pipeline's id in Datadog. */
  readonly pipelineId: pulumi.Output<string>;
  /** A link to the explorer for each facet. */
  readonly facets: FacetLink[];
  /** URL of the dashboard, if the pipeline has one. */
  readonly dashboardUrl?: pulumi.Output<string>;
  /** The monitors' ids by their keys. */
  readonly monitors: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: DatadogLogPipelineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:DatadogLogPipeline", name, pipelineInputs(args), opts);
    const { filter, description, facets = [], metrics = [], monitors = [], tags = [], notify = [], dashboard } = args;
    const where = placeOf(args);
    const checked = argumentsChecked(this, () => {
      const definition = pipelineDefinition(args);
      verify(args, definition, args.now ?? Date.now());
      return {
        definition,
        order: args.order && orderOf(args.order, `${where}, order`),
        monitors: monitors.map((monitor) => ({ ...monitor, args: monitorArgs({ filter, notify, tags }, monitor) })),
        dashboard: dashboard && dashboardJson(filter, dashboard, where),
      };
    });

    for (const warning of beyondRecommendations(checked.definition)) void pulumi.log.warn(`${where}: ${warning}`, this);

    // `adopted` has no ids of resources in the state: with an id to import, the engine could not replace them.
    const known = (resource: string) => ({ parent: this, import: args.adopted?.[resource] });
    const pipeline = new datadog.LogsCustomPipeline(
      `${name}-pipeline`,
      { ...resourceArgs(checked.definition), description },
      known(`${name}-pipeline`),
    );
    this.pipelineId = pipeline.id;

    if (checked.order !== undefined) {
      pipelineOrder(`${name}-order`, pipeline, { order: checked.order, where }, this);
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

    const made = checked.monitors.map(({ key, args: monitor }) => {
      const resource = `${name}-monitor-${key}`;
      return [key, new datadog.Monitor(resource, monitor, known(resource)).id] as const;
    });
    this.monitors = Object.fromEntries(made);

    if (checked.dashboard !== undefined) {
      const resource = `${name}-dashboard`;
      const { url } = new datadog.DashboardJson(resource, { dashboard: checked.dashboard }, known(resource));
      // The resource has only the path.
      this.dashboardUrl = url.apply((path) => new URL(path, explorer).href);
    }
    const { pipelineId, dashboardUrl } = this;
    this.registerOutputs({ pipelineId, facets: this.facets, dashboardUrl, monitors: this.monitors });
  }
}

/** The component's inputs in the state: all arguments but `file`, `now` and `adopted`, which only this run needs. */
function pipelineInputs(args: DatadogLogPipelineArgs): pulumi.Inputs {
  return {
    ...inputsOf(args, ["name", "description", "filter", "parser", "processors", "remap", "facets"]),
    // The state cannot hold a bigint.
    samples: JSON.parse(jsonText(args.samples)) as LogPipeline["samples"],
    ...inputsOf(args, ["metrics", "dashboard", "monitors", "of", "tags", "site", "explorerUrl", "notify", "order"]),
  };
}
