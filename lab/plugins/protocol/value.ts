import { isDeepStrictEqual } from "node:util";

/** A property value as it crosses the provider protocol, secrets and unknowns still wrapped. */
export type Value = null | boolean | number | string | Value[] | { [name: string]: Value };
export type Properties = Record<string, Value>;

const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** What stands for a value that is not known until the update. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The engine has a sentinel of its own for each type that an unknown value will have. */
const unknowns: ReadonlySet<Value> = new Set<Value>([
  unknown,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

export function isUnknown(value: Value | undefined): boolean {
  return value !== undefined && unknowns.has(value);
}

export function isRecord(value: Value | undefined): value is { [name: string]: Value } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isSecret(value: Value | undefined): value is { [name: string]: Value } {
  return isRecord(value) && value[signatureKey] === secretSignature;
}

/** Marks a value as secret; one that is secret or unknown already stays as it is. */
export function secret(value: Value): Value {
  return isSecret(value) || isUnknown(value) ? value : { [signatureKey]: secretSignature, value };
}

function some(value: Value | undefined, test: (value: Value | undefined) => boolean): boolean {
  if (test(value)) {
    return true;
  }
  if (Array.isArray(value)) {
    return value.some((item) => some(item, test));
  }
  return isRecord(value) && Object.values(value).some((item) => some(item, test));
}

const containsSecret = (value: Value | undefined) => some(value, isSecret);
export const containsUnknown = (value: Value | undefined) => some(value, isUnknown);

/** The value without secret wrappers, at any depth. Nulls in records are absent properties and are dropped. */
export function reveal(value: Value): Value {
  if (isSecret(value)) {
    return reveal(value["value"] ?? null);
  }
  if (Array.isArray(value)) {
    return value.map(reveal);
  }
  return isRecord(value) ? revealAll(value) : value;
}

/** The wire has null, and a stand-in's code may leave a property out by undefined. */
const isGiven = (value: unknown) => value !== null && value !== undefined;

export function revealAll(properties: Properties): Properties {
  const present = Object.entries(properties).filter(([, value]) => isGiven(value));
  return Object.fromEntries(present.map(([name, value]) => [name, reveal(value)]));
}

/**
 * Wraps again what was revealed: an output that mirrors an input keeps the input's wrappers, one that shares a name
 * with an input that holds a secret is secret as a whole, and so is every name in `secretNames`.
 */
export function conceal(outputs: Properties, wrapped: Properties, secretNames: ReadonlySet<string>): Properties {
  const concealed = Object.entries(outputs)
    .filter(([, value]) => isGiven(value))
    .map(([name, value]): [string, Value] => {
      const source = wrapped[name];
      if (secretNames.has(name)) {
        return [name, secret(value)];
      }
      if (source === undefined || !containsSecret(source)) {
        return [name, value];
      }
      return [name, isDeepStrictEqual(reveal(source), value) ? source : secret(value)];
    });
  return Object.fromEntries(concealed);
}
