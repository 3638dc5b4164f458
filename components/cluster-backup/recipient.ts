import { bech32 } from "@scure/base";

/** Bytes of a public key of X25519. */
const keyLength = 32;

/** Whether a text is an identity of age, which is secret. */
export const isIdentity = (text: string) => /^AGE-(SECRET-KEY|PLUGIN)-/i.test(text.trim());

/** Why a text is not a public key of age; undefined if it is one. */
export function whyNoRecipient(text: string): string | undefined {
  if (isIdentity(text)) {
    return "is an identity of age, which is secret and must not be in the stack's file";
  }
  if (/^(ssh-|ecdsa-|sk-)/.test(text)) {
    return "is an SSH key";
  }
  const [, plugin] = /^age1([a-z0-9]+)1[a-z0-9]+$/.exec(text) ?? [];
  if (plugin !== undefined) {
    return `needs age's plugin ${plugin}, which the masters do not have`;
  }
  // in bech32: https://github.com/C2SP/C2SP/blob/main/age.md
  const decoded = bech32.decodeUnsafe(text, false);
  return decoded?.prefix === "age" && bech32.fromWordsUnsafe(decoded.words)?.length === keyLength
    ? undefined
    : "is not a public key of age: a character is wrong or missing";
}
