import { z } from "zod";
import { nearest } from "../nearest";

// The shape of a pipeline in Datadog's API, with the defaults of optional fields. The types, the check of a pipeline file, the
// engine's pipelines, the arguments of the Pulumi resource and the lab's stand-ins for Datadog are derived from it.
// See https://docs.datadoghq.com/api/latest/logs-pipelines/

/** Datadog's limits for a parser: number of samples, and characters of each. */
export const MOST_SAMPLES = 5;
export const LONGEST_SAMPLE = 5000;

const text = z.string();
const texts = z.array(text).readonly();
const off = z.boolean().default(false);
const on = z.boolean().default(true);
const query = z.object({ query: text });
/** Logs that a pipeline takes, in search syntax. */
const filter = query.default({ query: "*" });
const attributeOrTag = z.enum(["attribute", "tag"]).default("attribute");

const named = { name: text.optional(), is_enabled: on };
/** The first source that exists is used. */
const sources = { sources: texts };
const target = { target: text };
const sourceAndTarget = { source: text, ...target };

const grokParser = z.object({
  type: z.literal("grok-parser"),
  ...named,
  /** Attribute that holds the text, mostly `message`. */
  source: text,
  /** At most {@link MOST_SAMPLES}, of 1 to {@link LONGEST_SAMPLE} characters each. */
  samples: texts.default([]),
  grok: z.object({ match_rules: text, support_rules: text.default("") }),
});

const remapper = z.object({
  type: z.literal([
    "date-remapper",
    "status-remapper",
    "service-remapper",
    "message-remapper",
    "trace-id-remapper",
    "span-id-remapper",
  ]),
  ...named,
  ...sources,
});

const attributeRemapper = z.object({
  type: z.literal("attribute-remapper"),
  ...named,
  ...sources,
  source_type: attributeOrTag,
  ...target,
  target_type: attributeOrTag,
  /** @default auto: the value keeps its type */
  target_format: z.enum(["auto", "string", "integer", "double"]).optional(),
  /** Without it, the source is removed. */
  preserve_source: off,
  /** Without it, a target that exists keeps its value. */
  override_on_conflict: off,
});

const categoryProcessor = z.object({
  type: z.literal("category-processor"),
  ...named,
  ...target,
  /** The target gets the name of the first category whose filter matches. */
  categories: z.array(z.object({ name: text, filter: query })).readonly(),
});

const stringBuilder = z.object({
  type: z.literal("string-builder-processor"),
  ...named,
  /** Text with `%{attribute}` in it. */
  template: text,
  ...target,
  /** Use the empty text for a missing attribute. Without it, a missing attribute means that nothing is set. */
  is_replace_missing: off,
});

const arithmetic = z.object({
  type: z.literal("arithmetic-processor"),
  ...named,
  /** Attributes, numbers, `+ - * /` and parentheses. */
  expression: text,
  ...target,
  /** Use 0 for a missing attribute. Without it, a missing attribute means that nothing is set. */
  is_replace_missing: off,
});

const lookup = z.object({
  type: z.literal("lookup-processor"),
  ...named,
  ...sourceAndTarget,
  /** Lines `key,value`, as a list or as one text. */
  lookup_table: z.union([texts, text], { error: "expected array of strings, or string" }),
  default_lookup: text.optional(),
});

const urlParser = z.object({
  type: z.literal("url-parser"),
  ...named,
  ...sources,
  ...target,
  normalize_ending_slashes: off,
});

const userAgentParser = z.object({
  type: z.literal("user-agent-parser"),
  ...named,
  ...sources,
  ...target,
  /** The header is percent-encoded. */
  is_encoded: off,
});

const geoIpParser = z.object({ type: z.literal("geo-ip-parser"), ...named, ...sources, ...target });

const arrayProcessor = z.object({
  type: z.literal("array-processor"),
  ...named,
  operation: z.discriminatedUnion(
    "type",
    [
      z.object({ type: z.literal("append"), ...sourceAndTarget, preserve_source: on }),
      z.object({ type: z.literal("length"), ...sourceAndTarget }),
      z.object({
        type: z.literal("select"),
        ...sourceAndTarget,
        /** Search syntax, applied to each item. */
        filter: text,
        /** Attribute to take from the first item that matches. */
        value_to_extract: text,
      }),
    ],
    { error: unknownType("operation", ["append", "length", "select"]) },
  ),
});

const processorShapes = [
  grokParser,
  remapper,
  attributeRemapper,
  categoryProcessor,
  stringBuilder,
  arithmetic,
  lookup,
  urlParser,
  userAgentParser,
  geoIpParser,
  arrayProcessor,
] as const;
const typesOf = (shapes: readonly { readonly shape: { readonly type: { readonly values: Set<string> } } }[]) =>
  shapes.flatMap(({ shape }) => [...shape.type.values]);

/** A nested pipeline cannot contain another one. */
const nestedPipeline = z.object({
  type: z.literal("pipeline"),
  ...named,
  filter,
  processors: z
    .array(z.discriminatedUnion("type", processorShapes, { error: unknownType("processor", typesOf(processorShapes)) }))
    .readonly(),
});

export const processorShape = z.discriminatedUnion("type", [...processorShapes, nestedPipeline], {
  error: unknownType("processor", [...typesOf(processorShapes), "pipeline"]),
});

/** A pipeline as `POST /api/v1/logs/config/pipelines` takes it. */
export const pipelineShape = z.object({
  ...named,
  name: text.min(1, "is empty"),
  filter,
  processors: z.array(processorShape).readonly(),
});

function unknownType(what: string, types: readonly string[]) {
  return ({ code, input }: { readonly code: string; readonly input?: unknown }): string | undefined => {
    if (code !== "invalid_union") return undefined;
    const { type } = input as { type: unknown };
    if (type === "pipeline") return "a nested pipeline cannot contain another pipeline";
    return typeof type === "string"
      ? `unknown ${what} type "${type}"${nearest(type, types)}`
      : `expected string, received ${type === null ? "null" : typeof type}`;
  };
}

/** A processor as it is written: fields with a default can be missing. */
export type ProcessorDefinition = z.input<typeof processorShape>;
/** A pipeline as it is written: fields with a default can be missing. */
export type PipelineDefinition = z.input<typeof pipelineShape>;

export type GrokParser = z.output<typeof grokParser>;
export type Remapper = z.output<typeof remapper>;
export type AttributeRemapper = z.output<typeof attributeRemapper>;
export type StringBuilder = z.output<typeof stringBuilder>;
export type Arithmetic = z.output<typeof arithmetic>;
export type Lookup = z.output<typeof lookup>;
export type ArrayProcessor = z.output<typeof arrayProcessor>;
export type NestedPipeline = z.output<typeof nestedPipeline>;
/** A processor with its defaults. */
export type Processor = z.output<typeof processorShape>;
/** A pipeline with its defaults. */
export type Pipeline = z.output<typeof pipelineShape>;

/** All processors; a nested pipeline is followed by the processors in it. */
export function allProcessors({ processors }: Pick<Pipeline, "processors">): Processor[] {
  return processors.flatMap((each) => (each.type === "pipeline" ? [each, ...allProcessors(each)] : [each]));
}
