import { compareInputs } from "../protocol/diff";
import { choice, flag, list, record, required, text, type Field, type Fields, type Shape } from "../protocol/schema";
import { membersOf } from "./collection";
import { toApi, toSdk } from "./names";

// The official plugin sends what is left out as empty or false.
const optionalFlag: Field = { ...flag, fallback: false };
const named: Fields = { name: { ...text, fallback: "" }, isEnabled: optionalFlag };
const filter = required(record({ query: required(text) }));
const source = required(text);
const sources = required(list(text));
const target = required(text);

/** What an array processor does. */
const operations: Fields = {
  append: record({ source, target, preserveSource: { ...flag, fallback: true } }),
  length: record({ source, target }),
  select: record({ source, target, filter: required(text), valueToExtract: required(text) }),
};

/** The kinds of processors that components/datadog-log-pipeline makes, by the SDK's name. */
const kinds: Readonly<Record<string, Fields>> = {
  arithmeticProcessor: { expression: required(text), target, isReplaceMissing: optionalFlag },
  arrayProcessor: { operation: required(record(operations)) },
  attributeRemapper: {
    sources,
    sourceType: required(text),
    target,
    targetType: required(text),
    targetFormat: choice("auto", "string", "integer", "double"),
    preserveSource: optionalFlag,
    overrideOnConflict: optionalFlag,
  },
  categoryProcessor: { target, categories: required(list(record({ name: required(text), filter }))) },
  dateRemapper: { sources },
  geoIpParser: { sources, target },
  grokParser: {
    source,
    samples: { ...list(text), fallback: [] },
    grok: required(record({ matchRules: required(text), supportRules: required(text) })),
  },
  lookupProcessor: { source, target, lookupTables: required(list(text)), defaultLookup: text },
  messageRemapper: { sources },
  serviceRemapper: { sources },
  spanIdRemapper: { sources },
  statusRemapper: { sources },
  stringBuilderProcessor: { template: required(text), target, isReplaceMissing: optionalFlag },
  traceIdRemapper: { sources },
  urlParser: { sources, target, normalizeEndingSlashes: optionalFlag },
  userAgentParser: { sources, target, isEncoded: optionalFlag },
};

/** A pipeline of processors, each of which has the property for its kind. */
function pipelineOf(of: Readonly<Record<string, Fields>>): Fields {
  const processor: Shape = record(
    Object.fromEntries(Object.entries(of).map(([kind, fields]) => [kind, record({ ...named, ...fields })])),
  );
  return {
    name: required(text),
    isEnabled: optionalFlag,
    filters: required(list(filter)),
    processors: { ...list(processor), fallback: [] },
  };
}

/** A pipeline in a pipeline holds no further one. */
const inputs: Fields = { ...pipelineOf({ ...kinds, pipeline: pipelineOf(kinds) }), description: text };

/** `datadog:index/logsCustomPipeline:LogsCustomPipeline`. */
export const logsCustomPipeline = membersOf({
  what: "logs pipeline",
  path: "/api/v1/logs/config/pipelines",
  changedBy: "PUT",
  // The API says 400 of a pipeline that is not there.
  gone: [400, 404],
  inputs,
  // The official plugin keeps an empty description in the place of none.
  isSame: (state, given) =>
    state["description"] === "" && compareInputs(inputs, { ...state, description: null }, given).size === 0,
  body: toApi,
  shown: (answer) => toSdk(inputs, answer),
});
