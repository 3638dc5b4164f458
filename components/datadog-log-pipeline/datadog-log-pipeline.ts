import * as datadog from "@pulumi/datadog";
import * as pulumi from "@pulumi/pulumi";
import { dashboardJson } from "./dashboard";
import { pipelineDefinition } from "./definition";
import { adoptable, type HeldByDatadog, nothingHeld } from "./held";
import { explorerOf, type FacetLink, facetLink } from "./explorer";
import { type LogPipeline, placeOf } from "./log-pipeline";
import { metricArgs } from "./metrics";
import { monitorArgs } from "./monitors";
import { isMarked } from "./of-stack";
import { pipelineOrder } from "./order";
import type { PipelineOrder } from "./placement";
import { resourceArgs } from "./resource";
import { prove } from "./samples";

export interface DatadogLogPipelineArgs extends LogPipeline {
  /** Datadog's site, for the links to its explorer. Default datadoghq.com. */
  readonly site?: string;
  /** The explorer's address where it is not the site's own: `https://logs.example.com/logs`. */
  readonly explorerUrl?: string;
  /** Whom the monitors notify: `@name@example.com`, `@slack-ops`. Default nobody: their state is seen in Datadog. */
  readonly notify?: readonly string[];
  /**
   * Where the pipeline stands among the organisation's, which are tried in turn: `"first"`, `"last"`, `{ before: X }` or
   * `{ after: X }`, X being another one's id or exact name, which is an error where there is none. The others keep their
   * order. Asks Datadog at each run once the pipeline is made. One pipeline of an organisation at most; what makes others
   * at the same time goes into its `dependsOn`. Default: the order is left alone.
   */
  readonly order?: PipelineOrder;
  /** What Datadog has already. Default: nothing is adopted. */
  readonly held?: HeldByDatadog;
  /** Milliseconds since 1970 from which the dates of the samples are understood. Default: now. */
  readonly now?: number;
}

/**
 * A log pipeline in Datadog whose rules were proved on samples at preview, before anything is deployed, and what is made
 * of its logs: metrics, a dashboard, monitors.
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
  /** Where the dashboard is, where there is one. */
  readonly dashboardUrl?: pulumi.Output<string>;
  /** The monitors' ids by their keys. */
  readonly monitors: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: DatadogLogPipelineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:DatadogLogPipeline", name, {}, opts);
    const { filter, facets = [], metrics = [], monitors = [], tags = [], notify = [], dashboard } = args;
    const definition = pipelineDefinition(args);
    prove(args, definition, args.now ?? Date.now());

    const adopted = adoption(args);
    this.pipeline = new datadog.LogsCustomPipeline(`${name}-pipeline`, resourceArgs(definition), {
      parent: this,
      import: adopted("pipelines", definition.name),
    });
    this.pipelineId = this.pipeline.id;

    if (args.order !== undefined) {
      pipelineOrder(`${name}-order`, this.pipeline, { order: args.order, where: placeOf(args) }, this);
    }

    const explorer = args.explorerUrl ?? explorerOf(args.site ?? "datadoghq.com");
    this.facets = facets.map((facet) => facetLink(explorer, filter, facet));

    for (const metric of metrics) {
      this.warnOfCollision(args, metric.name);
      // A metric that counts something else is another one, which Datadog does not take beside the first of its name.
      const alone = { parent: this, deleteBeforeReplace: true };
      new datadog.LogsMetric(`${name}-metric-${metric.key}`, metricArgs(filter, metric), {
        ...alone,
        import: adopted("metrics", metric.name),
        ignoreChanges: metric.keepsName === true ? ["name"] : [],
      });
    }

    const made = monitors.map((monitor) => {
      const monitorOf = monitorArgs({ filter, notify, tags }, monitor);
      return [
        monitor.key,
        new datadog.Monitor(`${name}-monitor-${monitor.key}`, monitorOf, {
          parent: this,
          import: adopted("monitors", monitor.name),
        }).id,
      ] as const;
    });
    this.monitors = Object.fromEntries(made);

    if (dashboard !== undefined) {
      const json = dashboardJson(filter, dashboard);
      const { url } = new datadog.DashboardJson(
        `${name}-dashboard`,
        { dashboard: json },
        { parent: this, import: adopted("dashboards", dashboard.title) },
      );
      // Datadog tells the path only.
      this.dashboardUrl = url.apply((path) => new URL(path, explorer).href);
    }
    const { pipelineId, dashboardUrl } = this;
    this.registerOutputs({ pipelineId, facets: this.facets, dashboardUrl, monitors: this.monitors });
  }

  /** Datadog takes no second metric of a name. Others in its list are told apart by their ids. */
  private warnOfCollision({ of, held = nothingHeld }: DatadogLogPipelineArgs, metric: string): void {
    const other = held.metrics.find(({ name, about }) => of !== undefined && name === metric && !isMarked(of, about));
    if (other === undefined) return;
    const warning =
      `Datadog has a metric ${metric} that counts others' lines (${other.about}). Unless this stack has made it, it cannot be ` +
      "made: give this stack a kube-control:nas.service of its own.";
    void pulumi.log.warn(warning, this);
  }
}

/**
 * Finds what an earlier run of the stack has made and could not note. An import over what the state holds already changes
 * nothing, for the ids are the same.
 */
function adoption({ of, filter, held = nothingHeld }: DatadogLogPipelineArgs) {
  return (kind: keyof HeldByDatadog, name: string): string | undefined =>
    of === undefined
      ? undefined
      : adoptable(held[kind], name, (about) => isMarked(of, about) || (kind === "pipelines" && about === filter));
}
