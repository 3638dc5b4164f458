import type { Fields, Shape } from "../protocol/schema";
import { isRecord, type Properties, type Value } from "../protocol/value";

const snake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
/** The type of a processor: `grok-parser` for the SDK's property `grokParser`. */
const typeOf = (kind: string) => apiTypes[kind] ?? snake(kind).replaceAll("_", "-");
/** The types of the API that are not the SDK's properties with hyphens. */
const apiTypes: Readonly<Record<string, string>> = { excludeAttributeProcessor: "exclude-attribute" };

/** The API's names that are not the SDK's names in snake case. */
const apiNames: Readonly<Record<string, string>> = {
  filters: "filter",
  groupBies: "group_by",
  lookupTables: "lookup_table",
};
const apiName = (name: string) => apiNames[name] ?? snake(name);

/** The SDK's name for a field or a type of the API: `isEnabled` for `is_enabled`, `grokParser` for `grok-parser`. */
export function sdkName(name: string): string {
  const [property] = Object.entries(apiTypes).find(([, type]) => type === name) ?? [];
  if (property !== undefined) return property;
  const camel = name.replaceAll(/[-_]([a-z])/g, (_all, letter: string) => letter.toUpperCase());
  return name === "lookup_table" ? "lookupTables" : camel;
}

/** The SDK's properties in the API's format. */
export function toApi(given: Properties): Properties {
  const entries = Object.entries(given);
  return Object.fromEntries(entries.map(([name, value]): [string, Value] => [apiName(name), valueToApi(name, value)]));
}

function valueToApi(name: string, value: Value): Value {
  switch (name) {
    case "filters":
      return (value as Value[])[0] ?? {};
    case "processors":
      return (value as Properties[]).map(typed);
    case "operation":
      return typed(value as Properties);
    default:
      return plain(value);
  }
}

const plain = (value: Value): Value =>
  Array.isArray(value) ? value.map(plain) : isRecord(value) ? toApi(value) : value;

/** In the SDK a processor has one property, named after its type. In the API it has a field `type`. */
function typed(processor: Properties): Properties {
  const [[kind, given] = ["", {}], ...others] = Object.entries(processor);
  if (kind === "" || others.length > 0) {
    throw new Error(`a processor must have one property, got ${Object.keys(processor).join(" and ") || "none"}`);
  }
  return { type: typeOf(kind), ...toApi(given as Properties) };
}

/** The SDK's properties from a response of the API. An omitted field has its default. */
export function toSdk(fields: Fields, answer: Properties): Properties {
  const shown: Properties = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = answer[apiName(name)] ?? field.fallback;
    if (value !== undefined) {
      shown[name] = name === "filters" ? [value] : valueToSdk(field, value);
    }
  }
  return shown;
}

function valueToSdk(shape: Shape, value: Value): Value {
  if (shape.kind === "list" && Array.isArray(value)) {
    return value.map((item) => valueToSdk(shape.of, item));
  }
  if (shape.kind !== "record" || !isRecord(value)) {
    return value;
  }
  const { type } = value;
  if (typeof type !== "string") {
    return toSdk(shape.fields, value);
  }
  const [kind, field] = Object.entries(shape.fields).find(([name]) => typeOf(name) === type) ?? [];
  if (kind === undefined || field?.kind !== "record") {
    throw new Error(`the pipeline holds a processor that the plugin does not know: "${type}"`);
  }
  return { [kind]: toSdk(field.fields, value) };
}
