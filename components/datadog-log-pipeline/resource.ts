import type * as datadog from "@pulumi/datadog";
import type { PipelineDefinition, ProcessorDefinition } from "../../grok";

type Processor = datadog.types.input.LogsCustomPipelineProcessor;

/** A pipeline in the API's shape as the arguments of `datadog.LogsCustomPipeline`, which calls the same things otherwise. */
export function resourceArgs(pipeline: PipelineDefinition): datadog.LogsCustomPipelineArgs {
  return {
    name: pipeline.name,
    isEnabled: pipeline.is_enabled ?? true,
    filters: [{ query: pipeline.filter?.query ?? "*" }],
    processors: pipeline.processors.map(processor),
  };
}

function processor(definition: ProcessorDefinition): Processor {
  const { name = definition.type, is_enabled: isEnabled = true } = definition;
  switch (definition.type) {
    case "grok-parser": {
      const { source, samples = [], grok } = definition;
      return {
        grokParser: {
          name,
          isEnabled,
          source,
          samples: [...samples],
          grok: { matchRules: grok.match_rules, supportRules: grok.support_rules ?? "" },
        },
      };
    }
    case "date-remapper":
      return { dateRemapper: { name, isEnabled, sources: [...definition.sources] } };
    case "status-remapper":
      return { statusRemapper: { name, isEnabled, sources: [...definition.sources] } };
    case "service-remapper":
      return { serviceRemapper: { name, isEnabled, sources: [...definition.sources] } };
    case "message-remapper":
      return { messageRemapper: { name, isEnabled, sources: [...definition.sources] } };
    case "trace-id-remapper":
      return { traceIdRemapper: { name, isEnabled, sources: [...definition.sources] } };
    case "span-id-remapper":
      return { spanIdRemapper: { name, isEnabled, sources: [...definition.sources] } };
    case "attribute-remapper":
      return {
        attributeRemapper: {
          name,
          isEnabled,
          sources: [...definition.sources],
          sourceType: definition.source_type ?? "attribute",
          target: definition.target,
          targetType: definition.target_type ?? "attribute",
          targetFormat: definition.target_format,
          preserveSource: definition.preserve_source ?? false,
          overrideOnConflict: definition.override_on_conflict ?? false,
        },
      };
    case "category-processor":
      return {
        categoryProcessor: {
          name,
          isEnabled,
          target: definition.target,
          categories: definition.categories.map((category) => ({
            name: category.name,
            filter: { query: category.filter.query },
          })),
        },
      };
    case "string-builder-processor":
      return {
        stringBuilderProcessor: {
          name,
          isEnabled,
          template: definition.template,
          target: definition.target,
          isReplaceMissing: definition.is_replace_missing ?? false,
        },
      };
    case "arithmetic-processor":
      return {
        arithmeticProcessor: {
          name,
          isEnabled,
          expression: definition.expression,
          target: definition.target,
          isReplaceMissing: definition.is_replace_missing ?? false,
        },
      };
    case "lookup-processor":
      return {
        lookupProcessor: {
          name,
          isEnabled,
          source: definition.source,
          target: definition.target,
          lookupTables:
            typeof definition.lookup_table === "string"
              ? definition.lookup_table.split("\n")
              : [...definition.lookup_table],
          defaultLookup: definition.default_lookup,
        },
      };
    case "url-parser":
      return {
        urlParser: {
          name,
          isEnabled,
          sources: [...definition.sources],
          target: definition.target,
          normalizeEndingSlashes: definition.normalize_ending_slashes ?? false,
        },
      };
    case "user-agent-parser":
      return {
        userAgentParser: {
          name,
          isEnabled,
          sources: [...definition.sources],
          target: definition.target,
          isEncoded: definition.is_encoded ?? false,
        },
      };
    case "geo-ip-parser":
      return { geoIpParser: { name, isEnabled, sources: [...definition.sources], target: definition.target } };
    case "array-processor": {
      const { operation } = definition;
      const { source, target } = operation;
      switch (operation.type) {
        case "append": {
          const append = { source, target, preserveSource: operation.preserve_source ?? true };
          return { arrayProcessor: { name, isEnabled, operation: { append } } };
        }
        case "length":
          return { arrayProcessor: { name, isEnabled, operation: { length: { source, target } } } };
        case "select": {
          const select = { source, target, filter: operation.filter, valueToExtract: operation.value_to_extract };
          return { arrayProcessor: { name, isEnabled, operation: { select } } };
        }
      }
      break;
    }
    case "pipeline":
      return {
        pipeline: {
          name,
          isEnabled,
          filters: [{ query: definition.filter?.query ?? "*" }],
          processors: definition.processors.map(
            processor,
          ) as datadog.types.input.LogsCustomPipelineProcessorPipelineProcessor[],
        },
      };
  }
}
