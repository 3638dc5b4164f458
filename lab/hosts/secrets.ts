import { randomBytes, randomInt } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Place, privateFolder } from "../base/place";

/** The name of the TSIG key that signs updates of the lab's zone. */
export const tsigKeyName = "kube-control-lab";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const text = (length: number) => Array.from({ length }, () => letters[randomInt(letters.length)]).join("");

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
});

export type LabSecrets = Readonly<ReturnType<typeof newSecrets>>;

/** This lab's secrets; the first call creates them. */
export function ensureSecrets(place: Place): LabSecrets {
  const file = join(place.folder, "secrets.json");
  if (!existsSync(file)) {
    privateFolder(place.folder);
    writeFileSync(file, `${JSON.stringify(newSecrets(), null, 2)}\n`, { mode: 0o600 });
  }
  return JSON.parse(readFileSync(file, "utf8")) as LabSecrets;
}
