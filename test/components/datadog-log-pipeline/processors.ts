import type * as datadog from "@pulumi/datadog";
import type { ProcessorDefinition } from "../../../grok/index";

type Processor = datadog.types.input.LogsCustomPipelineProcessor;
/** The name of the case, a processor in the API's format, and the same processor as an argument of the resource. */
type Case = readonly [string, ProcessorDefinition, Processor];

const remappers = [
  ["date-remapper", "dateRemapper"],
  ["status-remapper", "statusRemapper"],
  ["service-remapper", "serviceRemapper"],
  ["message-remapper", "messageRemapper"],
  ["trace-id-remapper", "traceIdRemapper"],
  ["span-id-remapper", "spanIdRemapper"],
] as const;

const api = { name: "n", is_enabled: false };
const sdk = { name: "n", isEnabled: false };
const sources = ["a", "b"];
const target = "t";
const categories = [{ name: "c", filter: { query: "@a:1" } }];

/** Every type of processor with all of its fields. */
export const complete: readonly Case[] = [
  ...remappers.map(([type, kind]): Case => [type, { type, ...api, sources }, { [kind]: { ...sdk, sources } }]),
  [
    "grok-parser",
    {
      type: "grok-parser",
      ...api,
      source: "message",
      samples: ["user bob"],
      grok: { match_rules: "rule user %{word:user}", support_rules: "s x" },
    },
    {
      grokParser: {
        ...sdk,
        source: "message",
        samples: ["user bob"],
        grok: { matchRules: "rule user %{word:user}", supportRules: "s x" },
      },
    },
  ],
  [
    "attribute-remapper",
    {
      type: "attribute-remapper",
      ...api,
      sources,
      source_type: "tag",
      target,
      target_type: "attribute",
      target_format: "integer",
      preserve_source: true,
      override_on_conflict: true,
    },
    {
      attributeRemapper: {
        ...sdk,
        sources,
        sourceType: "tag",
        target,
        targetType: "attribute",
        targetFormat: "integer",
        preserveSource: true,
        overrideOnConflict: true,
      },
    },
  ],
  [
    "category-processor",
    { type: "category-processor", ...api, target, categories },
    { categoryProcessor: { ...sdk, target, categories } },
  ],
  [
    "string-builder-processor",
    { type: "string-builder-processor", ...api, template: "%{a}", target, is_replace_missing: true },
    { stringBuilderProcessor: { ...sdk, template: "%{a}", target, isReplaceMissing: true } },
  ],
  [
    "arithmetic-processor",
    { type: "arithmetic-processor", ...api, expression: "a + b", target, is_replace_missing: true },
    { arithmeticProcessor: { ...sdk, expression: "a + b", target, isReplaceMissing: true } },
  ],
  [
    "lookup-processor",
    { type: "lookup-processor", ...api, source: "s", target, lookup_table: ["a,1", "b,2"], default_lookup: "0" },
    { lookupProcessor: { ...sdk, source: "s", target, lookupTables: ["a,1", "b,2"], defaultLookup: "0" } },
  ],
  [
    "url-parser",
    { type: "url-parser", ...api, sources, target, normalize_ending_slashes: true },
    { urlParser: { ...sdk, sources, target, normalizeEndingSlashes: true } },
  ],
  [
    "user-agent-parser",
    { type: "user-agent-parser", ...api, sources, target, is_encoded: true },
    { userAgentParser: { ...sdk, sources, target, isEncoded: true } },
  ],
  ["geo-ip-parser", { type: "geo-ip-parser", ...api, sources, target }, { geoIpParser: { ...sdk, sources, target } }],
  [
    "array-processor append",
    { type: "array-processor", ...api, operation: { type: "append", source: "s", target, preserve_source: false } },
    { arrayProcessor: { ...sdk, operation: { append: { source: "s", target, preserveSource: false } } } },
  ],
  [
    "array-processor length",
    { type: "array-processor", ...api, operation: { type: "length", source: "s", target } },
    { arrayProcessor: { ...sdk, operation: { length: { source: "s", target } } } },
  ],
  [
    "array-processor select",
    {
      type: "array-processor",
      ...api,
      operation: { type: "select", source: "s", target, filter: "k:v", value_to_extract: "x" },
    },
    { arrayProcessor: { ...sdk, operation: { select: { source: "s", target, filter: "k:v", valueToExtract: "x" } } } },
  ],
  [
    "pipeline",
    {
      type: "pipeline",
      ...api,
      filter: { query: "service:a" },
      processors: [{ type: "date-remapper", ...api, sources }],
    },
    {
      pipeline: {
        ...sdk,
        filters: [{ query: "service:a" }],
        processors: [{ dateRemapper: { ...sdk, sources } }],
      },
    },
  ],
  [
    "lookup-processor with a reference table",
    { type: "lookup-processor", ...api, source: "s", target, lookup_enrichment_table: "shops" },
    { referenceTableLookupProcessor: { ...sdk, source: "s", target, lookupEnrichmentTable: "shops" } },
  ],
  [
    "array-processor with pairs",
    {
      type: "array-processor",
      ...api,
      operation: {
        type: "key-value",
        source: "s",
        target,
        key_to_extract: "k",
        value_to_extract: "v",
        override_on_conflict: true,
      },
    },
    {
      arrayProcessor: {
        ...sdk,
        operation: {
          keyValue: { source: "s", target, keyToExtract: "k", valueToExtract: "v", overrideOnConflict: true },
        },
      },
    },
  ],
  [
    "decoder-processor",
    {
      type: "decoder-processor",
      ...api,
      source: "s",
      target,
      binary_to_text_encoding: "base16",
      input_representation: "integer",
    },
    {
      decoderProcessor: {
        ...sdk,
        source: "s",
        target,
        binaryToTextEncoding: "base16",
        inputRepresentation: "integer",
      },
    },
  ],
  [
    "exclude-attribute",
    { type: "exclude-attribute", ...api, attribute_to_exclude: "a" },
    { excludeAttributeProcessor: { ...sdk, attributeToExclude: "a" } },
  ],
  [
    "array-map-processor",
    {
      type: "array-map-processor",
      ...api,
      source: "s",
      target,
      preserve_source: false,
      processors: [
        { type: "category-processor", name: "c", target: "$targetElem", categories },
        {
          type: "string-builder-processor",
          name: "b",
          template: "x",
          target: "$targetElem.a",
          is_replace_missing: true,
        },
      ],
    },
    {
      arrayMapProcessor: {
        ...sdk,
        source: "s",
        target,
        preserveSource: false,
        processors: [
          { categoryProcessor: { name: "c", target: "$targetElem", categories } },
          { stringBuilderProcessor: { name: "b", template: "x", target: "$targetElem.a", isReplaceMissing: true } },
        ],
      },
    },
  ],
  [
    "schema-processor",
    {
      type: "schema-processor",
      ...api,
      schema: { schema_type: "ocsf", version: "1.5.0", class_uid: 3002, class_name: "Authentication", profiles: ["p"] },
      mappers: [
        {
          type: "schema-category-mapper",
          name: "c",
          categories: [{ name: "Other", id: 99, filter: { query: "*" } }],
          targets: { name: "ocsf.activity_name", id: "ocsf.activity_id" },
          fallback: { values: { "ocsf.activity_id": "99" }, sources: { "ocsf.activity_name": ["a_b", "c"] } },
        },
        {
          type: "schema-remapper",
          name: "r",
          sources,
          target,
          target_format: "string",
          preserve_source: true,
          override_on_conflict: true,
        },
      ],
    },
    {
      schemaProcessor: {
        ...sdk,
        schema: { schemaType: "ocsf", version: "1.5.0", classUid: 3002, className: "Authentication", profiles: ["p"] },
        mappers: [
          {
            schemaCategoryMappers: [
              {
                name: "c",
                categories: [{ name: "Other", id: 99, filter: { query: "*" } }],
                targets: { name: "ocsf.activity_name", id: "ocsf.activity_id" },
                fallback: { values: { "ocsf.activity_id": "99" }, sources: { "ocsf.activity_name": "a_b,c" } },
              },
            ],
          },
          {
            schemaRemappers: [
              { name: "r", sources, target, targetFormat: "string", preserveSource: true, overrideOnConflict: true },
            ],
          },
        ],
      },
    },
  ],
];

