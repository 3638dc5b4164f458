import type { Value } from "../attributes";

/**
 * `array(brackets, separator, filter)`: a list. The brackets are removed if both are there; without them, the text is a list too.
 * The items are exactly what is between the separators: blanks and quotes are part of them.
 */
export function array(
  brackets: string,
  separator: string,
  each: (item: Value) => Value | undefined,
): (text: string) => Value | undefined {
  const [open = "", close = ""] = brackets;
  return (text) => {
    let inner = text.trim();
    const wrapped = inner.startsWith(open) && inner.endsWith(close) && inner.length >= open.length + close.length;
    if (wrapped) inner = inner.slice(open.length, inner.length - close.length);
    if (inner === "") return [];
    const items = inner.split(separator.replaceAll("\\n", "\n").replaceAll("\\t", "\t"));
    return items.map((item) => each(item) ?? null);
  };
}
