import type { z } from "zod";

/** A value whose parts may be missing: those that are wrong by themselves are `undefined`. */
export type Sound<T> = T extends readonly (infer Entry)[]
  ? readonly (Sound<Entry> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Sound<T[Key]> }
    : T;

/**
 * What is left of a parsed value without the parts that its issues are about. Defaults are in it. So checks that compare
 * settings run beside a mistake elsewhere, and read only what the schema accepted.
 */
export function soundParts<T>(value: T, issues: readonly z.core.$ZodRawIssue[]): Sound<T> {
  const sound: unknown = structuredClone(value);
  for (const { code, path = [] } of issues) {
    // an unknown key is beside the others, which may be right
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
