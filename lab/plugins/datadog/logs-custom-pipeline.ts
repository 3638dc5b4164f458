import { z } from "zod";
import { pipelineShape } from "../../../grok/pipeline/definition";
import { compareInputs } from "../protocol/diff";
import { choice, flag, list, record, required, text, type Field, type Fields, type Shape } from "../protocol/schema";
import type { Value } from "../protocol/value";
import { membersOf } from "./collection";
import { sdkName, toApi, toSdk } from "./names";

// Differences of the official plugin from the API: its defaults for omitted fields, and the fields that it requires.
const named: Fields = { name: { ...text, fallback: "" }, isEnabled: { ...flag, fallback: false } };
const requiredByPlugin: readonly string[] = ["lookup_table", "source_type", "support_rules", "target_type"];

/** What the official plugin has under other properties, and this stand-in lacks: schemas and reference tables. */
const lackingTypes: readonly string[] = ["schema-processor"];
const lackingFields: readonly string[] = ["lookup_enrichment_table"];

/** The plugin's fields for an object of the API. */
function fieldsOf({ type: _type, ...shape }: z.core.$ZodShape): Fields {
  const known = Object.entries(shape).filter(([name]) => !lackingFields.includes(name));
  const fields = Object.fromEntries(known.map(([name, type]) => [sdkName(name), fieldOf(name, type)]));
  if (shape["processors"] !== undefined && shape["filter"] !== undefined) {
    const { filter: _filter, ...others } = fields;
    const filters = required(list(shapeOf(shape["filter"])));
    const processors = { ...shapeOf(shape["processors"]), fallback: [] };
    return { ...others, ...named, name: required(text), filters, processors };
  }
  return shape["is_enabled"] === undefined ? fields : { ...fields, ...named };
}

function fieldOf(name: string, type: z.core.$ZodType): Field {
  const isOptional = type instanceof z.ZodOptional || type instanceof z.ZodDefault;
  if (!isOptional || requiredByPlugin.includes(name)) return required(shapeOf(type));
  return type instanceof z.ZodDefault ? { ...shapeOf(type), fallback: type.def.defaultValue as Value } : shapeOf(type);
}

function shapeOf(type: z.core.$ZodType): Shape {
  if (type instanceof z.ZodOptional || type instanceof z.ZodDefault || type instanceof z.ZodReadonly) {
    return shapeOf(type.unwrap());
  }
  // The plugin has a property for each type.
  if (type instanceof z.ZodDiscriminatedUnion) {
    const options = type.options as unknown as readonly z.ZodObject<{ type: z.ZodLiteral<string> }>[];
    const known = options.filter(({ shape }) => ![...shape.type.values].some((each) => lackingTypes.includes(each)));
    const kinds = known.flatMap(({ shape }) => [...shape.type.values].map((each) => [sdkName(each), shape] as const));
    return record(Object.fromEntries(kinds.map(([kind, shape]) => [kind, record(fieldsOf(shape))])));
  }
  // A lookup table, which the API also accepts as one text.
  if (type instanceof z.ZodUnion) return list(text);
  if (type instanceof z.ZodObject) return record(fieldsOf(type.shape));
  if (type instanceof z.ZodArray) return list(shapeOf(type.element));
  if (type instanceof z.ZodEnum) return choice(...(type.options as string[]));
  return type instanceof z.ZodBoolean ? flag : text;
}

const inputs: Fields = { ...fieldsOf(pipelineShape.shape), description: text };

/** `datadog:index/logsCustomPipeline:LogsCustomPipeline`. */
export const logsCustomPipeline = membersOf({
  what: "logs pipeline",
  path: "/api/v1/logs/config/pipelines",
  changedBy: "PUT",
  // The API returns 400 for a missing pipeline.
  gone: [400, 404],
  inputs,
  // The official plugin stores an empty description if there is none.
  isSame: (state, given) =>
    state["description"] === "" && compareInputs(inputs, { ...state, description: null }, given).size === 0,
  body: toApi,
  shown: (answer) => toSdk(inputs, answer),
});
