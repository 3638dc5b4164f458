import * as datadog from "@pulumi/datadog";
import * as pulumi from "@pulumi/pulumi";
import type { PipelineDefinition, ProcessorDefinition } from "../../grok";
import { explorerOf, type FacetLink, facetLink } from "./explorer";
import { resourceArgs } from "./resource";
import { type LogSample, prove } from "./samples";

/** A pipeline of one source of logs: what it takes, how it reads it, and lines that prove it. */
export interface LogPipeline {
  /** Name in Datadog's list of pipelines. */
  readonly name: string;
  /** Logs that the pipeline takes, in search syntax: `service:qnap-nas`. */
  readonly filter: string;
  /** The Grok parser that reads the message. A bad rule is an error that names rule, column and reason. */
  readonly parser: {
    /** Name in the pipeline's list of processors. */
    readonly name: string;
    /** One rule a line, `name pattern`, tried from top to bottom; at most 10. */
    readonly matchRules: string;
    /** Rules that others use as `%{name}`. Default none. */
    readonly supportRules?: string;
  };
  /** What follows the parser, in the shape of Datadog's API (snake_case); at most 19. Default nothing. */
  readonly processors?: readonly ProcessorDefinition[];
  /**
   * One to five lines that the rules must match, parsed at preview and shown in Datadog beside the rules. A line that no
   * rule matches, or that yields other values than it says, is an error.
   */
  readonly samples: readonly LogSample[];
  /**
   * Attributes that are to be facets. Datadog has no public API for facets: each is checked against what the rules yield
   * (an error where none does) and gets a link to the explorer, where a click makes it. Nothing depends on them. Default none.
   */
  readonly facets?: readonly string[];
}

export interface DatadogLogPipelineArgs extends LogPipeline {
  /** Datadog's site, for the links to its explorer. Default datadoghq.com. */
  readonly site?: string;
  /** The explorer's address where it is not the site's own: `https://logs.example.com/logs`. */
  readonly explorerUrl?: string;
  /** Milliseconds since 1970 from which the dates of the samples are understood. Default: now. */
  readonly now?: number;
}

/**
 * A log pipeline in Datadog whose rules were proved on samples at preview, before anything is deployed.
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

  constructor(name: string, args: DatadogLogPipelineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:DatadogLogPipeline", name, {}, opts);
    const definition = pipelineDefinition(args);
    prove(args, definition, args.now ?? Date.now());

    this.pipeline = new datadog.LogsCustomPipeline(`${name}-pipeline`, resourceArgs(definition), { parent: this });
    this.pipelineId = this.pipeline.id;

    const explorer = args.explorerUrl ?? explorerOf(args.site ?? "datadoghq.com");
    this.facets = (args.facets ?? []).map((facet) => facetLink(explorer, args.filter, facet));
    this.registerOutputs({ pipelineId: this.pipelineId, facets: this.facets });
  }
}

/** The whole pipeline as Datadog's API takes it. */
export function pipelineDefinition({
  name,
  filter,
  parser,
  processors = [],
  samples,
}: LogPipeline): PipelineDefinition {
  return {
    name,
    is_enabled: true,
    filter: { query: filter },
    processors: [
      {
        type: "grok-parser",
        name: parser.name,
        is_enabled: true,
        source: "message",
        samples: samples.map(({ line }) => line),
        grok: { match_rules: parser.matchRules, support_rules: parser.supportRules ?? "" },
      },
      ...processors,
    ],
  };
}
