import { choice, flag, list, record, required, text, type Field, type Fields, type Shape } from "../protocol/schema";
import { isRecord, type Properties, type Value } from "../protocol/value";

/** A kind of processor: the SDK has a property for each, the API a type. Beyond that the names are the client's own. */
interface Kind {
  readonly type: string;
  readonly fields: Fields;
  /** What else differs. */
  toApi?(given: Properties): Properties;
  toSdk?(found: Properties): Properties;
}

// The official plugin sends what is left out as empty or false.
const optionalText: Field = { ...text, fallback: "" };
const optionalFlag: Field = { ...flag, fallback: false };
const named = { name: optionalText, isEnabled: optionalFlag };
const sources = required(list(text));
const target = required(text);
const targetFormat = choice("auto", "string", "integer", "double");
const filter = record({ query: required(text) });
const categories = required(list(record({ name: required(text), filter: required(filter) })));

const remapper = (type: string): Kind => ({ type, fields: { ...named, sources } });

/** What an array-map processor may do to each element: always on, and from attribute to attribute. */
const elementKinds: Readonly<Record<string, Kind>> = {
  arithmeticProcessor: {
    type: "arithmetic-processor",
    fields: { name: optionalText, expression: required(text), target, isReplaceMissing: optionalFlag },
  },
  attributeRemapper: {
    type: "attribute-remapper",
    fields: {
      name: optionalText,
      sources,
      target,
      targetFormat,
      preserveSource: optionalFlag,
      overrideOnConflict: optionalFlag,
    },
  },
  categoryProcessor: { type: "category-processor", fields: { name: optionalText, target, categories } },
  stringBuilderProcessor: {
    type: "string-builder-processor",
    fields: { name: optionalText, template: required(text), target, isReplaceMissing: optionalFlag },
  },
};

const operations: Readonly<Record<string, Kind>> = {
  append: {
    type: "append",
    fields: { source: required(text), target, preserveSource: { ...flag, fallback: true } },
  },
  keyValue: {
    type: "key-value",
    fields: {
      source: required(text),
      target: text,
      keyToExtract: required(text),
      valueToExtract: required(text),
      overrideOnConflict: optionalFlag,
    },
  },
  length: { type: "length", fields: { source: required(text), target } },
  select: {
    type: "select",
    fields: { source: required(text), target, filter: required(text), valueToExtract: required(text) },
  },
};

const unneeded: Field = { ...record({}), unsupported: "no pipeline of kube-control's needs it" };

const innerKinds: Readonly<Record<string, Kind>> = {
  arithmeticProcessor: {
    type: "arithmetic-processor",
    fields: { ...named, expression: required(text), target, isReplaceMissing: optionalFlag },
  },
  arrayMapProcessor: {
    type: "array-map-processor",
    fields: {
      ...named,
      source: required(text),
      target,
      preserveSource: { ...flag, fallback: true },
      processors: required(list(oneOf(elementKinds))),
    },
    toApi: (given) => ({ ...given, processors: items(given["processors"]).map((item) => toApi(elementKinds, item)) }),
    toSdk: (found) => ({ ...found, processors: items(found["processors"]).map((item) => toSdk(elementKinds, item)) }),
  },
  arrayProcessor: {
    type: "array-processor",
    fields: { ...named, operation: required(oneOf(operations)) },
    toApi: (given) => ({ ...given, operation: toApi(operations, given["operation"] as Properties) }),
    toSdk: (found) => ({ ...found, operation: toSdk(operations, found["operation"] as Properties) }),
  },
  attributeRemapper: {
    type: "attribute-remapper",
    fields: {
      ...named,
      sources,
      sourceType: required(text),
      target,
      targetType: required(text),
      targetFormat,
      preserveSource: optionalFlag,
      overrideOnConflict: optionalFlag,
    },
  },
  categoryProcessor: { type: "category-processor", fields: { ...named, target, categories } },
  dateRemapper: remapper("date-remapper"),
  decoderProcessor: {
    type: "decoder-processor",
    fields: {
      ...named,
      source: required(text),
      target,
      binaryToTextEncoding: required(choice("base64", "base16")),
      inputRepresentation: required(choice("utf_8", "integer")),
    },
  },
  excludeAttributeProcessor: {
    type: "exclude-attribute",
    fields: { ...named, attributeToExclude: required(text) },
  },
  geoIpParser: { type: "geo-ip-parser", fields: { ...named, sources, target } },
  grokParser: {
    type: "grok-parser",
    fields: {
      ...named,
      source: required(text),
      samples: { ...list(text), fallback: [] },
      grok: required(record({ matchRules: required(text), supportRules: required(text) })),
    },
  },
  lookupProcessor: {
    type: "lookup-processor",
    fields: { ...named, source: required(text), target, lookupTables: required(list(text)), defaultLookup: text },
    toApi: ({ lookupTables = [], ...given }) => ({ ...given, lookupTable: lookupTables }),
    toSdk: ({ lookupTable = [], ...found }) => ({ ...found, lookupTables: lookupTable }),
  },
  messageRemapper: remapper("message-remapper"),
  referenceTableLookupProcessor: {
    type: "lookup-processor",
    fields: { ...named, source: required(text), target, lookupEnrichmentTable: required(text) },
  },
  serviceRemapper: remapper("service-remapper"),
  spanIdRemapper: remapper("span-id-remapper"),
  statusRemapper: remapper("status-remapper"),
  stringBuilderProcessor: {
    type: "string-builder-processor",
    fields: { ...named, template: required(text), target, isReplaceMissing: optionalFlag },
  },
  traceIdRemapper: remapper("trace-id-remapper"),
  urlParser: { type: "url-parser", fields: { ...named, sources, target, normalizeEndingSlashes: optionalFlag } },
  userAgentParser: { type: "user-agent-parser", fields: { ...named, sources, target, isEncoded: optionalFlag } },
};

