import { set, type Value, wholeNumber } from "../attributes";
import type { Decoder } from "./definition";
import { valueOf, type WorkingLog } from "./log";

/** Sets the target to the decoded source. If the source is not valid, the log stays as it is. */
export function decodeText(definition: Decoder, log: WorkingLog): void {
  const text = valueOf(log, definition.source);
  if (typeof text !== "string") return;
  const isInteger = definition.input_representation === "integer";
  const bytes =
    definition.binary_to_text_encoding === "base64" ? fromBase64(text.trim()) : fromBase16(text.trim(), isInteger);
  if (bytes === undefined || bytes.length === 0) return;
  const value = isInteger ? integerOf(bytes) : textOf(bytes);
  if (value !== undefined) set(log.attributes, definition.target, value);
}

/** Base64 with either alphabet. Padding may be missing. A last character that is not a whole byte is ignored. */
function fromBase64(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/_-]*={0,2}$/.test(text) ? Buffer.from(text, "base64") : undefined;
}

/** Hexadecimal digits, with or without 0x. A last digit that is not a whole byte is ignored, except in a number. */
function fromBase16(text: string, isInteger: boolean): Buffer | undefined {
  const digits = text.replace(/^0x/i, "");
  const whole = isInteger && digits.length % 2 === 1 ? `0${digits}` : digits;
  return /^[0-9A-Fa-f]*$/.test(digits) ? Buffer.from(whole, "hex") : undefined;
}

/** The bytes as UTF-8. The start of a character at the end is ignored. */
function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}

const LARGEST_LONG = 2n ** 63n - 1n;

/** The bytes as one whole number, the first byte first. Undefined if Java's `long` cannot hold it. */
function integerOf(bytes: Buffer): Value | undefined {
  if (bytes.length > 8) return undefined;
  const value = BigInt(`0x${bytes.toString("hex")}`);
  return value > LARGEST_LONG ? undefined : wholeNumber(String(value));
}
