import type * as datadog from "@pulumi/datadog";
import type { Pipeline, Processor } from "../../grok/pipeline/definition";

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
  return { [camelName(type)]: { ...fieldsOf(processor), name } };
}

function fieldsOf(processor: Processor): object {
  switch (processor.type) {
    case "pipeline":
      return pipelineArgs(processor);
    case "lookup-processor": {
      const { lookup_table: table, ...fields } = processor;
      return { ...camelCase(fields), lookupTables: typeof table === "string" ? table.split("\n") : table };
    }
    case "array-processor": {
      const { operation, ...fields } = processor;
      return { ...camelCase(fields), operation: { [operation.type]: camelCase(operation) } };
    }
    default:
      return camelCase(processor);
  }
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
