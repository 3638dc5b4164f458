import { isRecord, isUnknown, type Properties, type Value } from "./value";

/** The type of a property's value. */
export type Shape =
  | { readonly kind: "string"; readonly oneOf?: readonly string[] }
  | { readonly kind: "number" }
  | { readonly kind: "boolean" }
  | { readonly kind: "list"; readonly of: Shape }
  | { readonly kind: "record"; readonly fields: Fields };

/** A property's type and behaviour. */
export type Field = Shape & {
  readonly required?: boolean;
  /** Default value, set by check. */
  readonly fallback?: Value;
  /** A change replaces the resource. */
  readonly replaces?: boolean;
  /** The order of the list does not matter. */
  readonly unordered?: boolean;
};

export type Fields = Readonly<Record<string, Field>>;

export const text: Shape = { kind: "string" };
export const number: Shape = { kind: "number" };
export const flag: Shape = { kind: "boolean" };
export const choice = (...oneOf: string[]): Shape => ({ kind: "string", oneOf });
export const list = (of: Shape): Shape => ({ kind: "list", of });
export const record = (fields: Fields): Shape => ({ kind: "record", fields });
export const required = (shape: Shape): Field => ({ ...shape, required: true });

export interface Failure {
  /** Path of the property, e.g. `processors[0].grokParser.source`. */
  readonly property: string;
  readonly reason: string;
}

/** The inputs with their defaults, and all failures. */
export interface Checked {
  readonly inputs: Properties;
  readonly failures: Failure[];
}

/** Properties that the engine and the SDKs send in addition to a resource's inputs. */
const internalNames = /^__|^(version|pluginDownloadURL)$/;

/**
 * Checks inputs against the schema of their resource. An unknown property is a failure.
 *
 * @param olds the inputs of the last update. An earlier version of the stand-in accepted their properties, and the engine
 *   sends them again if the resource ignores changes.
 */
export function checkInputs(fields: Fields, inputs: Properties, olds: Properties = {}): Checked {
  const failures: Failure[] = [];
  const passes = (name: string) => internalNames.test(name) || name in olds;
  return { inputs: checkRecord(fields, inputs, "", failures, passes), failures };
}

function checkRecord(
  fields: Fields,
  given: Properties,
  path: string,
  failures: Failure[],
  passes: (name: string) => boolean = () => false,
): Properties {
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  const unknowns = Object.entries(given).filter(([name]) => fields[name] === undefined);
  for (const [name] of unknowns.filter(([one]) => !passes(one))) {
    const reason = `unknown property "${at(name)}": this stand-in implements only what kube-control sets`;
    failures.push({ property: at(name), reason });
  }
  const checked = Object.fromEntries(unknowns);
  for (const [name, field] of Object.entries(fields)) {
    const value = given[name] ?? field.fallback;
    if (value !== undefined && value !== null) {
      checked[name] = checkValue(field, value, at(name), failures);
    } else if (field.required) {
      failures.push({ property: at(name), reason: `missing required property "${at(name)}"` });
    }
  }
  return checked;
}

function checkValue(shape: Shape, value: Value, path: string, failures: Failure[]): Value {
  if (isUnknown(value)) {
    return value;
  }
  // The value may be a secret, so the failure shows only its type.
  const wrong = (wanted: string): Value => {
    const found = Array.isArray(value) ? "a list" : isRecord(value) ? "an object" : `a ${typeof value}`;
    failures.push({ property: path, reason: `expected ${wanted} for "${path}", got ${found}` });
    return value;
  };
  if (shape.kind === "list") {
    return Array.isArray(value)
      ? value.map((item, index) => checkValue(shape.of, item, `${path}[${index}]`, failures))
      : wrong("a list");
  }
  if (shape.kind === "record") {
    return isRecord(value) ? checkRecord(shape.fields, value, path, failures) : wrong("an object");
  }
  if (shape.kind === "string" && typeof value === "string" && shape.oneOf?.includes(value) === false) {
    return wrong(`one of ${shape.oneOf.join(", ")}`);
  }
  return typeof value === shape.kind ? value : wrong(`a ${shape.kind}`);
}

/** Decodes a provider's configuration: the engine sends values other than strings as JSON text. */
export function decodeConfiguration(fields: Fields, sent: Properties): Properties {
  const decode = ([name, value]: [string, Value]): [string, Value] => {
    const isJson = fields[name] !== undefined && fields[name].kind !== "string" && typeof value === "string";
    return [name, isJson && !isUnknown(value) ? (JSON.parse(value) as Value) : value];
  };
  return Object.fromEntries(Object.entries(sent).map(decode));
}
