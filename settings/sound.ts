import type { z } from "zod";

/** A value in which parts with mistakes are `undefined`. */
export type Sound<T> = T extends readonly (infer Entry)[]
  ? readonly (Sound<Entry> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Sound<T[Key]> }
    : T;

/**
 * A parsed value, with its defaults, but without the parts that have issues. So checks across settings can run if other
 * settings have mistakes, and read only values that the schema accepts.
 */
export function soundParts<T>(value: T, issues: readonly z.core.$ZodRawIssue[]): Sound<T> {
  const sound: unknown = structuredClone(value);
  for (const { code, path = [] } of issues) {
    // an unknown key does not make the other keys of its group invalid
    if (code === "unrecognized_keys") continue;
    const parent = valueAt(sound, path.slice(0, -1));
    const last = path.at(-1);
    if (last !== undefined && typeof parent === "object" && parent !== null) {
      (parent as Record<PropertyKey, unknown>)[last] = undefined;
    }
  }
  return sound as Sound<T>;
}

export function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, part)
        ? (value as Record<PropertyKey, unknown>)[part]
        : undefined,
    root,
  );
}
