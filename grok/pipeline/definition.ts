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

const lookup = z
  .object({
    type: z.literal("lookup-processor"),
    ...named,
    ...sourceAndTarget,
    /** Lines `key,value`, as a list or as one text. */
    lookup_table: z.union([texts, text], { error: "expected array of strings, or string" }).optional(),
    default_lookup: text.optional(),
    /** Name of a reference table, instead of `lookup_table`. */
    lookup_enrichment_table: text.optional(),
  })
  .refine(
    ({ lookup_table, lookup_enrichment_table }) => lookup_table !== undefined || lookup_enrichment_table !== undefined,
    {
      path: ["lookup_table"],
      error: "is missing: give lookup_table, or lookup_enrichment_table with the name of a reference table",
    },
  );

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
      z.object({
        type: z.literal("key-value"),
        source: text,
        /** Attribute that gets the pairs. Without it, they are attributes of the log. */
        target: text.optional(),
        /** Attributes of each item: the name of an attribute, and its value. */
        key_to_extract: text,
        value_to_extract: text,
        /** Without it, an attribute that exists keeps its value. */
        override_on_conflict: off,
      }),
    ],
    { error: unknownType("operation", ["append", "length", "select", "key-value"]) },
  ),
});

const decoder = z.object({
  type: z.literal("decoder-processor"),
  ...named,
  ...sourceAndTarget,
  binary_to_text_encoding: z.enum(["base64", "base16"]),
  input_representation: z.enum(["utf_8", "integer"]),
});

/** Datadog does not remove them. */
const RESERVED = ["host", "source", "service", "status", "message", "timestamp"];

const excludeAttribute = z.object({
  type: z.literal("exclude-attribute"),
  ...named,
  attribute_to_exclude: text.refine((name) => !RESERVED.includes(name), {
    error: `the reserved attributes cannot be excluded: ${RESERVED.join(", ")}`,
  }),
});

/** In an array map processor, processors write to the item of the target list. */
const targetItem = {
  target: text.regex(/^\$targetElem(\.|$)/, "must be $targetElem, or start with $targetElem."),
};

const itemProcessors = [
  attributeRemapper.omit({ is_enabled: true, source_type: true, target_type: true }).extend(targetItem),
  stringBuilder.omit({ is_enabled: true }).extend(targetItem),
  arithmetic.omit({ is_enabled: true }).extend(targetItem),
  categoryProcessor.omit({ is_enabled: true }).extend(targetItem),
] as const;

const arrayMap = z
  .object({
    type: z.literal("array-map-processor"),
    ...named,
    ...sourceAndTarget,
    preserve_source: on,
    /** Run on each of the first 50 items. `$sourceElem` is the item, other attributes are those of the log. */
    processors: z
      .array(
        z.discriminatedUnion("type", itemProcessors, {
          error: unknownType("processor of items", typesOf(itemProcessors)),
        }),
      )
      .min(1, "expected at least one processor")
      .readonly(),
  })
  .refine(({ source, target, preserve_source }) => preserve_source || source !== target, {
    path: ["preserve_source"],
    error: "must not be false if source and target are the same",
  });

const schemaRemapper = attributeRemapper
  .omit({ type: true, is_enabled: true, source_type: true, target_type: true })
  .extend({ type: z.literal("schema-remapper") });

const schemaCategoryMapper = z.object({
  type: z.literal("schema-category-mapper"),
  name: text.optional(),
  /** The targets get the name and the id of the first category whose filter matches. */
  categories: z.array(z.object({ name: text, id: z.number(), filter: query })).readonly(),
  targets: z.object({ name: text.optional(), id: text.optional() }),
  /** For the targets, by their paths: the values with which the name is taken from a source instead. */
  fallback: z
    .object({
      values: z.record(text, text).optional(),
      /** The first source that exists is used. */
      sources: z.record(text, texts).optional(),
    })
    .optional(),
});

