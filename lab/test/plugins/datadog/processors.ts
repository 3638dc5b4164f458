// The kinds of processors are a table of their own, so that the tests of the pipeline stay readable.

import type { Properties, Value } from "../../../plugins/protocol/value";

const named = { name: "n", isEnabled: true };
const from = { ...named, sources: ["a", "b"] };
const api = { name: "n", is_enabled: true };
const apiFrom = { ...api, sources: ["a", "b"] };
const categories = [{ name: "c", filter: { query: "@a:1" } }];
const remappers: [Properties, object][] = ["date", "message", "service", "spanId", "status", "traceId"].map((name) => [
  { [`${name}Remapper`]: from },
  { type: `${name.replace("Id", "-id")}-remapper`, ...apiFrom },
]);
const cases: [Properties, object][] = [
  ...remappers,
  [
    {
      grokParser: {
        ...named,
        source: "message",
        samples: ["user bob"],
        grok: { matchRules: "rule user %{word:user}", supportRules: "s x" },
      },
    },
    {
      type: "grok-parser",
      ...api,
      source: "message",
      samples: ["user bob"],
      grok: { match_rules: "rule user %{word:user}", support_rules: "s x" },
    },
  ],
  [
    {
      attributeRemapper: {
        ...from,
        sourceType: "tag",
        target: "t",
        targetType: "attribute",
        targetFormat: "integer",
        preserveSource: true,
        overrideOnConflict: false,
      },
    },
    {
      type: "attribute-remapper",
      ...apiFrom,
      source_type: "tag",
      target: "t",
      target_type: "attribute",
      target_format: "integer",
      preserve_source: true,
      override_on_conflict: false,
    },
  ],
  [
    { categoryProcessor: { ...named, target: "t", categories } },
    { type: "category-processor", ...api, target: "t", categories },
  ],
  [
    { arithmeticProcessor: { ...named, expression: "a + b", target: "t", isReplaceMissing: true } },
    { type: "arithmetic-processor", ...api, expression: "a + b", target: "t", is_replace_missing: true },
  ],
  [
    { stringBuilderProcessor: { ...named, template: "%{a}", target: "t", isReplaceMissing: false } },
    { type: "string-builder-processor", ...api, template: "%{a}", target: "t", is_replace_missing: false },
  ],
  [
    { urlParser: { ...from, target: "t", normalizeEndingSlashes: true } },
    { type: "url-parser", ...apiFrom, target: "t", normalize_ending_slashes: true },
  ],
  [
    { userAgentParser: { ...from, target: "t", isEncoded: true } },
    { type: "user-agent-parser", ...apiFrom, target: "t", is_encoded: true },
  ],
  [{ geoIpParser: { ...from, target: "t" } }, { type: "geo-ip-parser", ...apiFrom, target: "t" }],
  [
    { lookupProcessor: { ...named, source: "s", target: "t", lookupTables: ["a,1"], defaultLookup: "0" } },
    { type: "lookup-processor", ...api, source: "s", target: "t", lookup_table: ["a,1"], default_lookup: "0" },
  ],
  ...(
    [
      [{ length: { source: "s", target: "t" } }, { type: "length", source: "s", target: "t" }],
      [
        { append: { source: "s", target: "t", preserveSource: false } },
        { type: "append", source: "s", target: "t", preserve_source: false },
      ],
      [
        { select: { source: "s", target: "t", filter: "k:v", valueToExtract: "x" } },
        { type: "select", source: "s", target: "t", filter: "k:v", value_to_extract: "x" },
      ],
    ] as [Value, object][]
  ).map(([operation, apiOperation]): [Properties, object] => [
    { arrayProcessor: { ...named, operation } },
    { type: "array-processor", ...api, operation: apiOperation },
  ]),
  [
    {
      pipeline: {
        ...named,
        filters: [{ query: "*" }],
        processors: [{ dateRemapper: from }],
      },
    },
    {
      type: "pipeline",
      ...api,
      filter: { query: "*" },
      processors: [{ type: "date-remapper", ...apiFrom }],
    },
  ],
];

/** Each kind of processor by its name: in the SDK's words with nothing left out, and in the API's. */
export const processors = cases.map(([processor, expected]): [string, Properties, object] => {
  const [[kind, given] = ["", {}]] = Object.entries(processor);
  const [operation] = Object.keys((given as Properties)["operation"] ?? {});
  return [[kind, operation].filter(Boolean).join(" "), processor, expected];
});
