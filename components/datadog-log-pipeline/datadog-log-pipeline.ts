import * as datadog from "@pulumi/datadog";
import * as pulumi from "@pulumi/pulumi";
import { argumentsChecked, inputsOf } from "../../host/argument";
import type { Adopted } from "./adoption";
import { dashboardJson } from "./dashboard";
import { checkShape, pipelineDefinition } from "./definition";
import { explorerOf, type FacetLink, facetLink } from "./explorer";
import { type LogPipeline, placeOf } from "./log-pipeline";
import { metricArgs } from "./metrics";
import { monitorArgs } from "./monitors";
import { pipelineOrder } from "./order";
import { orderOf, type PipelineOrderArgs } from "./placement";
import { resourceArgs } from "./resource";
import { prove } from "./samples";

export interface DatadogLogPipelineArgs extends LogPipeline {
  /** Datadog's site, for the links to its explorer. Default datadoghq.com. */
  readonly site?: string;
  /** The explorer's address where it is not the site's own: `https://logs.example.com/logs`. */
  readonly explorerUrl?: string;
  /** Whom the monitors notify: `@name@example.com`, `@slack-ops`. Default nobody: their state is seen in Datadog. */
  readonly notify?: string[];
  /**
   * Where the pipeline stands among the organisation's, which are tried in turn: `{ end: "first" }`, `{ end: "last" }`,
   * `{ before: X }` or `{ after: X }`, X being another one's id or exact name, which is an error where there is none. The others keep their
   * order. Asks Datadog at each run once the pipeline is made. One pipeline of an organisation at most; what makes others
   * at the same time goes into its `dependsOn`. Default: the order is left alone.
   */
  readonly order?: PipelineOrderArgs;
  /** What an earlier run has made in Datadog and could not note. Default: nothing is adopted. */
  readonly adopted?: Adopted;
  /** Milliseconds since 1970 from which the dates of the samples are understood. Default: now. */
  readonly now?: number;
}

/**
 * A log pipeline in Datadog whose rules were proved on samples at preview, before anything is deployed, and what is made
 * of its logs: metrics, a dashboard, monitors.
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
 * @throws ResourceError where a rule or the search is wrong, or where a sample is not read as it says
 */
export class DatadogLogPipeline extends pulumi.ComponentResource {
  /** The pipeline's id in Datadog. */
  readonly pipelineId: pulumi.Output<string>;
  /** A link to the explorer for each facet. */
  readonly facets: FacetLink[];
  /** Where the dashboard is, where there is one. */
  readonly dashboardUrl?: pulumi.Output<string>;
  /** The monitors' ids by their keys. */
  readonly monitors: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: DatadogLogPipelineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:DatadogLogPipeline", name, pipelineInputs(args), opts);
    const { filter, description, facets = [], metrics = [], monitors = [], tags = [], notify = [], dashboard } = args;
    const checked = argumentsChecked(this, () => {
      const definition = pipelineDefinition(args);
      checkShape(args, definition);
      prove(args, definition, args.now ?? Date.now());
      return {
        definition,
        order: args.order && orderOf(args.order, `${placeOf(args)}, order`),
        monitors: monitors.map((monitor) => ({ ...monitor, args: monitorArgs({ filter, notify, tags }, monitor) })),
        dashboard: dashboard && dashboardJson(filter, dashboard),
      };
    });

    // An ID of what the state notes would keep the engine from replacing it.
    const known = (resource: string) => ({ parent: this, import: args.adopted?.[resource] });
    const pipeline = new datadog.LogsCustomPipeline(
      `${name}-pipeline`,
      { ...resourceArgs(checked.definition), description },
      known(`${name}-pipeline`),
    );
    this.pipelineId = pipeline.id;

    if (checked.order !== undefined) {
      pipelineOrder(`${name}-order`, pipeline, { order: checked.order, where: placeOf(args) }, this);
    }

    const explorer = args.explorerUrl ?? explorerOf(args.site ?? "datadoghq.com");
    this.facets = facets.map((facet) => facetLink(explorer, filter, facet));

    for (const metric of metrics) {
      const resource = `${name}-metric-${metric.key}`;
      new datadog.LogsMetric(resource, metricArgs(filter, metric), {
        ...known(resource),
        // A metric that counts something else is another one, which Datadog does not take beside the first of its name.
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
      // Datadog tells the path only.
      this.dashboardUrl = url.apply((path) => new URL(path, explorer).href);
    }
    const { pipelineId, dashboardUrl } = this;
    this.registerOutputs({ pipelineId, facets: this.facets, dashboardUrl, monitors: this.monitors });
  }
}

/** The arguments as the component's inputs in the state; `file` and `now` only tell how samples are read. */
function pipelineInputs(args: DatadogLogPipelineArgs): pulumi.Inputs {
  return {
    ...inputsOf(args, ["name", "description", "filter", "parser", "processors", "remap", "samples", "facets"]),
    ...inputsOf(args, ["metrics", "dashboard", "monitors", "of", "tags", "site", "explorerUrl", "notify", "order"]),
  };
}
