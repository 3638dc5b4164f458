import { createPrivateKey, createPublicKey, randomBytes, randomInt } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bech32 } from "@scure/base";
import { type Place, privateFolder } from "../base/place";

/** The name of the TSIG key that signs updates of the lab's zone. */
export const tsigKeyName = "kube-control-lab";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const text = (length: number) => Array.from({ length }, () => letters[randomInt(letters.length)]).join("");

const identityPrefix = "age-secret-key-";

/** Random secrets in the vendors' formats. */
const newSecrets = () => ({
  cloudflareApiToken: text(40),
  tsigSecret: randomBytes(32).toString("base64"),
  datadogApiKey: randomBytes(16).toString("hex"),
  datadogAppKey: randomBytes(20).toString("hex"),
  // for VRRP version 2, which takes 8 characters
  vrrpPassword: text(8),
  // encrypts the secrets in the stack's configuration and state
  pulumiPassphrase: text(32),
  // decrypts the backups
  ageIdentity: bech32.encode(identityPrefix, bech32.toWords(randomBytes(32)), false).toUpperCase(),
});

export type LabSecrets = Readonly<ReturnType<typeof newSecrets>>;

/** This lab's secrets; the first call creates them. A secret that an earlier version of the lab did not have is added. */
export function ensureSecrets(place: Place): LabSecrets {
  const file = join(place.folder, "secrets.json");
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Partial<LabSecrets>) : {};
  const all = { ...newSecrets(), ...known };
  if (Object.keys(all).length > Object.keys(known).length) {
    privateFolder(place.folder);
    writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
  }
  return all;
}

/** The beginning of a private key of X25519 in the format PKCS #8. */
const pkcs8 = Buffer.from("302e020100300506032b656e04220420", "hex");

/** The public key of an identity of age. */
export function recipientOf(identity: string): string {
  const { bytes: secret } = bech32.decodeToBytes(identity);
  const key = createPrivateKey({ key: Buffer.concat([pkcs8, secret]), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
  return bech32.encode("age", bech32.toWords(publicKey), false);
}
