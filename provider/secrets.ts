/** The key by which the engine marks a secret, in what it hands over and in the state. The value is beside it. */
export const secretMark = "4dabf18193072939515e22adb298388d";

/** Properties without the marks of secrets, with which the engine hands them over. What is stored keeps them. */
export function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (secretMark in value) return plain((value as { readonly value?: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
