import { type Attributes, set, type Value } from "../attributes";
import { typed } from "./keyvalue";

/**
 * `csv(headers, separator, quote)`: a line of values as an object. The headers are paths: dots nest. Empty values and values
 * without a header are left out.
 */
export function csv(headers: string, separator = ",", quote = '"'): (text: string) => Attributes | undefined {
  const names = headers.split(",").map((name) => name.trim());
  const between = separator === "tab" ? "\t" : separator;
  return (text) => {
    const attributes: Attributes = {};
    for (const [index, { value, quoted }] of fields(text, between, quote).entries()) {
      const name = names[index];
      const found: Value | undefined = quoted ? value : typed(value.trim());
      if (name !== undefined && name !== "" && found !== undefined && found !== "") set(attributes, name, found);
    }
    return Object.keys(attributes).length > 0 ? attributes : undefined;
  };
}

function fields(text: string, separator: string, quote: string): { value: string; quoted: boolean }[] {
  const found: { value: string; quoted: boolean }[] = [];
  for (let index = 0; index <= text.length;) {
    let value = "";
    const quoted = quote !== "" && text.startsWith(quote, index);
    if (quoted) {
      index += quote.length;
      for (; index < text.length; index++) {
        if (!text.startsWith(quote, index)) value += text[index];
        else if (text.startsWith(quote, index + quote.length)) {
          // A doubled quote means one quote.
          value += quote;
          index += quote.length * 2 - 1;
        } else break;
      }
      index += quote.length;
    }
    const end = text.indexOf(separator, index);
    if (!quoted) value = text.slice(index, end < 0 ? undefined : end);
    found.push({ value, quoted });
    if (end < 0) break;
    index = end + separator.length;
  }
  return found;
}
