/** A text of a host for a message: without control characters, and cut at a length. */
export function printable(text: string, longest = 500): string {
  return text.replaceAll(/\p{Cc}/gu, "?").slice(0, longest);
}
