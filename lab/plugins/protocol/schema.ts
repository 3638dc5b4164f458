import { isRecord, isUnknown, type Properties, type Value } from "./value";

/** What a property may hold. */
export type Shape =
  | { readonly kind: "string"; readonly oneOf?: readonly string[] }
  | { readonly kind: "number" }
  | { readonly kind: "boolean" }
  | { readonly kind: "list"; readonly of: Shape }
  | { readonly kind: "record"; readonly fields: Fields };

/** A named property and how it behaves. */
export type Field = Shape & {
  readonly required?: boolean;
  /** Filled in at check where the program gives none. */
  readonly fallback?: Value;
  /** A change replaces the resource. */
  readonly replaces?: boolean;
  /** A list whose order says nothing. */
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

/** The checked inputs, defaults filled in, and everything that is wrong with them. */
export interface Checked {
  readonly inputs: Properties;
  readonly failures: Failure[];
}

/** Names that the engine and the SDKs send beside a resource's own inputs. */
const internalNames = /^__|^(version|pluginDownloadURL)$/;

/**
 * Checks inputs against the schema of their resource, strictly: an unknown name is a failure.
 *
 * @param olds the inputs of the last update. What they hold was accepted by an earlier version of the stand-in, and the
 *   engine sends it again where changes of the resource are ignored.
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
  // The value itself may be a secret: it is shown by its type only.
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

/** A provider's configuration as its schema describes it: the engine sends what is not a string as JSON text. */
export function decodeConfiguration(fields: Fields, sent: Properties): Properties {
  const decode = ([name, value]: [string, Value]): [string, Value] => {
    const isJson = fields[name] !== undefined && fields[name].kind !== "string" && typeof value === "string";
    return [name, isJson && !isUnknown(value) ? (JSON.parse(value) as Value) : value];
  };
  return Object.fromEntries(Object.entries(sent).map(decode));
}
