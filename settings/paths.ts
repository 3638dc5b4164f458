export { absolutePath } from "../host/path";

/** Can a text be a path? Blanks may be part of one, control characters may not. */
export function isPath(text: string): boolean {
  return text.trim() !== "" && !/\p{Cc}/u.test(text);
}
