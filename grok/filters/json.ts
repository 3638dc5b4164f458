import { type Attributes, isObject, type Value } from "../attributes";
import { parseJson } from "../json";

/** The JSON object that a text consists of; undefined if it is something else. */
export function wholeObject(text: string): Attributes | undefined {
  const start = text.search(/\S/);
  if (text[start] !== "{" || endOfValue(text, start) !== text.trimEnd().length) return undefined;
  const value = json(text);
  return isObject(value) ? value : undefined;
}

/**
 * The JSON value at the start of a text; the rest is ignored. Undefined if there is none.
 *
 * @param options.controlCharacters accept control characters in texts
 */
export function json(text: string, options: { controlCharacters?: boolean } = {}): Value | undefined {
  const start = text.search(/\S/);
  if (start < 0) return undefined;
  const end = endOfValue(text, start);
  if (end === undefined) return undefined;
  try {
    return parseJson(text.slice(start, end), options);
  } catch {
    return undefined;
  }
}

/** Deepest nesting: more would exhaust the stack. */
const DEEPEST = 500;

/** Index after the value at `start`. Only brackets and quotes are parsed. */
function endOfValue(text: string, start: number): number | undefined {
  let depth = 0;
  for (let index = start; index < text.length; index++) {
    const char = text[index];
    if (char === '"') {
      for (index++; index < text.length && text[index] !== '"'; index++) if (text[index] === "\\") index++;
      if (depth === 0) return index + 1;
    } else if (char === "{" || char === "[") {
      if (++depth > DEEPEST) return undefined;
    } else if (char === "}" || char === "]") {
      if (--depth === 0) return index + 1;
    } else if (depth === 0) {
      const scalar = /[^\s,;}\]]+/y;
      scalar.lastIndex = index;
      return scalar.exec(text) === null ? undefined : scalar.lastIndex;
    }
  }
  return undefined;
}
