import type { Value } from "../attributes";

/**
 * `array(brackets, separator, filter)`: a list. A single argument is the separator; the brackets `[ ]` are optional then.
 */
export function array(
  brackets: string | undefined,
  separator: string,
  each: (item: Value) => Value | undefined,
): (text: string) => Value | undefined {
  return (text) => {
    let inner = text.trim();
    const [open, close] = brackets === undefined ? ["[", "]"] : [brackets[0] ?? "", brackets[1] ?? ""];
    const wrapped = inner.startsWith(open) && inner.endsWith(close) && inner.length >= open.length + close.length;
    if (wrapped) inner = inner.slice(open.length, inner.length - close.length);
    else if (brackets !== undefined) return undefined;
    if (inner === "") return [];
    const items = inner.split(separator.replaceAll("\\n", "\n").replaceAll("\\t", "\t"));
    return items.map((item) => each(unquote(item.trim())) ?? null);
  };
}

function unquote(text: string): string {
  return /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text;
}