/** A pipeline's inputs; the one within a pipeline has the same, and holds no further one. */
const pipelineFields = (processor: Shape): Fields => ({
  name: required(text),
  description: optionalText,
  isEnabled: optionalFlag,
  filters: required(list(filter)),
  processors: { ...list(processor), fallback: [] },
  tags: { ...list(text), unordered: true, computed: true },
});

const kinds: Readonly<Record<string, Kind>> = {
  ...innerKinds,
  pipeline: {
    type: "pipeline",
    fields: pipelineFields(oneOf(innerKinds, { schemaProcessor: unneeded })),
    toApi: pipelineToApi,
    toSdk: pipelineToSdk,
  },
};

/** A record with a property for each kind, of which it has one. */
function oneOf(of: Readonly<Record<string, Kind>>, more: Fields = {}): Shape {
  return record({
    ...Object.fromEntries(Object.entries(of).map(([name, { fields }]) => [name, record(fields)])),
    ...more,
  });
}

/** The inputs of `LogsCustomPipeline`. */
export const inputs: Fields = pipelineFields(oneOf(kinds, { schemaProcessor: unneeded }));

/** A pipeline as the client takes it. */
export function pipelineToApi({ filters, processors, ...rest }: Properties): Properties {
  return {
    ...rest,
    filter: items(filters)[0] ?? {},
    processors: items(processors).map((processor) => toApi(kinds, processor)),
  };
}

/** A pipeline of the client's as the SDK shows it. */
export function pipelineToSdk({ filter, processors, ...rest }: Properties): Properties {
  const all = {
    ...rest,
    filters: [filter ?? { query: "" }],
    processors: items(processors).map((processor) => toSdk(kinds, processor)),
  };
  return shownRecord(inputs, all);
}

function toApi(of: Readonly<Record<string, Kind>>, wrapped: Properties): Properties {
  const [[name, given] = ["", {}]] = Object.entries(wrapped);
  const kind = of[name];
  if (kind === undefined) {
    throw new Error(`no kind of processor: "${name}"`);
  }
  return { type: kind.type, ...(kind.toApi?.(given as Properties) ?? (given as Properties)) };
}

function toSdk(of: Readonly<Record<string, Kind>>, found: Properties): Properties {
  const entry = Object.entries(of).find(([, { type, fields }]) => {
    const ofTable = found["lookupEnrichmentTable"] !== undefined;
    return type === found["type"] && ofTable === "lookupEnrichmentTable" in fields;
  });
  if (entry === undefined) {
    // What the client does not know it keeps aside, as it came.
    const { type } = (found["_data"] ?? found) as Properties;
    throw new Error(`the pipeline holds a processor that the plugin does not know: ${JSON.stringify(type ?? null)}`);
  }
  const [name, kind] = entry;
  return { [name]: shownRecord(kind.fields, kind.toSdk?.(found) ?? found) };
}

/** Of what the API shows, the properties of the SDK's schema; one that is left out has its default. */
function shownRecord(fields: Fields, found: Properties): Properties {
  const shown: Properties = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = found[name] ?? field.fallback;
    const says = field.required === true || field.fallback !== undefined || value !== "";
    if (value !== undefined && value !== null && says) {
      shown[name] = shownValue(field, value);
    }
  }
  return shown;
}

function shownValue(shape: Shape, value: Value): Value {
  if (shape.kind === "list" && Array.isArray(value)) {
    return value.map((item) => shownValue(shape.of, item));
  }
  return shape.kind === "record" && isRecord(value) ? shownRecord(shape.fields, value) : value;
}

export function items(value: Value | undefined): Properties[] {
  return Array.isArray(value) ? (value as Properties[]) : [];
}
