import { type Value, wholeNumber } from "./attributes";

/**
 * A text, the colon after it if it is a key, and a whole number that may be too long for a `number`. A text that is not closed
 * reaches to the end of the input: if it did not match, the search would begin again at each quotation mark in it.
 */
const TOKENS = /"((?:[^"\\]|\\[^])*)(?:"(\s*:)?|\\?$)|(?<![\w.+-])-?\d{16,}(?![\d.eE])/g;

/**
 * `JSON.parse`, but a whole number that a `number` cannot hold exactly is a bigint.
 *
 * @param options.controlCharacters accept control characters in texts, such as a line end
 * @throws SyntaxError if the text is not JSON
 */
export function parseJson(text: string, { controlCharacters = false } = {}): Value {
  const hasLong = /\d{16}/.test(text);
  if (!hasLong && !controlCharacters) return JSON.parse(text) as Value;
  // JSON.parse rounds long numbers, so they become texts that start with "#". All other texts then start with "_".
  const prepared = text.replace(TOKENS, (token, content: string | undefined, colon = "") => {
    if (content === undefined) return typeof wholeNumber(token) === "bigint" ? `"#${token}"` : token;
    const mark = hasLong && colon === "" ? "_" : "";
    return `"${mark}${controlCharacters ? content.replace(/[\u0000-\u001f]/g, escaped) : content}"${colon}`;
  });
  if (!hasLong) return JSON.parse(prepared) as Value;
  return JSON.parse(prepared, (_key, value: Value) => {
    if (typeof value !== "string") return value;
    return value.startsWith("#") ? BigInt(value.slice(1)) : value.slice(1);
  }) as Value;
}

/**
 * Why a text is not JSON, and where: the position in the text, from 0.
 *
 * @returns undefined if it is JSON
 */
export function jsonMistake(text: string): { readonly reason: string; readonly position: number } | undefined {
  const message = messageOf(text);
  if (message === undefined) return undefined;
  const reason = message.replace(/ in JSON at position[^]*|, (\.\.\.)?"[^]*/, "");
  const position = / at position (\d+)/.exec(message)?.[1];
  return { reason, position: position === undefined ? unexpectedToken(text) : Number(position) };
}

/** JSON.parse does not tell where an unexpected token is. It is the last character of the shortest text with this mistake. */
function unexpectedToken(text: string): number {
  let [from, to] = [0, text.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (messageOf(text.slice(0, middle + 1))?.startsWith("Unexpected token")) to = middle;
    else from = middle + 1;
  }
  return from;
}

function messageOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
