import { createPrivateKey } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { keyOf, type Mistake } from "./mistakes";
import { absolutePath, whyUnreadable } from "./paths";

/** The cipher that an OpenSSH private key is encrypted with, `none` for no passphrase; undefined where it is no key. */
function cipherOf(body: string): string | undefined {
  const bytes = Buffer.from(body, "base64");
  const magic = "openssh-key-v1\0";
  if (bytes.toString("latin1", 0, magic.length) !== magic || bytes.length < magic.length + 4) {
    return undefined;
  }
  const length = bytes.readUInt32BE(magic.length);
  const end = magic.length + 4 + length;
  return end > bytes.length || length > 64 ? undefined : bytes.toString("latin1", magic.length + 4, end);
}

const passphrase = "has a passphrase, which nobody could enter while hosts are changed";

/** Why a text is no private key that can be used unattended, or undefined where it is one. */
export function whyNoPrivateKey(text: string): string | undefined {
  if (/^(ssh|ecdsa|sk)-\S+ AAAA/m.test(text)) {
    return "is the public half of a key";
  }
  const [, kind, body] =
    /-----BEGIN ((?:[A-Z0-9]+ )*)PRIVATE KEY-----([\s\S]+)-----END \1PRIVATE KEY-----/.exec(text) ?? [];
  if (kind === undefined || body === undefined) {
    return "is not a private key";
  }
  if (kind === "OPENSSH ") {
    const cipher = cipherOf(body);
    return cipher === undefined ? "is a damaged private key" : cipher === "none" ? undefined : passphrase;
  }
  if (kind === "ENCRYPTED " || /Proc-Type: 4,ENCRYPTED/.test(body)) {
    return passphrase;
  }
  try {
    createPrivateKey(text);
    return undefined;
  } catch {
    return "is a damaged private key";
  }
}

const make = "Make one with `ssh-keygen -t ed25519 -N '' -f FILE`, and name FILE, not FILE.pub.";

/** What is wrong with the private key's file. */
export function checkPrivateKey(given: string): Mistake[] {
  const key = keyOf(["ssh", "privateKeyFile"]);
  const path = absolutePath(given);
  const unreadable = whyUnreadable(path);
  if (unreadable !== undefined) {
    return [{ key, value: given, what: unreadable, todo: make }];
  }
  const mistakes: Mistake[] = [];
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    mistakes.push({
      key,
      value: given,
      what: `can be read by other users (mode ${mode.toString(8)}), so ssh refuses it`,
      todo: `Run \`chmod 600 ${path}\`.`,
    });
  }
  const why = whyNoPrivateKey(readFileSync(path, "utf8"));
  if (why !== undefined) {
    mistakes.push({ key, value: given, what: why, todo: make });
  }
  return mistakes;
}
