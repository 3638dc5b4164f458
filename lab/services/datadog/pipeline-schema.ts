import { z } from "zod";

/**
 * The body of a pipeline as the published API takes it: unknown fields and wrong types are refused. So are the types of
 * processors that `grok/` does not run, rather than that logs silently stay as they are.
 */

const filter = z.strictObject({ query: z.string() });
const sources = z.array(z.string().min(1)).min(1);
const named = { name: z.string().default(""), is_enabled: z.boolean().default(false) };
const castTo = z.enum(["auto", "string", "integer", "double"]);
const place = z.enum(["attribute", "tag"]);

const grokParser = z.strictObject({
  type: z.literal("grok-parser"),
  ...named,
  source: z.string().min(1),
  // an empty text among the samples is refused; an empty list is not
  samples: z.array(z.string().min(1, "a sample must not be empty").max(5000)).max(5, "at most 5 samples").default([]),
  grok: z.strictObject({ support_rules: z.string().default(""), match_rules: z.string().min(1) }),
});

const remapper = <T extends string>(type: T) => z.strictObject({ type: z.literal(type), ...named, sources });

const attributeRemapper = z.strictObject({
  type: z.literal("attribute-remapper"),
  ...named,
  sources,
  source_type: place.default("attribute"),
  target: z.string().min(1),
  target_type: place.default("attribute"),
  target_format: castTo.optional(),
  preserve_source: z.boolean().default(false),
  override_on_conflict: z.boolean().default(false),
});

const target = z.string().min(1);

const categoryProcessor = z.strictObject({
  type: z.literal("category-processor"),
  ...named,
  target,
  categories: z.array(z.strictObject({ filter, name: z.string().min(1) })).min(1),
});

const computed = { ...named, target, is_replace_missing: z.boolean().default(false) };

const arithmeticProcessor = z.strictObject({
  type: z.literal("arithmetic-processor"),
  ...computed,
  expression: z.string().min(1),
});

const stringBuilder = z.strictObject({
  type: z.literal("string-builder-processor"),
  ...computed,
  template: z.string().min(1),
});

const lookupProcessor = z.strictObject({
  type: z.literal("lookup-processor"),
  ...named,
  source: z.string().min(1),
  target,
  lookup_table: z.array(z.string().regex(/^[^,]*,.*$/s, "must be KEY,VALUE")).min(1),
  default_lookup: z.string().optional(),
});

const urlParser = z.strictObject({
  type: z.literal("url-parser"),
  ...named,
  sources,
  target,
  normalize_ending_slashes: z.boolean().default(false),
});

const userAgentParser = z.strictObject({
  type: z.literal("user-agent-parser"),
  ...named,
  sources,
  target,
  is_encoded: z.boolean().default(false),
});

const geoIpParser = z.strictObject({ type: z.literal("geo-ip-parser"), ...named, sources, target });

const between = { source: z.string().min(1), target };
const arrayOperation = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("append"), ...between, preserve_source: z.boolean().default(true) }),
  z.strictObject({ type: z.literal("length"), ...between }),
  z.strictObject({
    type: z.literal("select"),
    ...between,
    filter: z.string().min(1),
    value_to_extract: z.string().min(1),
  }),
]);
const arrayProcessor = z.strictObject({ type: z.literal("array-processor"), ...named, operation: arrayOperation });

const simple = [
  grokParser,
  remapper("date-remapper"),
  remapper("status-remapper"),
  remapper("service-remapper"),
  remapper("message-remapper"),
  remapper("trace-id-remapper"),
  remapper("span-id-remapper"),
  attributeRemapper,
  categoryProcessor,
  arithmeticProcessor,
  stringBuilder,
  lookupProcessor,
  urlParser,
  userAgentParser,
  geoIpParser,
  arrayProcessor,
] as const;

const simpleProcessor = z.discriminatedUnion("type", simple);

/** A pipeline within a pipeline holds no further one. */
const nestedPipeline = z.strictObject({
  type: z.literal("pipeline"),
  ...named,
  description: z.string().optional(),
  tags: z.array(z.string()).optional(),
  filter: filter.default({ query: "" }),
  processors: z.array(simpleProcessor).default([]),
});

export const pipelineBody = z.strictObject({
  name: z.string().min(1),
  description: z.string().optional(),
  tags: z.array(z.string()).optional(),
  is_enabled: z.boolean().default(false),
  filter: filter.default({ query: "" }),
  processors: z.array(z.discriminatedUnion("type", [...simple, nestedPipeline])).default([]),
  // read-only in the published schema: taken and ignored
  id: z.string().optional(),
  type: z.literal("pipeline").optional(),
  is_read_only: z.boolean().optional(),
});

export const pipelineOrderBody = z.strictObject({ pipeline_ids: z.array(z.string()) });

export type PipelineBody = z.output<typeof pipelineBody>;

/** A pipeline as the API answers it. */
export type Pipeline = Omit<PipelineBody, "id" | "type" | "is_read_only"> & {
  readonly id: string;
  readonly type: "pipeline";
  readonly is_read_only: boolean;
};
