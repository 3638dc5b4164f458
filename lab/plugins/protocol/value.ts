/** A property value in the provider protocol. The engine tracks secrets itself and sends their values without wrappers. */
export type Value = null | boolean | number | string | Value[] | { [name: string]: Value };
export type Properties = Record<string, Value>;

/** The engine's placeholder in a preview for a value that is known only in the update. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function isUnknown(value: Value | undefined): boolean {
  return value === unknown;
}

export function isRecord(value: Value | undefined): value is { [name: string]: Value } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