const schemaProcessor = z.object({
  type: z.literal("schema-processor"),
  ...named,
  schema: z.object({
    schema_type: z.literal("ocsf", { error: 'expected "ocsf", the only schema that is known' }),
    version: text,
    class_uid: z.number(),
    class_name: text,
    profiles: texts.optional(),
  }),
  mappers: z
    .array(
      z.discriminatedUnion("type", [schemaRemapper, schemaCategoryMapper], {
        error: unknownType("mapper", ["schema-remapper", "schema-category-mapper"]),
      }),
    )
    .readonly(),
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
  decoder,
  excludeAttribute,
  arrayMap,
  schemaProcessor,
] as const;

/** A nested pipeline cannot contain another one. */
const nestedPipeline = z.object({
  type: z.literal("pipeline"),
  ...named,
  filter,
  processors: z
    .array(z.discriminatedUnion("type", processorShapes, { error: unknownType("processor", typesOf(processorShapes)) }))
    .readonly()
    .default([]),
});

export const processorShape = z.discriminatedUnion("type", [...processorShapes, nestedPipeline], {
  error: unknownType("processor", [...typesOf(processorShapes), "pipeline"]),
});

/** A pipeline as `POST /api/v1/logs/config/pipelines` takes it. */
export const pipelineShape = z.object({
  ...named,
  name: text.min(1, "is empty"),
  filter,
  /** Required, although Datadog takes a pipeline without it: an object without it is mostly something else. */
  processors: z.array(processorShape).readonly(),
});

function typesOf(
  shapes: readonly { readonly shape: { readonly type: { readonly values: Set<string> } } }[],
): readonly string[] {
  return shapes.flatMap(({ shape }) => [...shape.type.values]);
}

function unknownType(what: string, types: readonly string[]) {
  return ({ code, input }: { readonly code: string; readonly input?: unknown }): string | undefined => {
    if (code !== "invalid_union") return undefined;
    const { type } = input as { type: unknown };
    if (type === "pipeline" && what === "processor") return "a nested pipeline cannot contain another pipeline";
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
export type CategoryProcessor = z.output<typeof categoryProcessor>;
export type Decoder = z.output<typeof decoder>;
export type ArrayMapProcessor = z.output<typeof arrayMap>;
export type SchemaProcessor = z.output<typeof schemaProcessor>;
export type SchemaCategoryMapper = z.output<typeof schemaCategoryMapper>;
export type NestedPipeline = z.output<typeof nestedPipeline>;
/** A processor with its defaults. */
export type Processor = z.output<typeof processorShape>;
/** A pipeline with its defaults. */
export type Pipeline = z.output<typeof pipelineShape>;

/** The place of a processor in messages: its position, from 0 in the list, and its name, after the place that contains it. */
export function placeOf(where: string, index: number, { name, type }: Pick<Processor, "name" | "type">): string {
  return `${where}${where === "" ? "" : ", "}processor ${index + 1} (${name ?? type})`;
}

/** An enabled processor of a pipeline. */
export interface PlacedProcessor {
  readonly processor: Processor;
  /** Position and name, after those of the pipelines that contain it. */
  readonly where: string;
  /** Path of the processor in the pipeline: `["processors", 0]`. */
  readonly path: readonly (string | number)[];
}

/** The enabled processors. Those of a nested pipeline come after it, unless it is not enabled. */
export function placedProcessors(
  { processors }: Pick<Pipeline, "processors">,
  where: string,
  path: PlacedProcessor["path"] = [],
): PlacedProcessor[] {
  return processors.flatMap((processor, index) => {
    if (!processor.is_enabled) return [];
    const placed = { processor, where: placeOf(where, index, processor), path: [...path, "processors", index] };
    return processor.type === "pipeline"
      ? [placed, ...placedProcessors(processor, placed.where, placed.path)]
      : [placed];
  });
}

/** All processors; a nested pipeline is followed by the processors in it. */
export function allProcessors({ processors }: Pick<Pipeline, "processors">): Processor[] {
  return processors.flatMap((each) => (each.type === "pipeline" ? [each, ...allProcessors(each)] : [each]));
}

/** The searches of a processor, except those for items of a list. */
export function queriesOf(processor: Processor): string[] {
  if (processor.type === "pipeline") return [processor.filter.query];
  const categories = (each: { readonly categories: readonly { readonly filter: { readonly query: string } }[] }) =>
    each.categories.map(({ filter }) => filter.query);
  if (processor.type === "category-processor") return categories(processor);
  if (processor.type !== "schema-processor") return [];
  return processor.mappers.flatMap((mapper) => (mapper.type === "schema-category-mapper" ? categories(mapper) : []));
}

/** The attributes and tags that a processor sets, except those that a parser's rules name. */
export function targetsOf(processor: Processor): string[] {
  if (processor.type === "schema-processor") {
    const targets = processor.mappers.flatMap((mapper) =>
      mapper.type === "schema-remapper" ? [mapper.target] : [mapper.targets.name, mapper.targets.id],
    );
    return targets.filter((target) => target !== undefined);
  }
  const { target } = processor.type === "array-processor" ? processor.operation : { target: undefined, ...processor };
  return target === undefined ? [] : [target];
}
