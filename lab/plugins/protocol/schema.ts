import { isRecord, isUnknown, type Properties, type Value } from "./value";

/** What a property may hold. */
export type Shape =
  | { readonly kind: "string"; readonly oneOf?: readonly string[] }
  | { readonly kind: "number"; readonly integer?: boolean }
  | { readonly kind: "boolean" }
  | { readonly kind: "list"; readonly of: Shape }
  | { readonly kind: "map"; readonly of: Shape }
  | { readonly kind: "record"; readonly fields: Fields };

/** A named property and how it behaves. */
export type Field = Shape & {
  readonly required?: boolean;
  /** Filled in at check where the program gives none. */
  readonly fallback?: Value;
  /** A change replaces the resource. */
  readonly replaces?: boolean;
  /** The vendor fills it in where the program gives none: leaving it out is no change. */
  readonly computed?: boolean;
  /** A list whose order says nothing. */
  readonly unordered?: boolean;
  /** Environment variables whose first set one fills it in; for providers' configuration. */
  readonly environment?: readonly string[];
  readonly secret?: boolean;
  readonly unsupported?: string;
};

export type Fields = Readonly<Record<string, Field>>;

export const text: Shape = { kind: "string" };
export const number: Shape = { kind: "number" };
export const integer: Shape = { kind: "number", integer: true };
export const flag: Shape = { kind: "boolean" };
export const choice = (...oneOf: string[]): Shape => ({ kind: "string", oneOf });
export const list = (of: Shape): Shape => ({ kind: "list", of });
export const map = (of: Shape): Shape => ({ kind: "map", of });
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
  const passed = Object.entries(inputs).filter(
    ([name]) => fields[name] === undefined && (internalNames.test(name) || name in olds),
  );
  const own = Object.entries(inputs).filter((entry) => !passed.some(([name]) => name === entry[0]));
  const checked = checkRecord(fields, Object.fromEntries(own), "", failures);
  return { inputs: { ...Object.fromEntries(passed), ...checked }, failures };
}

function checkRecord(fields: Fields, given: Properties, path: string, failures: Failure[]): Properties {
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  for (const name of Object.keys(given).filter((one) => fields[one] === undefined)) {
    const reason = `unknown property "${at(name)}": this stand-in implements only what kube-control sets`;
    failures.push({ property: at(name), reason });
  }
  const checked: Properties = {};
  for (const [name, field] of Object.entries(fields)) {
    const fromEnvironment = field.environment?.map((variable) => process.env[variable]).find((found) => found);
    const value = given[name] ?? fromEnvironment ?? field.fallback;
    if (value !== undefined && value !== null && field.unsupported !== undefined) {
      failures.push({ property: at(name), reason: `"${at(name)}" is not supported: ${field.unsupported}` });
    } else if (value !== undefined && value !== null) {
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
  switch (shape.kind) {
    case "list":
      return Array.isArray(value)
        ? value.map((item, index) => checkValue(shape.of, item, `${path}[${index}]`, failures))
        : wrong("a list");
    case "map":
      if (!isRecord(value)) {
        return wrong("a map");
      }
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, checkValue(shape.of, item, `${path}.${key}`, failures)]),
      );
    case "record":
      return isRecord(value) ? checkRecord(shape.fields, value, path, failures) : wrong("an object");
    default:
      if (typeof value !== shape.kind) {
        return wrong(`a ${shape.kind}`);
      }
  }
  if (shape.kind === "string" && shape.oneOf?.includes(value as string) === false) {
    return wrong(`one of ${shape.oneOf.join(", ")}`);
  }
  return shape.kind === "number" && shape.integer && !Number.isInteger(value) ? wrong("an integer") : value;
}

/** A provider's configuration as its schema describes it: the engine sends what is not a string as JSON text. */
export function decodeConfiguration(fields: Fields, sent: Properties): Properties {
  const decoded = Object.entries(sent).map(([name, value]): [string, Value] => [name, decodeJson(fields[name], value)]);
  return Object.fromEntries(decoded);
}

function decodeJson(field: Field | undefined, value: Value): Value {
  if (field === undefined || field.kind === "string" || typeof value !== "string" || isUnknown(value)) {
    return value;
  }
  try {
    return JSON.parse(value) as Value;
  } catch {
    return value;
  }
}
