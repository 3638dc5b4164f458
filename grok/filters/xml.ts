import type { Attributes, Value } from "../attributes";

const ENTITIES: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
const ATTRIBUTE = /(?<=\s)([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const DEEPEST = 100;

interface Element {
  readonly name: string;
  readonly content: Attributes;
  text: string;
}

/**
 * An XML document as an object: attributes and child elements by name, a repeated element as a list, the text as the value of
 * the element, or as `value` if the element has attributes. Numbers stay texts. Undefined if it is not well formed.
 */
export function xml(text: string): Attributes | undefined {
  const root: Element = { name: "", content: Object.create(null) as Attributes, text: "" };
  const open: Element[] = [root];
  for (let index = 0; index < text.length;) {
    const current = open.at(-1)!;
    const next = text.indexOf("<", index);
    current.text += decode(text.slice(index, next < 0 ? undefined : next));
    if (next < 0) break;
    const cdata = text.startsWith("<![CDATA[", next);
    const comment = text.startsWith("<!--", next);
    const last = cdata ? "]]>" : comment ? "-->" : ">";
    const end = cdata || comment ? text.indexOf(last, next) : endOfTag(text, next);
    // The rest cannot be well formed.
    if (end < 0) return undefined;
    index = end + last.length;
    if (cdata) current.text += text.slice(next + "<![CDATA[".length, end);
    else if (!comment && !element(text.slice(next + 1, end), open)) return undefined;
  }
  return open.length === 1 && Object.keys(root.content).length > 0 ? { ...root.content } : undefined;
}

/** Index of the `>` that ends a tag, outside of quotes. */
function endOfTag(text: string, start: number): number {
  let quote = "";
  for (let index = start; index < text.length; index++) {
    const char = text[index]!;
    if (quote !== "") quote = char === quote ? "" : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === ">") return index;
  }
  return -1;
}

/** Opens or closes the element of a tag. Returns whether the tag is valid. */
function element(tag: string, open: Element[]): boolean {
  if (tag.startsWith("?") || tag.startsWith("!")) return true;
  if (tag.startsWith("/")) {
    if (open.length < 2 || open.at(-1)!.name !== tag.slice(1).trimEnd()) return false;
    close(open);
    return true;
  }
  const empty = tag.endsWith("/");
  const [name = ""] = tag.slice(0, empty ? -1 : undefined).split(/\s/, 1);
  const content = Object.create(null) as Attributes;
  for (const [, key, double, single] of tag.slice(name.length).matchAll(ATTRIBUTE))
    content[key!] = decode(double ?? single ?? "");
  open.push({ name, content, text: "" });
  if (empty) close(open);
  return name !== "" && open.length <= DEEPEST;
}

function close(open: Element[]): void {
  const { name, content, text } = open.pop()!;
  const into = open.at(-1)!.content;
  const words = text.trim();
  const bare = Object.keys(content).length === 0;
  const value: Value = bare ? words : { ...content, ...(words === "" ? {} : { value: words }) };
  const there = into[name];
  if (Array.isArray(there)) there.push(value);
  else into[name] = there === undefined ? value : [there, value];
}

function decode(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|([a-z]+));/g,
    (all, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name] ?? all;
      const code = decimal === undefined ? parseInt(hex!, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : all;
    },
  );
}
