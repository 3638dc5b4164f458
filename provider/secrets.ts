/**
 * The key with which the engine marks a secret in properties and in the state. The secret is in the key `value` beside
 * it.
 */
export const secretMark = "4dabf18193072939515e22adb298388d";

/** Properties without the marks of secrets that the engine adds. The properties in the state keep these marks. */
export function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (secretMark in value) return plain((value as { readonly value?: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
