/** A property value as it crosses the provider protocol. The engine keeps note of secrets: it sends none of their wrappers. */
export type Value = null | boolean | number | string | Value[] | { [name: string]: Value };
export type Properties = Record<string, Value>;

/** What the engine sends in a preview for a value of this program that is not known until the update. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function isUnknown(value: Value | undefined): boolean {
  return value === unknown;
}

export function isRecord(value: Value | undefined): value is { [name: string]: Value } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
