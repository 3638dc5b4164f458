import { createHash } from "node:crypto";

/** 16 hexadecimal digits that change when one of the texts changes. */
export function digestOf(texts: readonly string[]): string {
  return createHash("sha256").update(texts.join("\0")).digest("hex").slice(0, 16);
}
