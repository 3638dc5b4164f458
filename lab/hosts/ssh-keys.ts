import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "../base/place";
import { run } from "../base/process";
import type { Machine } from "./stack";

export type SshKeys = Awaited<ReturnType<typeof ensureSshKeys>>;

export const sshFolder = (place: Place) => join(place.folder, "ssh");

/** Creates missing keys, and writes known_hosts from them before any host boots. */
export async function ensureSshKeys(place: Place, hosts: readonly Machine[]) {
  const folder = sshFolder(place);
  mkdirSync(join(folder, "hosts"), { recursive: true, mode: 0o700 });
  // the program and the user log in with it on every host
  const user = await ensureKeyPair(join(folder, "id_ed25519"), "kube-control lab");
  // host keys, by the host's name
  const keys = new Map<string, typeof user>();
  const known: string[] = [];
  for (const { name, address } of hosts) {
    const pair = await ensureKeyPair(join(folder, "hosts", name), name);
    const [type, key] = pair.publicKey.split(" ");
    keys.set(name, pair);
    known.push(`${address} ${type} ${key}\n`, `${name} ${type} ${key}\n`);
  }
  writeFileSync(join(folder, "known_hosts"), known.join(""));
  return { user, hosts: keys };
}

async function ensureKeyPair(file: string, comment: string) {
  if (!existsSync(file)) {
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file], {
      remedy: "Install OpenSSH's client (apt-get install openssh-client).",
    });
  }
  return { privateKey: readFileSync(file, "utf8"), publicKey: readFileSync(`${file}.pub`, "utf8") };
}
