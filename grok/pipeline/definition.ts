/** What every processor has, in the shape of Datadog's logs pipelines API. */
interface Common {
  readonly name?: string;
  /** Default true. */
  readonly is_enabled?: boolean;
}

export interface GrokParserDefinition extends Common {
  readonly type: "grok-parser";
  /** Attribute that holds the text, mostly `message`. */
  readonly source: string;
  /** At most five, of 5000 characters each. */
  readonly samples?: readonly string[];
  readonly grok: { readonly support_rules?: string; readonly match_rules: string };
}

export interface RemapperDefinition extends Common {
  readonly type:
    | "date-remapper"
    | "status-remapper"
    | "service-remapper"
    | "message-remapper"
    | "trace-id-remapper"
    | "span-id-remapper";
  /** The first that exists counts. */
  readonly sources: readonly string[];
}

export interface AttributeRemapperDefinition extends Common {
  readonly type: "attribute-remapper";
  readonly sources: readonly string[];
  /** Default attribute. */
  readonly source_type?: "attribute" | "tag";
  readonly target: string;
  /** Default attribute. */
  readonly target_type?: "attribute" | "tag";
  /** Default auto: the value as it is. */
  readonly target_format?: "auto" | "string" | "integer" | "double" | "boolean";
  /** Default false: the source is removed. */
  readonly preserve_source?: boolean;
  /** Default false: what the target holds stays. */
  readonly override_on_conflict?: boolean;
}

export interface CategoryProcessorDefinition extends Common {
  readonly type: "category-processor";
  readonly target: string;
  /** The first whose filter holds gives its name. */
  readonly categories: readonly { readonly filter: { readonly query: string }; readonly name: string }[];
}

export interface StringBuilderDefinition extends Common {
  readonly type: "string-builder-processor";
  /** Text with `%{attribute}` in it. */
  readonly template: string;
  readonly target: string;
  /** Default false: nothing is set where an attribute is missing; true: it counts as empty. */
  readonly is_replace_missing?: boolean;
}

export interface ArithmeticDefinition extends Common {
  readonly type: "arithmetic-processor";
  /** Attributes, numbers, `+ - * /` and parentheses. */
  readonly expression: string;
  readonly target: string;
  /** Default false: nothing is set where an attribute is missing; true: it counts as 0. */
  readonly is_replace_missing?: boolean;
}

export interface LookupDefinition extends Common {
  readonly type: "lookup-processor";
  readonly source: string;
  readonly target: string;
  /** Lines `key,value`; also as one text. */
  readonly lookup_table: readonly string[] | string;
  readonly default_lookup?: string;
}

export interface UrlParserDefinition extends Common {
  readonly type: "url-parser";
  readonly sources: readonly string[];
  readonly target: string;
  /** Default false. */
  readonly normalize_ending_slashes?: boolean;
}

export interface UserAgentParserDefinition extends Common {
  readonly type: "user-agent-parser";
  readonly sources: readonly string[];
  readonly target: string;
  /** Default false: the header is not percent-encoded. */
  readonly is_encoded?: boolean;
}

export interface GeoIpParserDefinition extends Common {
  readonly type: "geo-ip-parser";
  readonly sources: readonly string[];
  readonly target: string;
}

export interface ArrayProcessorDefinition extends Common {
  readonly type: "array-processor";
  readonly operation:
    | { readonly type: "append"; readonly source: string; readonly target: string; readonly preserve_source?: boolean }
    | { readonly type: "length"; readonly source: string; readonly target: string }
    | {
        readonly type: "select";
        readonly source: string;
        readonly target: string;
        /** In search syntax, against each item. */
        readonly filter: string;
        /** Which attribute of the first item that fits. */
        readonly value_to_extract: string;
      };
}

export interface NestedPipelineDefinition extends Common {
  readonly type: "pipeline";
  readonly filter?: { readonly query: string };
  readonly processors: readonly ProcessorDefinition[];
}

export type ProcessorDefinition =
  | GrokParserDefinition
  | RemapperDefinition
  | AttributeRemapperDefinition
  | CategoryProcessorDefinition
  | StringBuilderDefinition
  | ArithmeticDefinition
  | LookupDefinition
  | UrlParserDefinition
  | UserAgentParserDefinition
  | GeoIpParserDefinition
  | ArrayProcessorDefinition
  | NestedPipelineDefinition;

/** A pipeline as `POST /api/v1/logs/config/pipelines` takes it. */
export interface PipelineDefinition extends Common {
  readonly name: string;
  readonly filter?: { readonly query: string };
  readonly processors: readonly ProcessorDefinition[];
}

/** The processors, each nested pipeline followed by its own. */
export function allProcessors({ processors }: Pick<PipelineDefinition, "processors">): ProcessorDefinition[] {
  return processors.flatMap((each) => (each.type === "pipeline" ? [each, ...allProcessors(each)] : [each]));
}
