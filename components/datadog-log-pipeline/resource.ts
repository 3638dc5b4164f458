import type * as datadog from "@pulumi/datadog";
import type { ArrayMapProcessor, Pipeline, Processor, SchemaProcessor } from "../../grok/pipeline/definition";

/**
 * The arguments of `datadog.LogsCustomPipeline` for a pipeline in the API's shape: its fields in camel case, with a property
 * instead of each `type`. `{ type: "date-remapper", sources }` becomes `{ dateRemapper: { sources } }`.
 */
export function resourceArgs(pipeline: Pipeline): datadog.LogsCustomPipelineArgs {
  return pipelineArgs(pipeline) as unknown as datadog.LogsCustomPipelineArgs;
}

/** The resource takes a list of filters, which must have one item. */
function pipelineArgs({ filter, processors, ...fields }: Pick<Pipeline, "filter" | "processors">): object {
  return { ...camelCase(fields), filters: [filter], processors: processors.map(processorArgs) };
}

function processorArgs(processor: Processor): object {
  const { type, name = type } = processor;
  return { [propertyOf(processor)]: { ...fieldsOf(processor), name } };
}

/** The property that the resource has for a type of processor. */
function propertyOf(processor: Processor): string {
  if (processor.type === "exclude-attribute") return "excludeAttributeProcessor";
  return processor.type === "lookup-processor" && processor.lookup_enrichment_table !== undefined
    ? "referenceTableLookupProcessor"
    : camelName(processor.type);
}

function fieldsOf(processor: Processor): object {
  switch (processor.type) {
    case "pipeline":
      return pipelineArgs(processor);
    case "lookup-processor": {
      const { lookup_table: table = [], ...fields } = processor;
      if (fields.lookup_enrichment_table !== undefined) return camelCase(fields);
      return { ...camelCase(fields), lookupTables: typeof table === "string" ? table.split("\n") : table };
    }
    case "array-map-processor":
      return { ...camelCase(processor), processors: processor.processors.map(itemProcessorArgs) };
    case "schema-processor":
      return { ...camelCase(processor), mappers: processor.mappers.map(mapperArgs) };
    case "array-processor": {
      const { operation, ...fields } = processor;
      return { ...camelCase(fields), operation: { [camelName(operation.type)]: camelCase(operation) } };
    }
    default:
      return camelCase(processor);
  }
}

function itemProcessorArgs(processor: ArrayMapProcessor["processors"][number]): object {
  return { [camelName(processor.type)]: camelCase(processor) };
}

/** The resource has a list for each type of mapper. A mapper for each keeps the order. */
function mapperArgs(mapper: SchemaProcessor["mappers"][number]): object {
  if (mapper.type === "schema-remapper") return { schemaRemappers: [camelCase(mapper)] };
  // The keys of a fallback are paths of attributes. The resource takes the sources of each as one text.
  const { fallback, ...fields } = mapper;
  const { values, sources = {} } = fallback ?? {};
  const joined = Object.fromEntries(Object.entries(sources).map(([target, each]) => [target, each.join(",")]));
  return {
    schemaCategoryMappers: [{ ...camelCase(fields), ...(fallback && { fallback: { values, sources: joined } }) }],
  };
}

/** The fields without their `type`, which is the name of a property in the arguments. */
function camelCase(fields: object): object {
  const entries = Object.entries(fields).filter(([name]) => name !== "type");
  return Object.fromEntries(entries.map(([name, value]) => [camelName(name), camelValue(value)]));
}

function camelValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelValue);
  return typeof value === "object" && value !== null ? camelCase(value) : value;
}

function camelName(name: string): string {
  return name.replace(/[-_]([a-z])/g, (_all, letter: string) => letter.toUpperCase());
}