const isEnabled = true;

/** Every type of processor with its required fields only: the arguments have the defaults. */
export const minimal: readonly Case[] = [
  ...remappers.map(([type, kind]): Case => [type, { type, sources }, { [kind]: { name: type, isEnabled, sources } }]),
  [
    "grok-parser",
    { type: "grok-parser", source: "message", grok: { match_rules: "r x" } },
    {
      grokParser: {
        name: "grok-parser",
        isEnabled,
        source: "message",
        samples: [],
        grok: { matchRules: "r x", supportRules: "" },
      },
    },
  ],
  [
    "attribute-remapper",
    { type: "attribute-remapper", sources, target },
    {
      attributeRemapper: {
        name: "attribute-remapper",
        isEnabled,
        sources,
        sourceType: "attribute",
        target,
        targetType: "attribute",
        preserveSource: false,
        overrideOnConflict: false,
      },
    },
  ],
  [
    "category-processor",
    { type: "category-processor", target, categories: [] },
    { categoryProcessor: { name: "category-processor", isEnabled, target, categories: [] } },
  ],
  [
    "string-builder-processor",
    { type: "string-builder-processor", template: "%{a}", target },
    {
      stringBuilderProcessor: {
        name: "string-builder-processor",
        isEnabled,
        template: "%{a}",
        target,
        isReplaceMissing: false,
      },
    },
  ],
  [
    "arithmetic-processor",
    { type: "arithmetic-processor", expression: "a", target },
    {
      arithmeticProcessor: {
        name: "arithmetic-processor",
        isEnabled,
        expression: "a",
        target,
        isReplaceMissing: false,
      },
    },
  ],
  [
    "lookup-processor with its table as one text",
    { type: "lookup-processor", source: "s", target, lookup_table: "a,1\nb,2" },
    { lookupProcessor: { name: "lookup-processor", isEnabled, source: "s", target, lookupTables: ["a,1", "b,2"] } },
  ],
  [
    "url-parser",
    { type: "url-parser", sources, target },
    { urlParser: { name: "url-parser", isEnabled, sources, target, normalizeEndingSlashes: false } },
  ],
  [
    "user-agent-parser",
    { type: "user-agent-parser", sources, target },
    { userAgentParser: { name: "user-agent-parser", isEnabled, sources, target, isEncoded: false } },
  ],
  [
    "geo-ip-parser",
    { type: "geo-ip-parser", sources, target },
    { geoIpParser: { name: "geo-ip-parser", isEnabled, sources, target } },
  ],
  [
    "array-processor append",
    { type: "array-processor", operation: { type: "append", source: "s", target } },
    {
      arrayProcessor: {
        name: "array-processor",
        isEnabled,
        operation: { append: { source: "s", target, preserveSource: true } },
      },
    },
  ],
  [
    "pipeline",
    { type: "pipeline", processors: [{ type: "date-remapper", sources }] },
    {
      pipeline: {
        name: "pipeline",
        isEnabled,
        filters: [{ query: "*" }],
        processors: [{ dateRemapper: { name: "date-remapper", isEnabled, sources } }],
      },
    },
  ],
];
