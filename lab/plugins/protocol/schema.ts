import { isRecord, isSecret, isUnknown, reveal, secret, type Properties, type Value } from "./value";

/** What a property may hold. */
export type Shape =
  | { readonly kind: "string"; readonly oneOf?: readonly string[] }
  | { readonly kind: "number"; readonly integer?: boolean }
  | { readonly kind: "boolean" }
  | { readonly kind: "any" }
  | { readonly kind: "list"; readonly of: Shape }
  | { readonly kind: "map"; readonly of: Shape }
  | { readonly kind: "record"; readonly fields: Fields };

/** A named property and how it behaves. */
export type Field = Shape & {
  readonly required?: boolean;
  /** Filled in at check where the program gives none. */
  readonly fallback?: Value;
  /** Environment variables whose first set one fills it in; for providers' configuration. */
  readonly environment?: readonly string[];
  readonly secret?: boolean;
  /** A change replaces the resource. */
  readonly replaces?: boolean;
  /** The vendor fills it in where the program gives none: leaving it out is no change. */
  readonly computed?: boolean;
  /** A list whose order says nothing. */
  readonly unordered?: boolean;
  /** The official plugin takes it and this stand-in does not: refused with this reason. */
  readonly unsupported?: string;
};

export type Fields = Readonly<Record<string, Field>>;

export const text: Shape = { kind: "string" };
export const number: Shape = { kind: "number" };
export const integer: Shape = { kind: "number", integer: true };
export const flag: Shape = { kind: "boolean" };
export const anything: Shape = { kind: "any" };
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

/** The checked inputs, defaults filled in and secret fields wrapped, and everything that is wrong with them. */
export interface Checked {
  readonly inputs: Properties;
  readonly failures: Failure[];
}

/** Names that the engine and the SDKs send beside a resource's own inputs. */
const internalNames = /^__|^(version|pluginDownloadURL)$/;

/** Checks inputs against the schema of their resource, strictly: an unknown name is a failure. */
export function checkInputs(fields: Fields, inputs: Properties): Checked {
  const failures: Failure[] = [];
  const checked = checkRecord(fields, inputs, "", failures);
  return { inputs: checked, failures };
}

function checkRecord(fields: Fields, given: Properties, path: string, failures: Failure[]): Properties {
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  const checked: Properties = {};
  for (const [name, value] of Object.entries(given)) {
    if (fields[name] === undefined && !(path === "" && internalNames.test(name))) {
      failures.push({
        property: at(name),
        reason: `unknown property "${at(name)}"${nearest(name, Object.keys(fields))}`,
      });
    } else if (fields[name] === undefined) {
      checked[name] = value;
    }
  }
  for (const [name, field] of Object.entries(fields)) {
    const value = valueOrFallback(field, given[name]);
    if (value === undefined || value === null) {
      if (field.required) {
        failures.push({ property: at(name), reason: `missing required property "${at(name)}"` });
      }
    } else if (field.unsupported !== undefined) {
      failures.push({
        property: at(name),
        reason: `"${at(name)}" is not supported by this stand-in: ${field.unsupported}`,
      });
    } else {
      const result = checkValue(field, value, at(name), failures);
      checked[name] = field.secret ? secret(result) : result;
    }
  }
  return checked;
}

function valueOrFallback(field: Field, value: Value | undefined): Value | undefined {
  if (value !== undefined && value !== null) {
    return value;
  }
  const fromEnvironment = field.environment
    ?.map((name) => process.env[name])
    .find((found) => found !== undefined && found !== "");
  return fromEnvironment ?? field.fallback;
}

function checkValue(shape: Shape, value: Value, path: string, failures: Failure[]): Value {
  if (isSecret(value)) {
    return secret(checkValue(shape, value["value"] ?? null, path, failures));
  }
  if (isUnknown(value) || shape.kind === "any") {
    return value;
  }
  const wrong = (wanted: string): Value => {
    failures.push({ property: path, reason: `expected ${wanted} for "${path}", got ${describe(value)}` });
    return value;
  };
  switch (shape.kind) {
    case "string":
      if (typeof value !== "string") {
        return wrong("a string");
      }
      return shape.oneOf === undefined || shape.oneOf.includes(value)
        ? value
        : wrong(`one of ${shape.oneOf.join(", ")}`);
    case "number":
      if (typeof value !== "number") {
        return wrong("a number");
      }
      return shape.integer && !Number.isInteger(value) ? wrong("an integer") : value;
    case "boolean":
      return typeof value === "boolean" ? value : wrong("a boolean");
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
  }
}

/** A wrong value as an error may show it: by its type only, since it may be a secret. */
function describe(value: Value): string {
  if (value === null) {
    return "nothing";
  }
  if (Array.isArray(value)) {
    return "a list";
  }
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function nearest(name: string, known: readonly string[]): string {
  const same = known.find(
    (candidate) => candidate.toLowerCase().replaceAll("_", "") === name.toLowerCase().replaceAll("_", ""),
  );
  return same === undefined ? "" : `; did you mean "${same}"?`;
}

/**
 * A provider's configuration as its schema describes it. The engine hands every value that is not a string over as
 * JSON text.
 */
export function decodeConfiguration(fields: Fields, sent: Properties): Properties {
  const decoded = Object.entries(sent).map(([name, value]): [string, Value] => [name, decodeJson(fields[name], value)]);
  return Object.fromEntries(decoded);
}

function decodeJson(field: Field | undefined, value: Value): Value {
  if (isSecret(value)) {
    return secret(decodeJson(field, value["value"] ?? null));
  }
  if (field === undefined || field.kind === "string" || typeof value !== "string" || isUnknown(value)) {
    return value;
  }
  try {
    // Secrets inside the text keep their wrappers in it; the whole value is secret then.
    return reveal(JSON.parse(value) as Value);
  } catch {
    return value;
  }
}
